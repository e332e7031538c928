"""Programs in other languages that read what Leadgate writes."""

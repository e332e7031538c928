"""The process that serves the console: its API and its pages."""

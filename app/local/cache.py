"""Where Leadgate stores what can be made again: Kafka's jars, which demo runs."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """The user's cache directory for Leadgate, by the XDG rules; it may not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadgate"

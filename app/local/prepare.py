"""Prepare this machine for the local broker: `python -m app.local.prepare`; `make install` does."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from app.local.broker import CLASS_ARCHIVE, Broker, free_port
from app.local.jars import MissingError, jars


def prepare() -> None:
    """Fetch what a broker needs, and store an archive of its loaded classes: with it a start takes
    one second instead of two.

    A JVM that can't use the archive (another one made it) goes on without. Raises MissingError.
    """
    home = jars()
    if (home / CLASS_ARCHIVE).exists():
        return
    made = home / f"{CLASS_ARCHIVE}.{os.getpid()}"
    with TemporaryDirectory() as data:
        broker = Broker(Path(data), free_port(), archive=made)
        broker.start()
        broker.stop()
    if made.exists():
        made.replace(home / CLASS_ARCHIVE)


if __name__ == "__main__":
    try:
        prepare()
    except MissingError as error:
        sys.exit(str(error))

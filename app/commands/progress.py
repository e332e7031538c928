"""How commands show how far they are, on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TextColumn


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Shows a number that grows, on a terminal alone, until the block ends; takes what it is now.
    For work whose end is not known."""
    with Progress(
        "{task.description}",
        TextColumn("{task.completed:.0f}"),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda number: bar.update(task, completed=number)

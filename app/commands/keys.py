"""What the commands do that are about the leads' keys. How they are called and printed is in
app/cli."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from app.base.errors import UsageError
from app.base.settings import Settings
from app.privacy.rotation import RewrapReport, rewrap_site
from leads.sealing import KeysUnavailableError

_KEYS_A_LINE = 50_000


def rewrap(settings: Settings) -> RewrapReport:
    """Wrap all keys with the current wrapping key, with progress on stderr.

    Each batch is durable once it counts as done. Raises UsageError when the database does not
    answer.
    """
    with _progress() as show:
        try:
            return rewrap_site(settings, show)
        except KeysUnavailableError as error:
            raise UsageError(
                f"{error}; what was wrapped again is stored: run leadgate keys rewrap once more,"
                " and it does the rest"
            ) from None


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Shows how many keys are done: as a bar on a terminal, else by a line every so many."""
    if not sys.stderr.isatty():
        yield _print_line
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("keys wrapped again:", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_line(done: int, total: int) -> None:
    if done % _KEYS_A_LINE == 0:
        sys.stderr.write(f"{done} of {total} keys are wrapped again\n")

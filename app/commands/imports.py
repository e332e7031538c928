"""What `leadgate import FILE` does. How it is called is in app/cli."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.commands.import_report import ImportReport, PreviewReport, facts_of
from app.ingest.csv_file import FileCheck, check_file, read_form
from app.ingest.import_preview import preview_rows
from app.ingest.importer import ImportCount, import_csv, import_id, leads_of
from app.kafka.clients import producing
from app.operations.import_places import settled_places
from app.operations.reimport import find_loss
from app.privacy.lead_keys import open_sealing
from leads.keys import Keys
from leads.rules import Rules

_CLOCK = SystemClock()
#: Files of more rows show their progress: on a terminal as a bar, else by a line every so many.
_SHOWN_FROM, _ROWS_A_LINE = 500, 5000


def check_import(file: Path, encoding: str, rules: Rules) -> FileCheck:
    """Read a whole file before anything else is done. Raises ImportFileError, EncodingError."""
    mapped = frozenset(rule.column or rule.apollo for rule in rules.mapping)
    return check_file(read_form(file, encoding, mapped))


def preview(check: FileCheck, rules: Rules) -> PreviewReport:
    """What the file's rows would become; nothing is captured."""
    rows = list(preview_rows(check.form, rules, Keys("preview"), _CLOCK.now()))
    return PreviewReport(preview=rows, **facts_of(check))


class FileImport:
    """One import of one file, with its progress on stderr."""

    def __init__(self, settings: Settings, check: FileCheck, window: int) -> None:
        self._settings, self._check, self._window = settings, check, window
        self._file = check.form.path
        self._captured = 0

    async def run(self, *, again: bool, force: bool = False, wait: bool = False) -> ImportReport:
        """Import the file; every row is durable in Kafka on return.

        `again` takes rows in that are known and unchanged; `force` does so, too, where that
        overrides what people have decided; `wait` returns once the leads have settled. Raises
        ImportFileError, and UsageError without `force`.
        """
        ident = import_id(self._file)
        if again and not force:
            (await find_loss(self._settings, ident)).refuse()
        count = await self._capture(ident, again=again)
        report = ImportReport(
            import_id=ident,
            captured=count.captured,
            unchanged=count.unchanged,
            **facts_of(self._check),
        )
        if wait:
            leads = leads_of(self._check.form)
            report.settled = await settled_places(self._settings, leads, _print_once())
        return report

    async def _capture(self, ident: str, *, again: bool) -> ImportCount:
        rows = self._check.rows
        async with producing(self._settings) as producer:
            with self._progress(rows) as show:

                def progress(captured: int) -> None:
                    self._captured = captured
                    show(captured)

                return await import_csv(
                    self._check.form,
                    ident,
                    self._settings,
                    producer,
                    _CLOCK,
                    open_sealing(self._settings),
                    rows=rows,
                    window=self._window,
                    again=again,
                    progress=progress,
                )

    def interrupted(self) -> str:
        """The message after Ctrl-C."""
        if self._captured and self._captured >= self._check.rows - self._check.copies:
            return "interrupted: all rows are captured, and their leads go on"
        return (
            f"interrupted: {self._captured} rows are captured. Run the same command again for the"
            " rest: it is safe, since rows that are captured already change nothing"
        )

    @contextmanager
    def _progress(self, rows: int) -> Iterator[Callable[[int], None]]:
        """Shows how many rows are captured."""
        if rows <= _SHOWN_FROM:
            yield lambda _: None
        elif not sys.stderr.isatty():
            yield lambda captured: _print_line(captured, rows)
        else:
            with Progress(console=Console(stderr=True)) as bar:
                task = bar.add_task(self._file.name, total=rows)
                yield lambda captured: bar.update(task, completed=captured)


def _print_once() -> Callable[[str], None]:
    """Prints a line unless it is the one before."""
    last = ""

    def show(line: str) -> None:
        nonlocal last
        if line != last:
            sys.stderr.write(f"{line}\n")
        last = line

    return show


def _print_line(captured: int, rows: int) -> None:
    if captured % _ROWS_A_LINE == 0:
        sys.stderr.write(f"{captured} of {rows} rows are captured\n")

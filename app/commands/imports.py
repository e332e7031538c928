"""What `leadgate import FILE` does. How it is called is in app/cli."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.ingest.csv_file import FileCheck, check_file
from app.ingest.importer import import_csv, import_id
from app.kafka.clients import producing
from app.operations.reimport import find_loss
from leads.export_columns import unused_columns
from leads.rules import Rules

_CLOCK = SystemClock()
#: Files of more rows show their progress: on a terminal as a bar, else by a line every so many.
_SHOWN_FROM, _ROWS_A_LINE = 500, 5000


class ImportReport(msgspec.Struct, rename={"import_id": "import"}):
    """What one import of a file has done.

    `copies`: rows that are exact copies of earlier ones, and not captured; `unchanged`: captured
    rows that were captured before with the same content. `unused_columns`: each with the column
    that is perhaps meant; `short_rows`: the lines of rows with fewer values than columns.
    """

    import_id: str
    rows: int
    captured: int
    copies: int
    unchanged: int
    unused_columns: dict[str, str]
    short_rows: list[int]

    def text(self) -> str:
        """As sentences; the last word of the first is the import's id."""
        lines = [f"{self.rows} rows as import {self.import_id}"]
        lines.append(
            f"{self.captured} captured, {self.copies} exact duplicates; {self.unchanged} without"
            " effect: captured before, unchanged"
        )
        if self.short_rows:
            some = ", ".join(map(str, self.short_rows[:10]))
            lines.append(
                f"{len(self.short_rows)} rows have fewer values than columns, the rest counts as"
                f" empty: line {some}"
            )
        if self.unused_columns:
            names = [
                f"{name} (did you mean {meant}?)" if meant else name
                for name, meant in self.unused_columns.items()
            ]
            lines.append(f"columns that are not used: {', '.join(names)}")
        return "\n".join(lines)


class FileImport:
    """One import of one file, with its progress on stderr."""

    def __init__(self, settings: Settings, rules: Rules, file: Path, window: int) -> None:
        self._settings, self._rules, self._file, self._window = settings, rules, file, window
        self._captured = 0

    async def run(self, *, again: bool, force: bool = False) -> ImportReport:
        """Import the file; every row is durable in Kafka on return.

        `again` takes rows in that are known and unchanged; `force` does so, too, where that
        overrides what people have decided. Raises ImportFileError, and UsageError without `force`.
        """
        check = check_file(self._file)
        ident = import_id(self._file)
        if again and not force:
            (await find_loss(self._settings, ident)).refuse()
        async with producing(self._settings) as producer:
            with self._progress(check.rows) as show:

                def progress(captured: int) -> None:
                    self._captured = captured
                    show(captured)

                count = await import_csv(
                    self._file,
                    ident,
                    self._settings,
                    producer,
                    _CLOCK,
                    rows=check.rows,
                    window=self._window,
                    again=again,
                    progress=progress,
                )
        return ImportReport(
            import_id=ident,
            rows=check.rows,
            captured=count.captured,
            copies=check.copies,
            unchanged=count.unchanged,
            unused_columns=self._unused(check),
            short_rows=check.short,
        )

    def interrupted(self) -> str:
        """The message after Ctrl-C."""
        return (
            f"interrupted: {self._captured} rows are captured. Run the same command again for the"
            " rest: it is safe, since rows that are captured already change nothing"
        )

    def _unused(self, check: FileCheck) -> dict[str, str]:
        mapped = (rule.column or rule.apollo for rule in self._rules.mapping)
        return unused_columns(check.header, mapped)

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


def _print_line(captured: int, rows: int) -> None:
    if captured % _ROWS_A_LINE == 0:
        sys.stderr.write(f"{captured} of {rows} rows are captured\n")

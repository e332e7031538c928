"""What `leadgate import` says of a file: how it was read, and what became or would become of its
rows."""

from typing import Any

import msgspec

from app.ingest.csv_file import FileCheck
from app.ingest.import_preview import RowPreview, preview_text
from app.operations.import_places import ImportPlaces
from leads.text import visible

_PLAIN = ("utf-8", "commas")
_LINES_SHOWN = 10


class FileFacts(msgspec.Struct, kw_only=True):
    """How a file was read.

    `copies`: rows that are exact copies of earlier ones; `renamed_columns`: each with the column
    that it is read as; `unused_columns`: each with the column that is perhaps meant;
    `short_rows`: the lines of rows with fewer values than columns.
    """

    rows: int
    copies: int
    encoding: str
    delimiter: str
    renamed_columns: dict[str, str]
    unused_columns: dict[str, str]
    short_rows: list[int]

    def lines(self) -> list[str]:
        """As sentences; none for what is as in Apollo's own export."""
        lines = []
        if (self.encoding.removesuffix("-sig"), self.delimiter) != _PLAIN:
            lines.append(f"read as {self.encoding} with {self.delimiter} between the columns")
        if self.short_rows:
            some = ", ".join(map(str, self.short_rows[:_LINES_SHOWN]))
            lines.append(
                f"{len(self.short_rows)} rows have fewer values than columns, the rest counts as"
                f" empty: line {some}"
            )
        if self.renamed_columns:
            names = [f"{name} as {meant}" for name, meant in self.renamed_columns.items()]
            lines.append(f"columns that are read under another name: {', '.join(names)}")
        if self.unused_columns:
            names = [
                f"{name} (did you mean {meant}?)" if meant else name
                for name, meant in self.unused_columns.items()
            ]
            lines.append(f"columns that are not used: {', '.join(names)}")
        return [visible(line) for line in lines]


class ImportReport(FileFacts, kw_only=True, rename={"import_id": "import"}, omit_defaults=True):
    """What one import of a file has done.

    `unchanged`: captured rows that were captured before with the same content. `settled`: with
    `--wait`, where the leads are.
    """

    import_id: str
    captured: int
    unchanged: int
    settled: ImportPlaces | None = None

    def text(self) -> str:
        """As sentences; the last word of the first is the import's id."""
        counts = f"{self.captured} captured, {self.copies} exact duplicates; {self.unchanged}"
        lines = [
            f"{self.rows} rows as import {self.import_id}",
            f"{counts} without effect: captured before, unchanged",
            *self.lines(),
        ]
        if self.settled is not None:
            lines.append(self.settled.text())
        return "\n".join(lines)


class PreviewReport(FileFacts, kw_only=True):
    """What an import of a file would do."""

    preview: list[RowPreview]

    def text(self) -> str:
        """As sentences, and a line for each of the first rows."""
        return "\n".join(("nothing was captured", *self.lines(), preview_text(self.preview)))


def facts_of(check: FileCheck) -> dict[str, Any]:
    """The fields of FileFacts."""
    form = check.form
    return {
        "rows": check.rows,
        "copies": check.copies,
        "encoding": form.encoding,
        "delimiter": form.between,
        "renamed_columns": form.header.renamed,
        "unused_columns": form.header.unused,
        "short_rows": check.short,
    }

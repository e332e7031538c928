"""docs/reference/csv-import.md: the columns of a CSV import, and the fields that people set."""

from leads.corrections import COMPANY, PERSON
from leads.export_columns import COMPANY_NAME, OPTIONAL, REQUIRED, Column
from reference.markdown import code, page, sentence, table

_HEAD = """\
`leadgate import FILE` reads an export of Apollo's: CSV in UTF-8, with commas, and with Apollo's own
names of the columns, in capitals as here. The order of the columns does not matter. The whole file
is checked before its first row is captured. A file is refused with the line that is wrong when it
is not UTF-8, a quote is not closed, a row has more values than there are columns, or no rows
follow the header. A row with fewer values is taken, and its line is reported. An exact copy of an
earlier row is left out.

Importing a file again is safe: rows that are captured already change nothing. So is running the
command again after Ctrl-C."""
_REQUIRED = """\
## Required columns

The columns must be there; a row may leave them empty. One of the two names of the company is
enough."""
_OPTIONAL = """\
## Optional columns

Other columns are not used, and the command names them, unless the rules' `mapping` reads them
(`column`, or `apollo` where `column` is unset)."""
_SET = """\
## Fields that `review resolve --set` takes

Beside these, each entry of the rules' `mapping` can be set: `more.PROPERTY` for a contact's
property and `company.more.PROPERTY` for a company's."""


def make_page() -> str:
    """The page's text."""
    fields = ", ".join(code(name) for name in sorted({*PERSON, *COMPANY, "company"}))
    return page(
        "CSV import",
        "`leads/export_columns.py` and `leads/corrections.py`",
        _HEAD,
        _REQUIRED,
        _table((*REQUIRED, *COMPANY_NAME)),
        _OPTIONAL,
        _table(OPTIONAL),
        _SET,
        f"{fields}.",
    )


def _table(columns: tuple[Column, ...]) -> str:
    return table(("column", "meaning"), ([code(c.name), sentence(c.meaning)] for c in columns))

"""docs/reference/csv-import.md: the columns of a CSV import, and the fields that people set."""

from leads.corrections import COMPANY, PERSON
from leads.export_columns import COMPANY_NAME, OPTIONAL, REQUIRED, Column
from reference.markdown import code, page, sentence, table

_HEAD = """\
`leadgate import FILE` reads an export of Apollo's, or a file with such columns. The whole file is
checked before its first row is captured. It is refused with the line that is wrong when a quote is
not closed, a row has more values than there are columns, or no rows follow the header. A row with
fewer values is taken, and its line is reported. An exact copy of an earlier row is left out.

**See first what would happen**: `leadgate import FILE --dry-run` says how the file is read, what
each column is taken for, what each row would become by the rules, and which values are left out.
It captures nothing, and needs neither the broker nor the CRM; whether a person is known or has an
owner is therefore left open. **See afterwards what happened**: with `--wait` the command ends when
the leads have settled, and says where they are.

**Encoding.** UTF-8, and UTF-16 with its mark, are read as they are. In a code page, as Excel's
"CSV" has it, a byte can be several letters: Mu\u00f1oz in cp1252 is Mu\u0144oz in cp1250. The file
is read where all pages that people use give the same text. Otherwise it is refused with an
example of each, and `--encoding cp1252` says which it is.

**Between the columns** are commas, semicolons, tabs or bars: what makes the most columns known.

**Names of columns** count whatever their case, spaces and punctuation: `E-mail`, `first_name`. So
do the usual other names, as `Job Title`, `Organization` or `Phone`. The command says what it read
under another name. A column under Apollo's own name comes first.

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

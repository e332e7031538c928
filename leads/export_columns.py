"""The columns of Apollo's CSV export that a lead is made of, and near names of those."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import NamedTuple


class Column(NamedTuple):
    """A column by its header's name, and what it is read as."""

    name: str
    meaning: str


#: Without these a file is refused.
REQUIRED = (
    Column("First Name", "the person's first name"),
    Column("Last Name", "the person's last name"),
    Column("Title", "the job title, from which the seniority follows"),
    Column("Email", "the address; without one the lead waits for a person"),
)
#: One of these must be there; the first that has text counts.
COMPANY_NAME = (
    Column("Company Name", "the company's name, in the newer layout"),
    Column("Company", "the same in the older layout"),
)
APOLLO_ID = "Apollo Contact Id"
OPTIONAL = (
    Column(
        APOLLO_ID,
        "24 hex digits make the row a record of source `apollo`, the same lead as the contact that"
        " the poller reads, and the rules' `verified.apollo` holds for it. Any other row is of"
        " source `csv`, and `verified.csv` holds",
    ),
    Column("Email Status", "compared with the rules' `verified` of the row's source"),
    Column("Secondary Email", "a further address of the person"),
    Column("Tertiary Email", "a further address of the person"),
    Column("Email Bounced", "TRUE: a bounce of that address"),
    Column(
        "Lists", "Apollo's lists, separated by commas: intents, and what `release --list` names"
    ),
    Column("Primary Intent Score", "a number: an intent of the kind `score`"),
    Column("Secondary Intent Score", "a number: an intent of the kind `score`"),
    Column("Seniority", "Apollo's opinion: counts where the title has no word of a rank"),
    Column("Departments", "Apollo's opinion: counts where the title names no function"),
    Column("Stage", "one of the rules' `stop_stages` stops the person"),
    Column("Do Not Call", "TRUE: no phone is written"),
    Column("Replied", "TRUE: a person decides before any sequence"),
    Column("Work Direct Phone", "the first of the phone columns that holds a number counts"),
    Column("First Phone", "a phone column"),
    Column("Mobile Phone", "a phone column"),
    Column("Corporate Phone", "a phone column"),
    Column("Other Phone", "a phone column"),
    Column("Company Phone", "a phone column"),
    Column("Person Linkedin Url", "the person's page at LinkedIn"),
    Column("City", "the person's city"),
    Column("State", "the person's state"),
    Column("Country", "the person's country, by its name or two letters"),
    Column("Website", "the company's domain"),
    Column("Industry", "the company's industry"),
    Column("# Employees", "the company's size"),
    Column("Company Country", "the company's country"),
    Column("Company State", "the company's state"),
    Column("Subsidiary of", "the company's parent"),
)
COLUMNS = (*REQUIRED, *COMPANY_NAME, *OPTIONAL)


def missing_columns(header: Collection[str]) -> list[str]:
    """The names of the columns that a file with this header lacks."""
    missing = [column.name for column in REQUIRED if column.name not in header]
    if not any(column.name in header for column in COMPANY_NAME):
        missing.append(COMPANY_NAME[0].name)
    return missing


def unused_columns(header: Iterable[str], mapped: Iterable[str]) -> dict[str, str]:
    """The columns of a header that nothing is made of, each with the name that is perhaps meant, or
    ''. `mapped`: the columns that the rules' mapping reads."""
    used = {*(column.name for column in COLUMNS), *mapped}
    names = list(filter(None, header))
    free = used.difference(names)
    return {name: near_name(name, free) for name in names if name not in used}


def near_name(name: str, others: Iterable[str]) -> str:
    """The nearest of some names, whatever the case; '' if none is near."""
    by_case = {other.casefold(): other for other in sorted(others)}
    near = get_close_matches(name.strip().casefold(), by_case, n=1, cutoff=0.8)
    return by_case[near[0]] if near else ""

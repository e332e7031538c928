"""The columns of Apollo's CSV export that a lead is made of, and what people call them."""

import re
from collections.abc import Collection, Iterable, Sequence
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
    Column(
        "Name",
        "first and last name in one, in a file without columns of their own: two words, or"
        " `Last, First`; any other waits for a person",
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

#: What other exports and people call these columns, folded as `_fold` does.
_ALSO = {
    "First Name": "givenname forename vorname prenom",
    "Last Name": "surname familyname nachname nomdefamille",
    "Name": "fullname contactname personname leadname",
    "Title": "jobtitle persontitle position role jobposition",
    "Email": "emailaddress workemail businessemail mail primaryemail",
    "Company Name": "organization organisation organizationname accountname employer"
    " companynameforemails currentcompany",
    "Email Status": "emailverification",
    "Secondary Email": "email2 otheremail additionalemail",
    "Lists": "list listname",
    "Departments": "department",
    "Stage": "contactstage",
    "Do Not Call": "donotcallflag dnc",
    "Work Direct Phone": "phone phonenumber workphone businessphone directphone telephone",
    "Mobile Phone": "mobile mobilenumber mobilephonenumber cell cellphone",
    "Corporate Phone": "companyphonenumber hqphone",
    "Person Linkedin Url": "linkedin linkedinurl linkedinprofile linkedinprofileurl personlinkedin",
    "State": "stateregion province region personstate stateprovince",
    "City": "personcity town",
    "Country": "personcountry countryregion",
    "Website": "websiteurl companywebsite domain companydomain companydomainname companyurl",
    "Industry": "companyindustry",
    "# Employees": "numberofemployees employeecount companysize headcount"
    " companyemployees noofemployees",
}
_NOT_WORDS = re.compile(r"[^a-z0-9]+")


class Header(NamedTuple):
    """A file's columns in their order, as they are named and as they are read; those that are read
    under another name than they have; those that nothing is made of, each with the name that is
    perhaps meant, or ''."""

    given: list[str]
    names: list[str]
    renamed: dict[str, str]
    unused: dict[str, str]


def read_header(given: Sequence[str], mapped: Collection[str] = ()) -> Header:
    """What a file's columns are. `mapped`: the columns that the rules' mapping reads, by exactly
    these names."""
    own = {*(column.name for column in COLUMNS), *mapped}
    taken = own.intersection(given)
    names, renamed, unused = [], dict[str, str](), []
    for name in given:
        meant = name
        if name.strip() and name not in own:
            meant = _BY_FOLDED.get(_fold(name), "")
            if meant and not _is_taken(meant, taken):
                renamed[name] = meant
                taken.add(meant)
            else:
                meant = name
                unused.append(name)
        names.append(meant)
    free = own.difference(taken)
    return Header(list(given), names, renamed, {name: near_name(name, free) for name in unused})


def _is_taken(name: str, taken: Collection[str]) -> bool:
    companies = {column.name for column in COMPANY_NAME}
    if name in companies:
        return not companies.isdisjoint(taken)
    return name in taken


def _fold(name: str) -> str:
    return _NOT_WORDS.sub("", name.casefold().replace("#", ""))


_BY_FOLDED = {_fold(column.name): column.name for column in COLUMNS} | {
    folded: name for name, others in _ALSO.items() for folded in others.split()
}


def missing_columns(header: Collection[str]) -> list[str]:
    """The names of the columns that a file with this header lacks."""
    known = set(header)
    if "Name" in known:
        known |= {"First Name", "Last Name"}
    missing = [column.name for column in REQUIRED if column.name not in known]
    if not any(column.name in header for column in COMPANY_NAME):
        missing.append(COMPANY_NAME[0].name)
    return missing


def near_name(name: str, others: Iterable[str]) -> str:
    """The nearest of some names, whatever the case; '' if none is near."""
    by_case = {other.casefold(): other for other in sorted(others)}
    near = get_close_matches(name.strip().casefold(), by_case, n=1, cutoff=0.8)
    return by_case[near[0]] if near else ""

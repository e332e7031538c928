"""A captured record in normalised fields, and the mapping steps that all sources share."""

from collections.abc import Iterable, Mapping

from leads.addresses import read_address
from leads.keys import is_company_domain, registrable
from leads.mail_domains import SHARED_SITES
from leads.normalise import normalise_company, normalise_country, normalise_phone
from leads.numbers import parse_count
from leads.records import Company, Intent, Person, Record, Sequences


class Mapped(Record, frozen=True, kw_only=True):
    """A captured record's content in normalised fields."""

    person: Person
    company: Company
    seniority: str
    function: str
    intents: tuple[Intent, ...]
    sequences: Sequences
    apollo_id: str
    # what the record itself says against writing to the person: kinds of signals
    stops: tuple[str, ...] = ()
    do_not_call: bool = False
    replied: bool = False  # it has answered a sequence of Apollo's
    vouched: bool = False  # a person says that the address is good
    apollo_person_id: str = ""  # of the person in Apollo's whole database
    linked: str = ""  # the CRM's id of the person, where Apollo names one
    dropped: tuple[str, ...] = ()  # what the mapping couldn't take along, a line each
    updated_at: float = 0.0  # by the source's own clock, 0 if it doesn't say


def phone_of(numbers: Iterable[str], country: str) -> str:
    """The first of these that is a phone number in that country, in E.164; '' if none is."""
    for number in numbers:
        if phone := normalise_phone(number, country):
            return phone
    return ""


def addresses_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Further addresses of a person, as `read_address` reads them; empty ones are left out."""
    return tuple(filter(None, map(read_address, texts)))


def list_intents(names: Iterable[str], at: float) -> list[Intent]:
    """A sign of interest for each of Apollo's lists that the person is on."""
    return [Intent(kind="list", value=name, at=at) for name in names]


def kinds_marked(marks: Mapping[str, bool]) -> tuple[str, ...]:
    """The kinds of signals whose mark is set, in order."""
    return tuple(kind for kind, is_set in marks.items() if is_set)


def company_of(
    name: str, domain: str, person: Person, more: dict[str, str]
) -> tuple[Company, tuple[str, ...]]:
    """The company, and a line for a number of employees that is none."""
    mail = registrable(person.email.rpartition("@")[2])
    free = bool(mail) and not is_company_domain(mail)
    own = mail if domain in SHARED_SITES else domain or mail
    stated = more.get("employees", "")
    employees = parse_count(stated)
    company = Company(
        name=normalise_company(name),
        domain=own if is_company_domain(own) else "",
        industry=more.get("industry", "").casefold(),
        employees=employees or 0,
        country=normalise_country(more.get("country", "")) or person.country,
        state=more.get("state", "") or person.state,
        parent=normalise_company(more.get("parent", "")),
        free_mail=free,
    )
    if stated and employees is None:
        return company, ("employees are unknown: the value is not a number",)
    return company, ()

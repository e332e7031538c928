"""A captured record in normalised fields, and the mapping steps that all sources share."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from leads.addresses import read_address
from leads.countries import country_code
from leads.keys import is_company_domain, registrable
from leads.mail_domains import SHARED_SITES
from leads.numbers import parse_count
from leads.phones import national_digits, read_phones
from leads.records import Company, Intent, Person, Record, Sequences
from leads.regions import spell_state
from leads.spelling import spell_company


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
    unplaced_phone: str = ""  # a national number without a country, see PhoneRead
    vouched: bool = False  # a person says that the address is good
    corrected: tuple[str, ...] = ()  # the fields that a person has set
    apollo_person_id: str = ""  # of the person in Apollo's whole database
    linked: str = ""  # the CRM's id of the person, where Apollo names one
    dropped: tuple[str, ...] = ()  # what the mapping couldn't take along, a line each
    updated_at: float = 0.0  # by the source's own clock, 0 if it doesn't say
    apart: tuple[str, ...] = ()  # leads and persons that it is kept apart from, as people have said


class PhoneRead(NamedTuple):
    """A record's phone number.

    `number` is as leads/phones.py writes it, '' if none can be called; `unplaced` is then a number
    whose country no field names, which helps to recognise the person. `dropped` has a line for what
    is left out.
    """

    number: str = ""
    unplaced: str = ""
    dropped: tuple[str, ...] = ()


def phone_of(cells: Iterable[str], country: str) -> PhoneRead:
    """The first phone number in these cells, read in that country ('' if unknown)."""
    given = list(filter(None, cells))
    for cell in given:
        phone, more = read_phones(cell, country)
        if phone:
            line = f"phone: of {more + 1} numbers in one field the first is taken"
            return PhoneRead(phone, "", (line,) if more else ())
    if not given:
        return PhoneRead()
    if country:
        return PhoneRead("", "", (f"phone: no number that can exist in {country}",))
    unplaced = next(filter(None, map(national_digits, given)), "")
    return PhoneRead("", unplaced, ("phone: no number that can exist without a country",))


def place_of(country: str, state: str) -> tuple[str, str]:
    """Country as ISO code, state as its country spells it; texts that are neither stay."""
    code = country_code(country) if country else ""
    return code, spell_state(state, code)


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
    country, state = place_of(more.get("country", "") or person.country, more.get("state", ""))
    company = Company(
        name=spell_company(name),
        domain=own if is_company_domain(own) else "",
        industry=more.get("industry", "").casefold(),
        employees=employees or 0,
        country=country,
        # a person's state says nothing of a company in another country
        state=state or (person.state if country == person.country else ""),
        parent=spell_company(more.get("parent", "")),
        free_mail=free,
    )
    if stated and employees is None:
        return company, ("employees are unknown: the value is not a number",)
    return company, ()

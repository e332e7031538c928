"""A row of Apollo's CSV export, by its columns' names, in both layouts."""

from functools import partial
from typing import Any

from leads.addresses import read_address
from leads.keys import registrable
from leads.mapped import (
    Mapped,
    PhoneRead,
    addresses_of,
    company_of,
    kinds_marked,
    list_intents,
    phone_of,
    place_of,
)
from leads.numbers import parse_number
from leads.rawvalues import names_of, read_apollo_id, said_of, says_yes, text_of
from leads.records import Captured, Company, Intent, Person, Sequences
from leads.rules import Rules
from leads.titles.apollo_columns import read_apollo

_PHONES = (
    "Work Direct Phone",
    "First Phone",
    "Mobile Phone",
    "Corporate Phone",
    "Other Phone",
    "Company Phone",
)


def map_row(captured: Captured, rules: Rules) -> Mapped:
    """Map and normalise. Raises UnusableError for values of a wrong type."""
    raw = captured.raw
    apollo = read_apollo(text_of(raw, "Seniority"), text_of(raw, "Departments"))
    do_not_call = says_yes(raw, "Do Not Call")
    person, phone = _row_person(raw, do_not_call=do_not_call)
    position = rules.read_title(person.title, apollo)
    company, dropped = _row_company(raw, person)
    intents, unread = _row_intents(raw, captured)
    return Mapped(
        person=person,
        company=company,
        seniority=position.seniority,
        function=position.function,
        intents=intents,
        sequences=Sequences(),
        apollo_id=read_apollo_id(text_of(raw, "Apollo Contact Id")),
        stops=_row_stops(raw, rules),
        do_not_call=do_not_call,
        replied=says_yes(raw, "Replied"),
        unplaced_phone=phone.unplaced,
        dropped=(*phone.dropped, *dropped, *unread),
    )


def _row_person(raw: dict[str, Any], *, do_not_call: bool) -> tuple[Person, PhoneRead]:
    country, state = place_of(said_of(raw, "Country"), said_of(raw, "State"))
    phones = () if do_not_call else _PHONES
    phone = phone_of(map(partial(text_of, raw), phones), country)
    first, last = names_of(raw, "First Name", "Last Name", "Name")
    person = Person(
        email=read_address(text_of(raw, "Email")),
        emails=addresses_of((text_of(raw, "Secondary Email"), text_of(raw, "Tertiary Email"))),
        email_status=text_of(raw, "Email Status"),
        first_name=first,
        last_name=last,
        title=said_of(raw, "Title"),
        phone=phone.number,
        linkedin=text_of(raw, "Person Linkedin Url"),
        city=said_of(raw, "City"),
        state=state,
        country=country,
    )
    return person, phone


def _row_company(raw: dict[str, Any], person: Person) -> tuple[Company, tuple[str, ...]]:
    more = {
        "industry": said_of(raw, "Industry"),
        "employees": said_of(raw, "# Employees"),
        "country": said_of(raw, "Company Country"),
        "state": said_of(raw, "Company State"),
        "parent": said_of(raw, "Subsidiary of"),
    }
    name = said_of(raw, "Company Name", "Company")
    return company_of(name, registrable(text_of(raw, "Website")), person, more)


def _row_intents(
    raw: dict[str, Any], captured: Captured
) -> tuple[tuple[Intent, ...], tuple[str, ...]]:
    """Interest, and a line for each score that is not a number."""
    at = captured.captured_at
    scores: list[Intent] = []
    unread: list[str] = []
    for column in ("Primary Intent Score", "Secondary Intent Score"):
        text = text_of(raw, column)
        score = parse_number(text)
        if score is not None:
            scores.append(Intent(kind="score", value=f"{score}", at=at))
        elif text:
            unread.append(f"{column} is unknown: it is not a number")
    named = filter(None, map(str.strip, text_of(raw, "Lists").split(",")))
    return (*scores, *list_intents((*captured.lists, *named), at)), tuple(unread)


def _row_stops(raw: dict[str, Any], rules: Rules) -> tuple[str, ...]:
    """The kinds of signals by which the row says that nobody may write to the person."""
    return kinds_marked(
        {
            "do_not_contact": rules.stops(text_of(raw, "Stage")),
            "bounce": says_yes(raw, "Email Bounced"),
        }
    )

"""A row of Apollo's CSV export, by its columns' names, in both layouts."""

from typing import Any

from leads.addresses import read_address
from leads.keys import registrable
from leads.mapped import Mapped, company_of, phone_of
from leads.normalise import normalise_country, normalise_name, normalise_title
from leads.numbers import parse_number
from leads.rawvalues import read_apollo_id, says_yes, text_of
from leads.records import Captured, Intent, Person, Sequences
from leads.rules import Rules

_SENIORITY = {"c suite": "c_suite", "c-suite": "c_suite", "vp": "vp"}


def map_row(captured: Captured, rules: Rules) -> Mapped:
    """Map and normalise. Raises UnusableError for values of a wrong type."""
    raw = captured.raw
    country = normalise_country(text_of(raw, "Country"))
    title = normalise_title(text_of(raw, "Title"))
    seniority = text_of(raw, "Seniority").casefold()
    numbers = (
        "Work Direct Phone",
        "First Phone",
        "Mobile Phone",
        "Corporate Phone",
        "Other Phone",
        "Company Phone",
    )
    do_not_call = says_yes(raw, "Do Not Call")
    person = Person(
        email=read_address(text_of(raw, "Email")),
        emails=tuple(
            e for n in ("Secondary Email", "Tertiary Email") if (e := read_address(text_of(raw, n)))
        ),
        email_status=text_of(raw, "Email Status"),
        first_name=normalise_name(text_of(raw, "First Name")),
        last_name=normalise_name(text_of(raw, "Last Name")),
        title=title,
        phone="" if do_not_call else phone_of((text_of(raw, name) for name in numbers), country),
        linkedin=text_of(raw, "Person Linkedin Url"),
        city=text_of(raw, "City"),
        state=text_of(raw, "State"),
        country=country,
    )
    more = {
        "industry": text_of(raw, "Industry"),
        "employees": text_of(raw, "# Employees"),
        "country": text_of(raw, "Company Country"),
        "state": text_of(raw, "Company State"),
        "parent": text_of(raw, "Subsidiary of"),
    }
    company, dropped = company_of(
        text_of(raw, "Company Name", "Company"), registrable(text_of(raw, "Website")), person, more
    )
    intents, unread = _row_intents(raw, captured)
    return Mapped(
        person=person,
        company=company,
        seniority=rules.seniority_of(title) or _SENIORITY.get(seniority, seniority),
        intents=intents,
        sequences=Sequences(),
        apollo_id=read_apollo_id(text_of(raw, "Apollo Contact Id")),
        stops=_row_stops(raw, rules),
        do_not_call=do_not_call,
        replied=says_yes(raw, "Replied"),
        dropped=(*dropped, *unread),
    )


def _row_intents(
    raw: dict[str, Any], captured: Captured
) -> tuple[tuple[Intent, ...], tuple[str, ...]]:
    """Interest, and a line for each score that is no number."""
    at = captured.captured_at
    told = {
        name: text
        for name in ("Primary Intent Score", "Secondary Intent Score")
        if (text := text_of(raw, name))
    }
    scores = {name: parse_number(text) for name, text in told.items()}
    lists = [name.strip() for name in text_of(raw, "Lists").split(",") if name.strip()]
    intents = (
        *(
            Intent(kind="score", value=f"{score}", heard_at=at)
            for score in scores.values()
            if score is not None
        ),
        *(Intent(kind="list", value=name, heard_at=at) for name in (*captured.lists, *lists)),
    )
    return intents, tuple(
        f"{name} is unknown: it is no number" for name, score in scores.items() if score is None
    )


def _row_stops(raw: dict[str, Any], rules: Rules) -> tuple[str, ...]:
    """The same marks in a row of the export."""
    marks = {
        "do_not_contact": rules.stops(text_of(raw, "Stage")),
        "bounce": says_yes(raw, "Email Bounced"),
    }
    return tuple(kind for kind, there in marks.items() if there)

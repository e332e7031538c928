"""From a captured record to a lead's fields: Apollo's contact object, a row of its CSV export, a
lead that a person corrected."""

from typing import Any

import msgspec
from msgspec.structs import replace

from leads.addresses import read_address
from leads.corrections import Resubmitted, apply_corrections
from leads.exportrow import map_row
from leads.field_limits import cut_record
from leads.fields import map_fields
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
from leads.rawvalues import (
    UnusableError,
    dict_of,
    dicts_of,
    names_of,
    read_apollo_id,
    read_time,
    said_of,
    says_yes,
    text_of,
    word_of,
)
from leads.records import Captured, Intent, Person, Sequences
from leads.rule_models import FieldRule
from leads.rules import Rules
from leads.text import clean_text
from leads.titles.read import UNREAD, Title

_BOUNCES = frozenset({"hard_bounced", "bounced", "spam_blocked"})


def map_captured(captured: Captured, rules: Rules) -> Mapped:
    """Map and normalise.

    Raises UnusableError for values of a wrong type where text or an object is due.
    """
    if captured.format == "reject":
        raise UnusableError(str(captured.raw.get("why", "")))
    if captured.format == "resubmitted":
        return _map_resubmitted(captured, rules)
    raw, lines = cut_record(captured.raw)
    if lines:
        captured = replace(captured, raw=raw)
    map_source = map_row if captured.format == "csv" else _map_contact
    mapped = map_source(captured, rules)
    if lines:
        mapped = replace(mapped, dropped=(*lines, *mapped.dropped))
    return _with_mapped_fields(mapped, captured, rules)


def _with_mapped_fields(mapped: Mapped, captured: Captured, rules: Rules) -> Mapped:
    """Add the further CRM properties that the rules' mapping makes of the record."""
    if not rules.mapping:
        return mapped
    fields = map_fields(captured, rules)
    more, lines = fields.contact, fields.dropped
    if mapped.do_not_call:
        more, uncalled = _without_phones(more, rules)
        lines += uncalled
    person = replace(mapped.person, more=more)
    company = replace(mapped.company, more=fields.company)
    return replace(mapped, person=person, company=company, dropped=(*mapped.dropped, *lines))


def _without_phones(more: dict[str, Any], rules: Rules) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The mapped properties of somebody who is not to be called, and a line for each that is a
    phone number."""
    left = dict(more)
    lines = []
    for rule in rules.mapping:
        if rule.object == "contact" and rule.to in left and is_phone(rule):
            del left[rule.to]
            lines.append(f"{rule.to} is not written: the person is not to be called")
    return left, tuple(lines)


def is_phone(rule: FieldRule) -> bool:
    """Whether a name of the field says that it is a phone number."""
    names = f"{rule.apollo} {rule.column} {rule.to}".casefold()
    return "phone" in names or "mobile" in names


def _map_resubmitted(captured: Captured, rules: Rules) -> Mapped:
    try:
        raw = msgspec.convert(captured.raw, Resubmitted)
    except msgspec.ValidationError as error:
        raise UnusableError(f"this is no lead that a person has corrected: {error}") from error
    person, company, dropped = apply_corrections(raw.person, raw.company, raw.corrections, rules)
    opinion = Title(raw.carried_over.seniority, raw.carried_over.function)
    if "title" in raw.corrections:
        opinion = UNREAD
    position = rules.read_title(person.title, opinion)
    return Mapped(
        person=person,
        company=company,
        seniority=position.seniority,
        function=position.function,
        intents=captured.intents,
        sequences=Sequences(),
        apollo_id=raw.carried_over.apollo_id,
        apollo_person_id=raw.carried_over.apollo_person_id,
        linked=raw.carried_over.linked,
        unplaced_phone=raw.carried_over.unplaced_phone,
        vouched=bool(raw.corrections.get("email_status")),
        corrected=tuple(sorted(raw.corrections)),
        do_not_call=raw.carried_over.do_not_call,
        replied=raw.carried_over.replied,
        dropped=dropped,
        apart=raw.carried_over.apart,
    )


def _map_contact(captured: Captured, rules: Rules) -> Mapped:
    raw = captured.raw
    organization = dict_of(raw, "organization") or dict_of(raw, "account")
    custom = _custom_fields(captured, rules)
    do_not_call = says_yes(raw, "do_not_call")
    person, phone = _contact_person(raw, do_not_call=do_not_call)
    position = rules.read_title(person.title)
    domain = registrable(text_of(organization, "primary_domain", "domain", "website_url"))
    company, dropped = company_of(
        said_of(raw, "organization_name") or said_of(organization, "name"), domain, person, custom
    )
    return Mapped(
        person=person,
        company=company,
        seniority=position.seniority,
        function=position.function,
        intents=_contact_intents(raw, captured),
        sequences=read_sequences(
            dicts_of(raw, "contact_campaign_statuses"), captured.sequences_read_at
        ),
        apollo_id=read_apollo_id(text_of(raw, "id")),
        apollo_person_id=read_apollo_id(text_of(raw, "person_id")),
        stops=_stops(raw, rules),
        do_not_call=do_not_call,
        replied=says_yes(raw, "replied"),
        unplaced_phone=phone.unplaced,
        dropped=(*phone.dropped, *dropped),
        updated_at=read_time(raw.get("updated_at")),
        linked=text_of(
            raw,
            "hubspot_vid",
            "salesforce_contact_id",
            "salesforce_lead_id",
            "salesforce_id",
            "crm_id",
        ),
    )


def _custom_fields(captured: Captured, rules: Rules) -> dict[str, str]:
    """Facts of the company out of the account's own fields, as the rules' `capture.fields` name
    them."""
    names = rules.capture.fields
    values = {**dict_of(captured.raw, "typed_custom_fields"), **captured.custom}
    return {names[key]: clean_text(value) for key, value in values.items() if key in names}


def _contact_person(raw: dict[str, Any], *, do_not_call: bool) -> tuple[Person, PhoneRead]:
    country, state = place_of(said_of(raw, "country"), said_of(raw, "state"))
    emails = addresses_of([text_of(item, "email") for item in dicts_of(raw, "contact_emails")])
    phones = [
        text_of(item, "sanitized_number", "raw_number") for item in dicts_of(raw, "phone_numbers")
    ]
    numbers = [] if do_not_call else [text_of(raw, "sanitized_phone"), *phones]
    phone = phone_of(numbers, country)
    first, last = names_of(raw, "first_name", "last_name", "name")
    person = Person(
        email=read_address(text_of(raw, "email")),
        emails=emails,
        email_status=text_of(raw, "email_true_status"),
        first_name=first,
        last_name=last,
        title=said_of(raw, "title"),
        phone=phone.number,
        linkedin=text_of(raw, "linkedin_url"),
        city=said_of(raw, "city"),
        state=state,
        country=country,
    )
    return person, phone


def _stops(raw: dict[str, Any], rules: Rules) -> tuple[str, ...]:
    """Apollo's own marks on a contact: opted out, in a stage that stops, or a sequence that failed
    by a bounce."""
    reasons = {
        text_of(status, "failure_reason") for status in dicts_of(raw, "contact_campaign_statuses")
    }
    bounced = says_yes(raw, "email_bounced") or not _BOUNCES.isdisjoint(reasons)
    stages = ("stage", "contact_stage", "contact_stage_name", "contact_stage_id")
    return kinds_marked(
        {
            "unsubscribe": raw.get("email_unsubscribed") is True,
            "do_not_contact": any(rules.stops(word_of(raw, name)) for name in stages),
            "bounce": bounced,
        }
    )


def _contact_intents(raw: dict[str, Any], captured: Captured) -> tuple[Intent, ...]:
    found = []
    strength = text_of(raw, "intent_strength").casefold()
    if strength and strength != "none":
        found.append(Intent(kind="strength", value=strength, at=captured.captured_at))
    return (*found, *list_intents(captured.lists, captured.captured_at), *captured.intents)


def read_sequences(statuses: list[dict[str, Any]], read_at: float) -> Sequences:
    """Apollo's `contact_campaign_statuses` as one state.

    Paused counts as active: it can resume by itself.
    """
    if not read_at:
        return Sequences()
    running = tuple(
        text_of(s, "emailer_campaign_id")
        for s in statuses
        if text_of(s, "status") in {"active", "paused"}
    )
    state = "active" if running else "inactive"
    return Sequences(state=state, read_at=read_at, names=running)

"""From a captured record to a lead's fields: Apollo's contact object and a row of its CSV export."""

from typing import Any

import msgspec
from msgspec.structs import replace

from leads.fields import map_fields
from leads.keys import is_company_domain, registrable
from leads.mend import mend
from leads.normalise import (
    normalise_company,
    normalise_country,
    normalise_name,
    normalise_phone,
    normalise_title,
    squeeze,
)
from leads.records import Captured, Company, Intent, Person, Record, Sequences
from leads.rules import Rules

_CSV_SENIORITY = {"c suite": "c_suite", "c-suite": "c_suite", "vp": "vp"}


class UnusableError(ValueError):
    """The record isn't what its source promises; it becomes a dead letter."""


class Mapped(Record, frozen=True, kw_only=True):
    """A captured record's content in our words."""

    person: Person
    company: Company
    seniority: str
    intents: tuple[Intent, ...]
    sequences: Sequences
    apollo_id: str
    stops: tuple[str, ...] = ()  # what the record itself says against writing to the person: unsubscribe, bounce
    vouched: bool = False  # a person says that the address is good
    linked: str = ""  # the CRM's id of the person, where Apollo names one
    dropped: tuple[str, ...] = ()  # what the mapping couldn't take along, a line each


def map_captured(captured: Captured, rules: Rules) -> Mapped:
    """Map and normalise. Raises UnusableError for values of a wrong type where text or an object is due."""
    if captured.shape == "reject":
        raise UnusableError(str(captured.raw.get("why", "")))
    if captured.shape == "resubmitted":
        return _map_resubmitted(captured, rules)
    mapped = _map_row(captured, rules) if captured.shape == "csv" else _map_contact(captured, rules)
    if not rules.mapping:
        return mapped
    fields = map_fields(captured, rules)
    person, company = replace(mapped.person, more=fields.contact), replace(mapped.company, more=fields.company)
    return replace(mapped, person=person, company=company, dropped=fields.dropped)


def _map_resubmitted(captured: Captured, rules: Rules) -> Mapped:
    raw = captured.raw
    fix, kept = raw["fix"], raw["kept"]
    person, company = mend(msgspec.convert(raw["person"], Person), msgspec.convert(raw["company"], Company), fix, rules)
    return Mapped(
        person=person,
        company=company,
        seniority=rules.seniority_of(person.title) or kept["seniority"],
        intents=captured.intents,
        sequences=Sequences(),
        apollo_id=kept["apollo_id"],
        linked=kept["linked"],
        vouched=bool(fix.get("email_status")),
    )


def _text(raw: dict[str, Any], *names: str) -> str:
    for name in names:
        value = raw.get(name)
        if isinstance(value, (dict, list)):
            raise UnusableError(f"{name} must be text, it is a {type(value).__name__}")
        if text := squeeze(value):
            return text
    return ""


def _dict(raw: dict[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnusableError(f"{name} must be an object, it is a {type(value).__name__}")
    return value


def _dicts(raw: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
        raise UnusableError(f"{name} must be a list of objects")
    return value


def _map_contact(captured: Captured, rules: Rules) -> Mapped:
    raw = captured.raw
    organization = _dict(raw, "organization") or _dict(raw, "account")
    told = {**_dict(raw, "typed_custom_fields"), **captured.custom}
    custom = {rules.capture.fields[k]: squeeze(v) for k, v in told.items() if k in rules.capture.fields}
    country = normalise_country(_text(raw, "country"))
    emails = tuple(e for item in _dicts(raw, "contact_emails") if (e := _text(item, "email").lower()))
    phones = [_text(item, "sanitized_number", "raw_number") for item in _dicts(raw, "phone_numbers")]
    title = normalise_title(_text(raw, "title"))
    person = Person(
        email=_text(raw, "email").lower(),
        emails=emails,
        email_status=_text(raw, "email_true_status"),
        first_name=normalise_name(_text(raw, "first_name")),
        last_name=normalise_name(_text(raw, "last_name")),
        title=title,
        phone=next((p for n in [_text(raw, "sanitized_phone"), *phones] if (p := normalise_phone(n, country))), ""),
        linkedin=_text(raw, "linkedin_url"),
        city=_text(raw, "city"),
        state=_text(raw, "state"),
        country=country,
    )
    domain = registrable(_text(organization, "primary_domain", "domain", "website_url"))
    return Mapped(
        person=person,
        company=_company(_text(raw, "organization_name") or _text(organization, "name"), domain, person, custom),
        seniority=rules.seniority_of(title),
        intents=_contact_intents(raw, captured),
        sequences=read_sequences(_dicts(raw, "contact_campaign_statuses"), captured.sequences_read_at),
        apollo_id=_text(raw, "id"),
        stops=_stops(raw),
        linked=_text(raw, "hubspot_vid", "salesforce_contact_id", "salesforce_lead_id", "salesforce_id", "crm_id"),
    )


def _stops(raw: dict[str, Any]) -> tuple[str, ...]:
    """Apollo's own marks on a contact (facts/apollo.md 4): opted out, or a sequence that failed by a bounce."""
    reasons = {_text(status, "failure_reason") for status in _dicts(raw, "contact_campaign_statuses")}
    bounced = reasons & {"hard_bounced", "bounced", "spam_blocked"}
    return (*(("unsubscribe",) if raw.get("email_unsubscribed") is True else ()), *(("bounce",) if bounced else ()))


def _company(name: str, domain: str, person: Person, more: dict[str, str]) -> Company:
    mail = registrable(person.email.rpartition("@")[2])
    free = bool(mail) and not is_company_domain(mail)
    own = domain or ("" if free else mail)
    employees = more.get("employees", "").replace(",", "")
    return Company(
        name=normalise_company(name),
        domain=own if is_company_domain(own) else "",
        industry=more.get("industry", "").casefold(),
        employees=int(employees) if employees.isdigit() else 0,
        country=normalise_country(more.get("country", "")) or person.country,
        state=more.get("state", "") or person.state,
        parent=normalise_company(more.get("parent", "")),
        free_mail=free,
    )


def _contact_intents(raw: dict[str, Any], captured: Captured) -> tuple[Intent, ...]:
    found = []
    strength = _text(raw, "intent_strength").casefold()
    if strength and strength != "none":
        found.append(Intent(kind="strength", value=strength, heard_at=captured.captured_at))
    found += [Intent(kind="list", value=name, heard_at=captured.captured_at) for name in captured.lists]
    return (*found, *captured.intents)


def read_sequences(statuses: list[dict[str, Any]], read_at: float) -> Sequences:
    """Apollo's `contact_campaign_statuses` as one state. Paused counts as active: it can resume by itself."""
    if not read_at:
        return Sequences()
    running = tuple(_text(s, "emailer_campaign_id") for s in statuses if _text(s, "status") in {"active", "paused"})
    return Sequences(state="active" if running else "inactive", read_at=read_at, names=running)


def _map_row(captured: Captured, rules: Rules) -> Mapped:
    raw = captured.raw
    country = normalise_country(_text(raw, "Country"))
    title = normalise_title(_text(raw, "Title"))
    seniority = _text(raw, "Seniority").casefold()
    numbers = ("Work Direct Phone", "First Phone", "Mobile Phone", "Corporate Phone", "Other Phone", "Company Phone")
    person = Person(
        email=_text(raw, "Email").lower(),
        emails=tuple(e for n in ("Secondary Email", "Tertiary Email") if (e := _text(raw, n).lower())),
        email_status=_text(raw, "Email Status"),
        first_name=normalise_name(_text(raw, "First Name")),
        last_name=normalise_name(_text(raw, "Last Name")),
        title=title,
        phone=next((p for n in numbers if (p := normalise_phone(_text(raw, n), country))), ""),
        linkedin=_text(raw, "Person Linkedin Url"),
        city=_text(raw, "City"),
        state=_text(raw, "State"),
        country=country,
    )
    more = {
        "industry": _text(raw, "Industry"),
        "employees": _text(raw, "# Employees"),
        "country": _text(raw, "Company Country"),
        "state": _text(raw, "Company State"),
        "parent": _text(raw, "Subsidiary of"),
    }
    return Mapped(
        person=person,
        company=_company(_text(raw, "Company Name", "Company"), registrable(_text(raw, "Website")), person, more),
        seniority=rules.seniority_of(title) or _CSV_SENIORITY.get(seniority, seniority),
        intents=_row_intents(raw, captured),
        sequences=Sequences(),
        apollo_id=_text(raw, "Apollo Contact Id"),
    )


def _row_intents(raw: dict[str, Any], captured: Captured) -> tuple[Intent, ...]:
    at = captured.captured_at
    scores = [s for n in ("Primary Intent Score", "Secondary Intent Score") if (s := _text(raw, n)).isdigit()]
    lists = [name.strip() for name in _text(raw, "Lists").split(",") if name.strip()]
    return (
        *(Intent(kind="score", value=score, heard_at=at) for score in scores),
        *(Intent(kind="list", value=name, heard_at=at) for name in (*captured.lists, *lists)),
    )

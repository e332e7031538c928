"""Between the CRM contract's records and HubSpot's properties (every value travels as text)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.core.answers import in_part, member
from connectors.core.crm import Account, Contact, ContactWrite, Owner, OwnerWrite
from connectors.core.crm_properties import LeadgateProperties
from connectors.core.fields import Field
from connectors.hubspot.forms import OwnerRow, Thing, thing

OWN = LeadgateProperties(
    owner="hubspot_owner_id",
    key="leadgate_key",
    lead="leadgate_lead",
    score="leadgate_score",
    status="leadgate_status",
    intent="leadgate_intent",
    engagement="leadgate_engagement",
    sequence="leadgate_sequence",
    reasons="leadgate_reasons",
)
KEY, OWNER, LEAD, STATUS = OWN.key, OWN.owner, OWN.lead, OWN.status
COMPANY_KEY = "leadgate_company_key"
CONTACT_FIELDS = OWN.fields()
IDENTITY = frozenset(
    {
        KEY,
        "email",
        "firstname",
        "lastname",
        "jobtitle",
        "phone",
        "city",
        "state",
        "country",
        "company",
    }
)
COMPANY_READ = ["name", "domain", OWNER, "hs_parent_company_id"]
COMPANY_FIELDS = (Field(name=COMPANY_KEY, label="Leadgate company key", type="text", unique=True),)
_MOST_DIGITS = 14  # milliseconds until the year 5138
READ = [
    "email",
    "hs_additional_emails",
    KEY,
    *OWN.changed(),
    "lifecyclestage",
    "firstname",
    "lastname",
    "jobtitle",
    "phone",
    "city",
    "state",
    "country",
    "company",
    "associatedcompanyid",
    "hs_email_optout",
    "hs_email_bounce",
    "hs_email_hard_bounce_reason_enum",
    "hs_sales_email_last_replied",
    "notes_last_contacted",
    "lastmodifieddate",
]


def person(item: Any) -> Thing:
    """A contact of an answer, of which everything can be read. Raises ValueError."""
    found = thing(item)
    contact_of(found)
    return found


def heard(item: Any) -> Thing:
    """A contact of a feed: as much of it as can be read. Raises ValueError if that is nothing."""
    try:
        return person(item)
    except ValueError:
        ident = member(item, "id")
        return in_part(
            "HubSpot",
            ident,
            member(item, "properties"),
            lambda some: person({"id": ident, "properties": some}),
        )


def contact_of(found: Thing) -> Contact:
    """A contact out of an object with the READ properties.

    Raises ValueError for one that can't be read.
    """
    p = found.properties
    bounce = str(p.get("hs_email_bounce") or "").casefold()
    return Contact(
        id=found.id,
        email=p.get("email") or "",
        emails=tuple(e for e in (p.get("hs_additional_emails") or "").split(";") if e),
        key=p.get(KEY) or "",
        owner_id=p.get(OWNER) or "",
        lifecycle=p.get("lifecyclestage") or "",
        status=p.get(STATUS) or "",
        company_id=p.get("associatedcompanyid") or "",
        opted_out=str(p.get("hs_email_optout") or "").casefold() == "true",
        bounced=bounce not in {"", "0", "false"} or bool(p.get("hs_email_hard_bounce_reason_enum")),
        replied_at=seconds(p.get("hs_sales_email_last_replied")),
        contacted_at=seconds(p.get("notes_last_contacted")),
        changed_at=seconds(p.get("lastmodifieddate")),
    )


def properties_of(write: ContactWrite, held: Mapping[str, str | None] | None) -> dict[str, str]:
    """Our properties, and the blanks we can fill; what `held` already says stays."""
    wanted = {
        "firstname": write.first_name,
        "lastname": write.last_name,
        "jobtitle": write.title,
        "phone": write.phone,
        "city": write.city,
        "state": write.state,
        "country": write.country,
        "company": write.company,
    }
    kept = held or {}
    blanks = {name: value for name, value in wanted.items() if value and not kept.get(name)}
    blanks |= {
        n: text_of(v) for n, v in write.more.items() if n in write.overwrite or not kept.get(n)
    }
    own = {KEY: write.key, LEAD: write.lead_id}
    if kept.get(KEY):
        own.pop(KEY)
    if held is None or (write.known_id and write.emails[0] not in _addresses(kept)):
        own["email"] = write.emails[0]  # new, or the person's address has changed
    return {**blanks, **own}


def owner_properties(write: OwnerWrite, owner_id: str) -> dict[str, str]:
    """What an assignment sets; the owner only where there is one to set."""
    return {n: text_of(v) for n, v in OWN.assignment(write).items()} | (
        {OWNER: owner_id} if owner_id else {}
    )


def text_of(value: Any) -> str:
    """A value as HubSpot takes it: everything travels as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _addresses(properties: Mapping[str, str | None]) -> set[str]:
    return {
        e
        for e in [
            properties.get("email") or "",
            *(properties.get("hs_additional_emails") or "").split(";"),
        ]
        if e
    }


def company_of(found: Thing) -> Account:
    """A company out of an object with the COMPANY_READ properties."""
    p = found.properties
    return Account(
        id=found.id,
        name=p.get("name") or "",
        domain=p.get("domain") or "",
        owner_id=p.get(OWNER) or "",
        parent_id=p.get("hs_parent_company_id") or "",
    )


def owner_of(found: OwnerRow, *, archived: bool) -> Owner:
    """An owner; deactivated users come without a userId, or archived
    (docs/design/vendors.md HubSpot 1.4)."""
    active = not archived and not found.archived and found.userId is not None
    user = str(found.userId) if active else ""
    teams = tuple(team.name for team in found.teams or () if team.name)
    return Owner(
        id=found.id, email=(found.email or "").casefold(), active=active, teams=teams, user_id=user
    )


def seconds(value: str | None) -> float:
    """Seconds of HubSpot's ISO text or epoch milliseconds; 0 for none.

    Raises ValueError for anything else.
    """
    if not value:
        return 0.0
    if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        return int(value) / 1000.0
    return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()


def iso(at: float) -> str:
    """HubSpot's ISO text of a time."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

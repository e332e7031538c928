"""Conversion between the CRM contract's records and HubSpot's properties, all of which are text."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.core.answers import in_part, member
from connectors.core.contact_writes import replaceable
from connectors.core.crm import Account, Contact, ContactWrite, Owner, OwnerWrite
from connectors.core.crm_properties import LeadgateProperties
from connectors.core.fields import Field
from connectors.core.lawful_basis import BasisProperties
from connectors.hubspot.forms import HubSpotObject, OwnerRow, read_object

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
    title="leadgate_title",
    seniority="leadgate_seniority",
    function="leadgate_function",
    company="leadgate_company",
)
KEY, OWNER, STATUS = OWN.key, OWN.owner, OWN.status
COMPANY_KEY = "leadgate_company_key"
CONTACT_FIELDS = OWN.fields()
#: Values and dashes as HubSpot defines them (docs/design/vendors.md HubSpot 1.10).
BASIS = BasisProperties(
    basis=Field(name="hs_legal_basis", label="Legal basis for processing", type="choice"),
    source=Field(name="leadgate_source", label="Leadgate source", type="text"),
    words={
        "legitimate_interest": "Legitimate interest \N{EN DASH} prospect/lead",
        "existing_customer": "Legitimate interest \N{EN DASH} existing customer",
        "contract": "Performance of a contract",
        "consent": "Freely given consent from contact",
        "not_applicable": "Not applicable",
    },
    basis_is_ours=False,
)
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


def person(item: Any) -> HubSpotObject:
    """A contact of an answer, of which everything can be read. Raises ValueError."""
    found = read_object(item)
    contact_of(found)
    return found


def person_in_part(item: Any) -> HubSpotObject:
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


def contact_of(found: HubSpotObject) -> Contact:
    """A contact out of an object with the READ properties.

    Raises ValueError for one that can't be read.
    """
    p = found.properties
    bounce = str(p.get("hs_email_bounce") or "").casefold()
    return Contact(
        id=found.id,
        email=p.get("email") or "",
        emails=_further_emails(p),
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


def described(write: ContactWrite) -> dict[str, str]:
    """The properties that describe the person, '' for what isn't known."""
    return {
        "firstname": write.first_name,
        "lastname": write.last_name,
        "jobtitle": write.title,
        "phone": write.phone,
    }


def properties_of(write: ContactWrite, held: Mapping[str, str | None] | None) -> dict[str, str]:
    """Our properties, the blanks we can fill, and what is as we wrote it; what else `held` has
    stays."""
    own = described(write)
    filled = {
        "city": write.city,
        "state": write.state,
        "country": write.country,
        "company": write.company,
    }
    there = held or {}
    replaced = replaceable(write, own, there)
    given: dict[str, str] = {}
    for name, value in (own | filled).items():
        if value and (name in replaced or not there.get(name)):
            given[name] = value
    for name, more in write.more.items():
        if name in write.overwrite or not there.get(name):
            given[name] = text_of(more)
    if not there.get(KEY):
        given[KEY] = write.key
    given |= OWN.description(write)
    moved = write.known_id and not write.keeps_emails
    if held is None or (moved and write.emails[0] not in _addresses(there)):
        given["email"] = write.emails[0]  # new, or the person's address has changed
    return given


def is_other_person(write: ContactWrite, existing: HubSpotObject) -> bool:
    """Whether the contact is of a person that we know by another key: its main address isn't among
    this person's."""
    if write.known_id:
        return False
    main = existing.text("email")
    return bool(main) and main not in write.emails and existing.text(KEY) != write.key


def what_was_written(
    sent: Mapping[str, str], held: Mapping[str, str | None] | None, shown: HubSpotObject
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What a write changed, by HubSpot's answer to it, and a line for each property that was left.

    HubSpot answers 200 and keeps what it has where a lifecycle stage would go back
    (docs/design/vendors.md HubSpot 1.1). A property that the answer doesn't show was written.
    """
    wrote: dict[str, str] = {}
    left: list[str] = []
    for name, value in sent.items():
        now = shown.text(name) if name in shown.properties else value
        before = (held or {}).get(name) or ""
        if now == before != value:
            left.append(f"{name}: HubSpot has kept what was there")
        else:
            wrote[name] = now
    return wrote, tuple(left)


def owner_properties(write: OwnerWrite, owner_id: str) -> dict[str, str]:
    """What an assignment sets; the owner only where there is one to set."""
    properties = {name: text_of(value) for name, value in OWN.assignment(write).items()}
    if owner_id:
        properties[OWNER] = owner_id
    return properties


def values(held: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Properties under these names, None where unset or blank."""
    return {name: held.get(name) or None for name in names}


def text_of(value: Any) -> str:
    """A value as HubSpot takes it: everything travels as text."""
    text = str(value)
    return text.lower() if isinstance(value, bool) else text


def _further_emails(properties: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(filter(None, (properties.get("hs_additional_emails") or "").split(";")))


def _addresses(properties: Mapping[str, str | None]) -> set[str]:
    return {*filter(None, (properties.get("email"), *_further_emails(properties)))}


def company_of(found: HubSpotObject) -> Account:
    """A company out of an object with the COMPANY_READ properties."""
    return Account(
        id=found.id,
        name=found.text("name"),
        domain=found.text("domain"),
        owner_id=found.text(OWNER),
        parent_id=found.text("hs_parent_company_id"),
    )


def owner_of(found: OwnerRow, *, archived: bool) -> Owner:
    """An owner; deactivated users come without a userId, or archived
    (docs/design/vendors.md HubSpot 1.4)."""
    active = not archived and not found.archived and found.userId is not None
    return Owner(
        id=found.id,
        email=(found.email or "").casefold(),
        active=active,
        teams=found.team_names,
        user_id=str(found.userId) if active else "",
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

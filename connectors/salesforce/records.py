"""Between the CRM contract's records and Salesforce's fields.

A person is a Lead until somebody converts it, then a Contact.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.core.answers import checked, in_part, member, read
from connectors.core.crm import Account, Contact, ContactWrite, OwnerWrite
from connectors.core.crm_properties import LeadgateProperties
from connectors.core.fields import Field
from connectors.salesforce.forms import AccountRow, PersonRow

OWN = LeadgateProperties(
    owner="OwnerId",
    key="Leadgate_Key__c",
    lead="Leadgate_Lead__c",
    score="Leadgate_Score__c",
    status="Leadgate_Status__c",
    intent="Leadgate_Intent__c",
    engagement="Leadgate_Engagement__c",
    sequence="Leadgate_Sequence__c",
    reasons="Leadgate_Reasons__c",
)
KEY, LEAD, STATUS, EMAILS = OWN.key, OWN.lead, OWN.status, "Leadgate_Emails__c"
EFFECT, DUE = "Leadgate_Effect__c", "Leadgate_Due__c"
_PERSON = (*OWN.fields(), Field(name=EMAILS, label="Leadgate further addresses", type="text"))
_ACTIVITY = (
    Field(name=EFFECT, label="Leadgate effect", type="text"),
    Field(name=DUE, label="Leadgate due", type="moment"),
)
#: Added fields by the object that is described; an activity's are defined on Activity.
FIELDS: dict[str, tuple[Field, ...]] = {"Lead": _PERSON, "Contact": _PERSON, "Task": _ACTIVITY}
IDENTITY = frozenset(
    {
        KEY,
        EMAILS,
        "Email",
        "FirstName",
        "LastName",
        "Title",
        "Phone",
        "City",
        "State",
        "Country",
        "Company",
        "LeadSource",
    }
    | {"Website", "NumberOfEmployees", "MailingCity", "MailingState", "MailingCountry"}
    | {"CountryCode", "StateCode", "MailingCountryCode", "MailingStateCode"}
)

_MOST_TEXT = 255
DEFINED_ON = {"Task": "Activity"}
NEEDED = {
    "Lead": ("HasOptedOutOfEmail", "EmailBouncedDate"),
    "Contact": ("HasOptedOutOfEmail", "EmailBouncedDate"),
    "Task": (),
}

_SHARED = ("Id", "Email", "FirstName", "LastName", "Title", "Phone", KEY, EMAILS, *OWN.changed())
_HEARD = ("HasOptedOutOfEmail", "EmailBouncedDate", "SystemModstamp")
READ = {
    "Lead": (
        *_SHARED,
        *_HEARD,
        "Company",
        "City",
        "State",
        "Country",
        "IsConverted",
        "ConvertedContactId",
    ),
    "Contact": (
        *_SHARED,
        *_HEARD,
        "AccountId",
        "Account.Type",
        "MailingCity",
        "MailingState",
        "MailingCountry",
    ),
}
_LENGTHS = {
    "FirstName": 40,
    "LastName": 80,
    "Title": 128,
    "Phone": 40,
    "City": 40,
    "MailingCity": 40,
    "Company": 255,
}
# what Salesforce's own imports write into a required field that nobody knows
_UNKNOWN = "[not provided]"


def object_of(ident: str) -> str:
    """Lead or Contact, by the id's first three characters."""
    return "Contact" if ident.startswith("003") else "Lead"


def person(item: Any) -> dict[str, Any]:
    """A lead or a contact of an answer, of which everything can be read. Raises ValueError."""
    found = checked(item, PersonRow)
    contact_of(found)
    return found


def heard(item: Any) -> dict[str, Any]:
    """A person of a feed: as much of it as can be read. Raises ValueError if that is nothing."""
    try:
        return person(item)
    except ValueError:
        ident = member(item, "Id")
        return in_part("Salesforce", ident, item, lambda some: person({**some, "Id": ident}))


def contact_of(found: dict[str, Any], me: str = "") -> Contact:
    """A person out of a record with the READ fields.

    What the integration user owns, nobody does.
    """
    owner, email = found.get("OwnerId") or "", found.get("Email") or ""
    account = (found.get("Account") or {}).get("Type") or ""
    return Contact(
        id=found["Id"],
        email=email,
        emails=tuple(e for e in (found.get(EMAILS) or "").split(";") if e and e != email),
        key=found.get(KEY) or "",
        owner_id="" if owner == me else owner,
        lifecycle="customer" if account.casefold().startswith("customer") else "",
        status=found.get(STATUS) or "",
        company_id=found.get("AccountId") or "",
        opted_out=bool(found.get("HasOptedOutOfEmail")),
        bounced=bool(found.get("EmailBouncedDate")),
        changed_at=seconds(found.get("SystemModstamp")),
    )


def fields_of(
    write: ContactWrite, kind: str, held: dict[str, Any] | None, place: Mapping[str, str]
) -> dict[str, Any]:
    """Our fields, and the blanks we can fill; what `held` already says stays.

    `place`: see places.place_of.
    """
    wanted: dict[str, Any] = {
        "FirstName": write.first_name,
        "LastName": write.last_name,
        "Title": write.title,
        "Phone": write.phone,
        **place,
    }
    if kind == "Lead":
        wanted["Company"] = write.company or write.domain
    kept = held or {}
    fields = {
        n: v[: _LENGTHS.get(n, 255)]
        for n, v in wanted.items()
        if v and kept.get(n) in (None, "", _UNKNOWN)
    }
    fields |= {
        n: v
        for n, v in more_of(write, kind).items()
        if n in write.overwrite or kept.get(n) in (None, "")
    }
    fields[LEAD] = write.lead_id
    if not kept.get(KEY):
        fields[KEY] = write.key
    if held is None:
        fields |= _new(write)
    elif write.known_id and write.emails[0] != kept.get("Email"):
        fields["Email"] = write.emails[0]  # the person's address has changed
    return fields | _further(write, kept)


def more_of(write: ContactWrite, kind: str) -> dict[str, Any]:
    """The mapped fields that an object has: a lead's standard ones are no contact's, our mapping's
    own are on both."""
    return {n: v for n, v in write.more.items() if kind == "Lead" or n.endswith("__c")}


def is_field(name: str, kind: str) -> bool:
    """Whether an object may have a field that stands on one of the two, so that a query may name
    it."""
    return (
        kind == "Lead" or name in READ[kind] or name.endswith("__c") or name.startswith("Mailing")
    )


def owner_fields(write: OwnerWrite, owner_id: str) -> dict[str, Any]:
    """What an assignment sets; the owner only where there is one to set."""
    return OWN.assignment(write) | ({OWN.owner: owner_id} if owner_id else {})


def _new(write: ContactWrite) -> dict[str, Any]:
    """What only a new lead gets: the fields that Salesforce requires, and firmographics."""
    required = {
        "LastName": write.last_name or _UNKNOWN,
        "Company": write.company or write.domain or _UNKNOWN,
    }
    firm = {"Website": write.domain, "NumberOfEmployees": write.employees or None}
    given = {name: value for name, value in firm.items() if value}
    return {
        **{n: v[: _LENGTHS[n]] for n, v in required.items()},
        "Email": write.emails[0],
        "LeadSource": "Apollo",
        **given,
    }


def _further(write: ContactWrite, kept: dict[str, Any]) -> dict[str, str]:
    """The person's further addresses, earlier ones too: Salesforce has one field for one
    address."""
    main = write.emails[0] if write.known_id or not kept else kept.get("Email") or ""
    before = [e for e in (kept.get(EMAILS) or "").split(";") if e]
    known = dict.fromkeys([*before, *([kept["Email"]] if kept.get("Email") else []), *write.emails])
    further = ";".join(e for e in known if e != main)
    while len(further) > _MOST_TEXT:
        further = further.partition(";")[2]
    return {EMAILS: further} if further != (kept.get(EMAILS) or "") else {}


def seconds(value: Any) -> float:
    """Seconds of Salesforce's time text; 0 for none. Raises ValueError."""
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp() if value else 0.0


def company_of(item: Any, me: str) -> Account:
    """A company out of an account.

    What the integration user owns, nobody does. Raises ValueError.
    """
    found = read(item, AccountRow)
    owner = found.OwnerId or ""
    return Account(
        id=found.Id,
        name=found.Name or "",
        domain=found.Website or "",
        owner_id="" if owner == me else owner,
        parent_id=found.ParentId or "",
    )

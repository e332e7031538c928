"""Between the CRM contract's records and Zoho's fields.

A person is a lead until somebody converts it, then a contact.

Ids of both modules are alike, so a contact's id is told with its module before it:
`Contacts:554…`.
"""

import re
from datetime import datetime
from typing import Any

from connectors.core.answers import checked, in_part, member, read
from connectors.core.crm import Account, Contact, ContactWrite, OwnerWrite
from connectors.core.crm_properties import LeadgateProperties
from connectors.core.fields import Field
from connectors.zoho.forms import AccountRow, PersonRow
from leads.records import Change

OWN = LeadgateProperties(
    owner="Owner",
    key="Leadgate_key",
    lead="Leadgate_lead",
    score="Leadgate_score",
    status="Leadgate_status",
    intent="Leadgate_intent",
    engagement="Leadgate_engagement_score",
    sequence="Leadgate_sequence",
    reasons="Leadgate_reasons",
    sequence_label="Leadgate sequence",  # Zoho makes the name of the label
)
KEY, LEAD, STATUS = OWN.key, OWN.lead, OWN.status
BOUNCED, REPLIED = "Leadgate_bounced", "Leadgate_replied"
EFFECT, DUE = "Leadgate_effect", "Leadgate_due"
_PERSON = (
    *OWN.fields(),
    Field(name=BOUNCED, label="Leadgate bounced", type="flag"),
    Field(name=REPLIED, label="Leadgate replied", type="moment"),
)
_TASK = (
    Field(name=EFFECT, label="Leadgate effect", type="text"),
    Field(name=DUE, label="Leadgate due", type="moment"),
)
#: Added fields by module, under the api names that Zoho makes of their labels.
FIELDS: dict[str, tuple[Field, ...]] = {"Leads": _PERSON, "Contacts": _PERSON, "Tasks": _TASK}
IDENTITY = frozenset(
    {
        KEY,
        "Email",
        "Secondary_Email",
        "First_Name",
        "Last_Name",
        "Designation",
        "Title",
        "Phone",
        "Company",
        "Lead_Source",
    }
    | {
        "City",
        "State",
        "Country",
        "Mailing_City",
        "Mailing_State",
        "Mailing_Country",
        "Website",
        "No_of_Employees",
    }
)

_SHARED = (
    "Email",
    "Secondary_Email",
    "First_Name",
    "Last_Name",
    "Phone",
    "Email_Opt_Out",
    "Modified_Time",
)
_OURS = (KEY, BOUNCED, REPLIED, *OWN.changed())
READ = {
    "Leads": (*_SHARED, *_OURS, "Designation", "Company", "City", "State", "Country"),
    "Contacts": (
        *_SHARED,
        *_OURS,
        "Title",
        "Account_Name",
        "Mailing_City",
        "Mailing_State",
        "Mailing_Country",
    ),
}
ACCOUNT_READ = ("Account_Name", "Website", "Owner", "Parent_Account")
_LENGTHS = {
    "First_Name": 40,
    "Last_Name": 80,
    "Company": 200,
    "Designation": 100,
    "Title": 100,
    "Phone": 30,
}
_UNKNOWN = "[not provided]"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CONTACTS = "Contacts:"


def module_of(ident: str) -> str:
    """Leads or Contacts."""
    return "Contacts" if ident.startswith(_CONTACTS) else "Leads"


def number_of(ident: str) -> str:
    """The id as Zoho knows it."""
    return ident.removeprefix(_CONTACTS)


def ident_of(module: str, number: str) -> str:
    """The id as Leadgate keeps it."""
    return f"{_CONTACTS if module == 'Contacts' else ''}{number}"


def owner_of(found: dict[str, Any]) -> str:
    """The owner's id."""
    return str((found.get("Owner") or {}).get("id") or "")


def person(module: str, item: Any) -> dict[str, Any]:
    """A lead or a contact of an answer, of which everything can be read. Raises ValueError."""
    found = checked(item, PersonRow)
    contact_of(module, found)
    return found


def heard(module: str, item: Any) -> dict[str, Any]:
    """A person of a feed: as much of it as can be read. Raises ValueError if that is nothing."""
    try:
        return person(module, item)
    except ValueError:
        ident = member(item, "id")
        return in_part("Zoho", ident, item, lambda some: person(module, {**some, "id": ident}))


def contact_of(module: str, found: dict[str, Any], me: str = "") -> Contact:
    """A person out of a record with the READ fields.

    What the integration user owns, nobody does.
    """
    owner, other = owner_of(found), found.get("Secondary_Email") or ""
    kind = str(found.get("Account_Name.Account_Type") or "").casefold()
    return Contact(
        id=ident_of(module, str(found["id"])),
        email=found.get("Email") or "",
        emails=(other,) if other else (),
        key=found.get(KEY) or "",
        owner_id="" if owner == me else owner,
        lifecycle="customer" if kind.startswith("customer") else "",
        status=found.get(STATUS) or "",
        company_id=str((found.get("Account_Name") or {}).get("id") or ""),
        opted_out=bool(found.get("Email_Opt_Out")),
        bounced=bool(found.get(BOUNCED)),
        replied_at=seconds(found.get(REPLIED)),
        changed_at=seconds(found.get("Modified_Time")),
    )


def fields_of(write: ContactWrite, module: str, held: dict[str, Any] | None) -> dict[str, Any]:
    """Our fields, and the blanks we can fill; what `held` already says stays."""
    lead = module == "Leads"
    place = (
        ("City", "State", "Country")
        if lead
        else ("Mailing_City", "Mailing_State", "Mailing_Country")
    )
    wanted = {
        "First_Name": write.first_name,
        "Last_Name": write.last_name,
        "Designation" if lead else "Title": write.title,
        "Phone": write.phone,
        **({"Company": write.company or write.domain} if lead else {}),
        **dict(zip(place, (write.city, write.state, write.country), strict=True)),
    }
    kept = held or {}
    fields: dict[str, Any] = {
        n: v[: _LENGTHS.get(n, 100)]
        for n, v in wanted.items()
        if v and kept.get(n) in (None, "", _UNKNOWN)
    }
    fields |= {
        n: value_of(v)
        for n, v in write.more.items()
        if n in write.overwrite or kept.get(n) in (None, "")
    }
    fields[LEAD] = write.lead_id
    if not kept.get(KEY):
        fields[KEY] = write.key
    if held is None:
        fields |= _new(write)
    elif write.known_id and write.emails[0] not in {kept.get("Email"), kept.get("Secondary_Email")}:
        # the person's address has changed
        fields |= {"Email": write.emails[0], "Secondary_Email": kept.get("Email")}
    return fields


def value_of(value: Any) -> Any:
    """A mapped value as Zoho takes it: a moment with an offset, for Z is not understood
    (docs/design/vendors.md Zoho 7.15)."""
    return f"{value[:-1]}+00:00" if isinstance(value, str) and _MOMENT.fullmatch(value) else value


def owner_fields(write: OwnerWrite, owner_id: str) -> dict[str, Any]:
    """What an assignment sets; the owner only where there is one to set."""
    return OWN.assignment(write) | ({OWN.owner: {"id": owner_id}} if owner_id else {})


def change_of(ident: str, wrote: dict[str, Any], held: dict[str, Any] | None) -> Change:
    """See Own.change. A field that names a record is told by the record's id."""
    shown, kept = {name: plain(value) for name, value in wrote.items()}, held or {}
    return OWN.change(
        ident, shown, {name: plain(kept.get(name)) for name in (*wrote, *OWN.changed())}
    )


def plain(value: Any) -> Any:
    """A value without what Zoho tells about it beside."""
    return {"id": str(value["id"])} if isinstance(value, dict) and "id" in value else value


def company_of(item: Any, me: str) -> Account:
    """A company out of a record with the ACCOUNT_READ fields.

    What we own, nobody does. Raises ValueError.
    """
    found = read(item, AccountRow)
    owner = found.Owner.id if found.Owner else ""
    return Account(
        id=found.id,
        name=found.Account_Name or "",
        domain=found.Website or "",
        owner_id="" if owner == me else owner,
        parent_id=found.Parent_Account.id if found.Parent_Account else "",
    )


def _new(write: ContactWrite) -> dict[str, Any]:
    required = {
        "Last_Name": write.last_name or _UNKNOWN,
        "Company": write.company or write.domain or _UNKNOWN,
    }
    other = next((e for e in write.emails[1:] if e), None)
    firm = {
        "Website": write.domain,
        "No_of_Employees": write.employees or None,
        "Secondary_Email": other,
    }
    given = {name: value for name, value in firm.items() if value}
    return {
        **{n: v[: _LENGTHS[n]] for n, v in required.items()},
        "Email": write.emails[0],
        "Lead_Source": "Apollo",
        **given,
    }


def seconds(value: Any) -> float:
    """Seconds of Zoho's time text; 0 for none."""
    return datetime.fromisoformat(str(value)).timestamp() if value else 0.0

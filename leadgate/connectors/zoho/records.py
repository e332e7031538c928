"""Between the CRM contract's records and Zoho's fields. A person is a lead until somebody converts it, then a contact.

Ids of both modules are alike, so a contact's id is told with its module before it: `Contacts:554…`.
"""

from datetime import datetime
from typing import Any

from leadgate.connectors.contract import Contact, ContactWrite

KEY, LEAD, SCORE, STATUS = "Leadgate_key", "Leadgate_lead", "Leadgate_score", "Leadgate_status"
BOUNCED, REPLIED = "Leadgate_bounced", "Leadgate_replied"
EFFECT, DUE = "Leadgate_effect", "Leadgate_due"


def _text(label: str, *, unique: bool = False) -> dict[str, Any]:
    more = {"unique": {"case_sensitive": False}} if unique else {}
    return {"field_label": label, "data_type": "text", "length": 100, **more}


_PERSON = {
    KEY: _text("Leadgate key", unique=True),
    LEAD: _text("Leadgate lead"),
    SCORE: {"field_label": "Leadgate score", "data_type": "integer"},
    STATUS: _text("Leadgate status"),
    BOUNCED: {"field_label": "Leadgate bounced", "data_type": "boolean"},
    REPLIED: {"field_label": "Leadgate replied", "data_type": "datetime"},
}
#: Added fields by module, under the api names that Zoho makes of their labels.
FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "Leads": _PERSON,
    "Contacts": _PERSON,
    "Tasks": {EFFECT: _text("Leadgate effect"), DUE: {"field_label": "Leadgate due", "data_type": "datetime"}},
}
_SHARED = ("Email", "Secondary_Email", "First_Name", "Last_Name", "Phone", "Owner", "Email_Opt_Out", "Modified_Time")
_OURS = (KEY, STATUS, BOUNCED, REPLIED)
READ = {
    "Leads": (*_SHARED, *_OURS, "Designation", "Company", "City", "State", "Country"),
    "Contacts": (*_SHARED, *_OURS, "Title", "Account_Name", "Mailing_City", "Mailing_State", "Mailing_Country"),
}
_LENGTHS = {"First_Name": 40, "Last_Name": 80, "Company": 200, "Designation": 100, "Title": 100, "Phone": 30}
_UNKNOWN = "[not provided]"
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


def contact_of(module: str, found: dict[str, Any], me: str = "") -> Contact:
    """A person out of a record with the READ fields. What the integration user owns, nobody does."""
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
    place = ("City", "State", "Country") if lead else ("Mailing_City", "Mailing_State", "Mailing_Country")
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
        n: v[: _LENGTHS.get(n, 100)] for n, v in wanted.items() if v and kept.get(n) in {None, "", _UNKNOWN}
    }
    fields[LEAD] = write.lead_id
    if not kept.get(KEY):
        fields[KEY] = write.key
    if held is None:
        fields |= _new(write)
    elif write.known_id and write.emails[0] not in {kept.get("Email"), kept.get("Secondary_Email")}:
        fields |= {"Email": write.emails[0], "Secondary_Email": kept.get("Email")}  # the person's address has changed
    return fields


def _new(write: ContactWrite) -> dict[str, Any]:
    required = {"Last_Name": write.last_name or _UNKNOWN, "Company": write.company or write.domain or _UNKNOWN}
    other = next((e for e in write.emails[1:] if e), None)
    firm = {"Website": write.domain, "No_of_Employees": write.employees or None, "Secondary_Email": other}
    given = {name: value for name, value in firm.items() if value}
    return {**{n: v[: _LENGTHS[n]] for n, v in required.items()}, "Email": write.emails[0], "Lead_Source": "Apollo", **given}


def seconds(value: Any) -> float:
    """Seconds of Zoho's time text; 0 for none."""
    return datetime.fromisoformat(str(value)).timestamp() if value else 0.0

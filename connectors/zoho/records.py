"""Conversion between the CRM contract's records and Zoho's fields.

A person is a lead until somebody converts it, then a contact. Ids of both modules look alike, so a
contact's id has its module before it: `Contacts:554…`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.core.answers import checked, in_part, member, read
from connectors.core.crm import Account, Contact
from connectors.core.crm_properties import LeadgateProperties
from connectors.core.fields import Field
from connectors.core.lawful_basis import WORDS, BasisProperties
from connectors.zoho.forms import AccountRow, PersonRow, Ref

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
    title="Leadgate_title",
    seniority="Leadgate_seniority",
    function="Leadgate_function",
    company="Leadgate_company",
    sequence_label="Leadgate sequence",  # Zoho makes the name of the label
)
BASIS = BasisProperties(
    basis=Field(name="Leadgate_lawful_basis", label="Leadgate lawful basis", type="text"),
    source=Field(name="Leadgate_source", label="Leadgate source", type="text"),
    words=WORDS,
    basis_is_ours=True,
)
KEY, STATUS = OWN.key, OWN.status
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
_CONTACTS = "Contacts:"


def module_of(ident: str) -> str:
    """Leads or Contacts."""
    return "Contacts" if ident.startswith(_CONTACTS) else "Leads"


def number_of(ident: str) -> str:
    """The id as Zoho knows it."""
    return ident.removeprefix(_CONTACTS)


def ident_of(module: str, number: str) -> str:
    """The id as Leadgate stores it."""
    return _CONTACTS + number if module == "Contacts" else number


def by_module(idents: Iterable[str]) -> dict[str, list[str]]:
    """Zoho's ids by module."""
    numbers: dict[str, list[str]] = {}
    for ident in idents:
        numbers.setdefault(module_of(ident), []).append(number_of(ident))
    return numbers


def owner_of(found: dict[str, Any]) -> str:
    """The owner's id."""
    return str((found.get("Owner") or {}).get("id") or "")


def person(module: str, item: Any) -> dict[str, Any]:
    """A lead or a contact of an answer, of which everything can be read. Raises ValueError."""
    found = checked(item, PersonRow)
    created_at(found)
    contact_of(module, found)
    return found


def created_at(found: Mapping[str, Any]) -> float:
    """When a record was made, in seconds; 0 if it isn't said. Raises ValueError."""
    return seconds(found.get("Created_Time"))


def person_in_part(module: str, item: Any) -> dict[str, Any]:
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
    owner = owner_of(found)
    kind = str(found.get("Account_Name.Account_Type") or "").casefold()
    return Contact(
        id=ident_of(module, str(found["id"])),
        email=found.get("Email") or "",
        emails=tuple(filter(None, (found.get("Secondary_Email"),))),
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


def values(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A record's values under these names, each as `plain` has it, None where unset."""
    return {name: plain(record.get(name)) for name in names}


def plain(value: Any) -> Any:
    """A value without what Zoho adds to it; of a record its id alone."""
    if isinstance(value, dict) and "id" in value:
        return {"id": str(value["id"])}
    return value


def company_of(item: Any, me: str) -> Account:
    """A company out of a record with the ACCOUNT_READ fields.

    What we own, nobody does. Raises ValueError.
    """
    found = read(item, AccountRow)
    owner = id_of(found.Owner)
    return Account(
        id=found.id,
        name=found.Account_Name or "",
        domain=found.Website or "",
        owner_id="" if owner == me else owner,
        parent_id=id_of(found.Parent_Account),
    )


def id_of(found: Ref | None) -> str:
    """The id of a record or user that a field names, '' for an empty field."""
    return found.id if found is not None else ""


def seconds(value: Any) -> float:
    """Seconds of Zoho's time text; 0 for none. Raises ValueError for anything else."""
    if not value:
        return 0.0
    return datetime.fromisoformat(str(value)).timestamp()

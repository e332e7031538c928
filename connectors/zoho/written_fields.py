"""The fields that Leadgate writes to Zoho's people."""

import re
from typing import Any

from connectors.core.contact_writes import replaceable
from connectors.core.crm import ContactWrite, OwnerWrite
from connectors.zoho import records
from leads.records import Change

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


def fields_of(write: ContactWrite, module: str, held: dict[str, Any] | None) -> dict[str, Any]:
    """Our fields, the blanks we can fill, and what is as we wrote it; what else `held` has
    stays."""
    there, own = held or {}, described(write, module)
    replaced = replaceable(write, own, there)
    fields: dict[str, Any] = {}
    for name, value in (own | _filled(write, module)).items():
        if value and (name in replaced or there.get(name) in (None, "", _UNKNOWN)):
            fields[name] = value[: _LENGTHS.get(name, 100)]
    for name, more in write.more.items():
        if name in write.overwrite or there.get(name) in (None, ""):
            fields[name] = value_of(more)
    fields |= records.OWN.description(write)
    if not there.get(records.KEY):
        fields[records.KEY] = write.key
    if held is None:
        return fields | _new(write)
    known = {there.get("Email"), there.get("Secondary_Email")}
    moved = write.known_id and not write.keeps_emails
    if moved and write.emails[0] not in known:
        # the person's address has changed
        fields |= {"Email": write.emails[0], "Secondary_Email": there.get("Email")}
    return fields


def described(write: ContactWrite, module: str) -> dict[str, str]:
    """The fields that describe the person, by the names that they have in a module, as they are
    cut; '' for what isn't known."""
    own = {
        "First_Name": write.first_name,
        "Last_Name": write.last_name,
        "Phone": write.phone,
        "Designation" if module == "Leads" else "Title": write.title,
    }
    return {name: value[: _LENGTHS[name]] for name, value in own.items()}


def _filled(write: ContactWrite, module: str) -> dict[str, str]:
    """The fields that only fill blanks."""
    prefix = "" if module == "Leads" else "Mailing_"
    place = {
        f"{prefix}City": write.city,
        f"{prefix}State": write.state,
        f"{prefix}Country": write.country,
    }
    if module == "Leads":
        place["Company"] = write.company or write.domain
    return place


def _new(write: ContactWrite) -> dict[str, Any]:
    """The further fields of a new lead."""
    company = write.company or write.domain or _UNKNOWN
    fields: dict[str, Any] = {
        "Last_Name": (write.last_name or _UNKNOWN)[: _LENGTHS["Last_Name"]],
        "Company": company[: _LENGTHS["Company"]],
        "Email": write.emails[0],
        "Lead_Source": "Apollo",
    }
    if write.domain:
        fields["Website"] = write.domain
    if write.employees:
        fields["No_of_Employees"] = write.employees
    if others := [*filter(None, write.emails[1:])]:
        fields["Secondary_Email"] = others[0]
    return fields


def value_of(value: Any) -> Any:
    """A mapped value as Zoho takes it: a moment with an offset, for Z is not understood
    (docs/design/vendors.md Zoho 7.15)."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{value[:-1]}+00:00"
    return value


def owner_fields(write: OwnerWrite, owner_id: str) -> dict[str, Any]:
    """What an assignment sets; the owner only where there is one to set."""
    fields = records.OWN.assignment(write)
    if owner_id:
        fields[records.OWN.owner] = {"id": owner_id}
    return fields


def change_of(ident: str, wrote: dict[str, Any], held: dict[str, Any] | None) -> Change:
    """See LeadgateProperties.change. A field that names a record stands by the record's id."""
    before = held or {}
    return records.OWN.change(
        ident,
        records.values(wrote, wrote),
        records.values(before, (*wrote, *records.OWN.changed())),
    )

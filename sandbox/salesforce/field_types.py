"""Types of standard and added fields, and what a picklist holds.

Source: the object reference; of a standard picklist the values that a new org has. These picklists
aren't restricted: an API call may write another value.
"""

from typing import Any

from sandbox.salesforce.schema import BOOLEAN, DATETIME, REFERENCES
from sandbox.store import Thing

ADDED = {
    "Text": "string",
    "LongTextArea": "longtextarea",
    "Number": "double",
    "Date": "date",
    "DateTime": "datetime",
    "Checkbox": "boolean",
    "Picklist": "picklist",
}
_STANDARD = {
    "Id": "id",
    "Email": "email",
    "Phone": "phone",
    "MobilePhone": "phone",
    "Website": "url",
    "ActivityDate": "date",
    "LastActivityDate": "date",
    "CloseDate": "date",
    "NumberOfEmployees": "int",
    "DurationInMinutes": "int",
    "Description": "longtextarea",
    "Body": "longtextarea",
    **dict.fromkeys(DATETIME, "datetime"),
    **dict.fromkeys(BOOLEAN, "boolean"),
}
PICKLISTS = {
    "Lead.Status": "Open - Not Contacted;Working - Contacted;Closed - Converted;Closed - Not Converted",
    "Lead.Rating": "Hot;Warm;Cold",
    "Lead.LeadSource": "Web;Phone Inquiry;Partner Referral;Purchased List;Other",
    "Contact.LeadSource": "Web;Phone Inquiry;Partner Referral;Purchased List;Other",
    "Lead.Industry": "Banking;Manufacturing;Technology;Other",
    "Account.Industry": "Banking;Manufacturing;Technology;Other",
    "Account.Type": "Prospect;Customer - Direct;Customer - Channel;Other",
    "Task.Status": "Not Started;In Progress;Completed;Waiting on someone else;Deferred",
    "Task.Priority": "High;Normal;Low",
    "Task.TaskSubtype": "Task;Email;Call;Cadence;ListEmail;LinkedIn",
    "Opportunity.StageName": "Prospecting;Qualification;Closed Won;Closed Lost",
}


def standard_type(kind: str, name: str) -> str:
    """A standard field's type, as describe names it; longtextarea is a textarea that no query
    filters by."""
    if name in _STANDARD:
        return _STANDARD[name]
    if f"{kind}.{name}" in PICKLISTS:
        return "picklist"
    if name in REFERENCES.values() or name.endswith("Id"):
        return "reference"
    return "string"


def options(metadata: Thing) -> list[str]:
    """The values of an added picklist's definition."""
    definition = (metadata.get("valueSet") or {}).get("valueSetDefinition") or {}
    return [v["fullName"] for v in definition.get("value", [])]


def json_fits(kind: str, value: Any) -> bool:
    """Whether a JSON value is of a field's type; a text stands for a number or a truth value only
    where it reads as one."""
    if kind == "boolean":
        return isinstance(value, bool) or value in {"true", "false"}
    if kind in {"int", "double"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return not isinstance(value, dict | list)

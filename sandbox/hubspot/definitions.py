"""The properties that HubSpot itself defines, of the types that the sandbox has.

A line is: name, type, field type, and `ro` for one that can't be written. Sources: HubSpot's pages
of each object and of default properties; docs/design/vendors.md HubSpot 1.5 and 1.6 (types, what
activities take). The two lists of further addresses are multiple-choice properties whose options
stand nowhere.
"""

from functools import cache
from typing import Any

from sandbox.hubspot.object_types import TYPES

Definition = dict[str, Any]
LIFECYCLE = (
    "subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer evangelist other"
).split()
_OWNED = """
hs_object_id number number ro
hubspot_owner_id enumeration select
"""
_STAMPED = f"""{_OWNED}
createdate datetime date ro
hs_lastmodifieddate datetime date ro
hs_merged_object_ids enumeration checkbox ro
"""
_ACTIVITY = f"""{_OWNED}
hs_createdate datetime date ro
hs_lastmodifieddate datetime date ro
hs_timestamp datetime date
hs_attachment_ids string text
"""
_LINES = {
    "contacts": f"""{_OWNED}
createdate datetime date ro
lastmodifieddate datetime date ro
hs_merged_object_ids enumeration checkbox ro
email string text
hs_additional_emails enumeration checkbox
firstname string text
lastname string text
jobtitle string text
salutation string text
phone string phonenumber
mobilephone string phonenumber
address string text
city string text
state string text
zip string text
country string text
company string text
website string text
industry string text
numemployees enumeration select
lifecyclestage enumeration radio
hs_lead_status enumeration radio
hs_legal_basis enumeration checkbox
hs_email_optout bool booleancheckbox ro
hs_email_bounce number number ro
hs_email_hard_bounce_reason_enum enumeration select ro
hs_sales_email_last_replied datetime date ro
hs_sequences_is_enrolled bool booleancheckbox ro
notes_last_contacted datetime date ro
associatedcompanyid number number ro
""",
    "companies": f"""{_STAMPED}
name string text
domain string text
hs_additional_domains enumeration checkbox
website string text
phone string phonenumber
address string text
city string text
state string text
zip string text
country string text
industry enumeration select
numberofemployees number number
annualrevenue number number
description string textarea
lifecyclestage enumeration radio
hs_lead_status enumeration radio
hs_parent_company_id number number ro
""",
    "deals": f"""{_STAMPED}
dealname string text
dealstage enumeration radio
pipeline enumeration select
amount number number
closedate datetime date
dealtype enumeration radio
description string textarea
hs_is_closed bool booleancheckbox ro
hs_is_closed_won bool booleancheckbox ro
""",
    "tasks": f"""{_ACTIVITY}
hs_task_subject string text
hs_task_body string html
hs_task_status enumeration select
hs_task_priority enumeration select
hs_task_type enumeration select
hs_task_reminders string text
hs_task_completion_date datetime date ro
""",
    "notes": f"{_ACTIVITY}\nhs_note_body string html\n",
    "meetings": f"""{_ACTIVITY}
hs_meeting_title string text
hs_meeting_body string html
hs_internal_meeting_notes string html
hs_meeting_location string text
hs_meeting_start_time datetime date
hs_meeting_end_time datetime date
hs_meeting_outcome enumeration select
""",
    "calls": f"""{_ACTIVITY}
hs_call_title string text
hs_call_body string html
hs_call_direction enumeration select
hs_call_disposition enumeration select
hs_call_duration number number
hs_call_from_number string text
hs_call_to_number string text
hs_call_recording_url string text
hs_call_status enumeration select
""",
    "emails": f"""{_ACTIVITY}
hs_email_direction enumeration select
hs_email_status enumeration select
hs_email_subject string text
hs_email_text string textarea
hs_email_html string html
hs_email_headers string textarea
hs_email_from_email string text ro
hs_email_to_email string text ro
hs_sequence_id number number ro
""",
}
#: Options of choices; one that is missing here has its options elsewhere: owners, pipelines.
_OPTIONS = {
    "lifecyclestage": LIFECYCLE,
    "hs_lead_status": (
        "NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING"
    ).split(),
    "numemployees": "1-5 5-25 25-50 50-100 100-500 500-1000 1000+".split(),
    "industry": (
        "ACCOUNTING AUTOMOTIVE BANKING BIOTECHNOLOGY COMPUTER_SOFTWARE CONSTRUCTION"
        " FINANCIAL_SERVICES HOSPITAL_HEALTH_CARE INFORMATION_TECHNOLOGY_AND_SERVICES INSURANCE"
        " INTERNET LOGISTICS_AND_SUPPLY_CHAIN MACHINERY MANAGEMENT_CONSULTING"
        " MARKETING_AND_ADVERTISING PHARMACEUTICALS REAL_ESTATE RETAIL TELECOMMUNICATIONS"
    ).split(),
    "hs_legal_basis": [
        "Legitimate interest \N{EN DASH} prospect/lead",
        "Legitimate interest \N{EN DASH} existing customer",
        "Legitimate interest - other",
        "Performance of a contract",
        "Freely given consent from contact",
        "Not applicable",
    ],
    "dealtype": ["newbusiness", "existingbusiness"],
    "hs_task_status": "NOT_STARTED IN_PROGRESS WAITING DEFERRED COMPLETED".split(),
    "hs_task_priority": "NONE LOW MEDIUM HIGH".split(),
    "hs_task_type": "EMAIL CALL TODO".split(),
    "hs_meeting_outcome": "SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED".split(),
    "hs_call_direction": ["INBOUND", "OUTBOUND"],
    "hs_call_status": (
        "BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS NO_ANSWER QUEUED"
        " RINGING"
    ).split(),
    "hs_email_direction": "EMAIL INCOMING_EMAIL FORWARDED_EMAIL".split(),
    "hs_email_status": "BOUNCED FAILED SCHEDULED SENDING SENT".split(),
}
_AT = "2020-01-01T00:00:00.000Z"


def group_of(kind: str) -> str:
    """The group of HubSpot's own properties."""
    return f"{TYPES[kind].singular}information"


def options(values: list[str]) -> list[dict[str, Any]]:
    """Options with their values as labels."""
    return [
        {"label": value, "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values)
    ]


def _defined(kind: str, line: str) -> Definition:
    name, form, field, *flags = line.split()
    values = {"bool": ["true", "false"], "enumeration": _OPTIONS.get(name, [])}
    listed = options([*values.get(form, [])])
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "type": form,
        "fieldType": field,
        "description": "",
        "groupName": group_of(kind),
        "options": listed,
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": form == "enumeration" and not listed,
        "hasUniqueValue": name == "hs_object_id",
        "hidden": False,
        "hubspotDefined": True,
        "formField": False,
        "archived": False,
        "createdAt": _AT,
        "updatedAt": _AT,
        "modificationMetadata": {
            "archivable": False,
            "readOnlyDefinition": True,
            "readOnlyOptions": True,
            "readOnlyValue": "ro" in flags,
        },
    }


@cache
def built_in(kind: str) -> dict[str, Definition]:
    """HubSpot's own properties of a type, by name."""
    lines = filter(None, _LINES[kind].splitlines())
    return {made["name"]: made for made in (_defined(kind, line) for line in lines)}

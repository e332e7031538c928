"""Leads for tests, complete unless a field says otherwise."""

import time
from typing import Any

from leads.records import Captured
from sandbox.simulator import CrmSimulator, Held

#: The columns of an Apollo export that a complete lead needs.
CSV_COLUMNS = (
    "First Name",
    "Last Name",
    "Title",
    "Company Name",
    "Email",
    "Email Status",
    "Country",
    "Website",
)


def contact(number: int, **fields: Any) -> dict[str, Any]:
    """An Apollo contact above the demo's threshold, but for its company's firmographics."""
    company = fields.pop("company", f"sample{number}")
    raw = {
        "id": f"{number:024x}",
        "first_name": "Rosalind",
        "last_name": "Abernathy",
        "name": "Rosalind Abernathy",
        "title": "VP Sales",
        "email": f"rosalind@{company}.com",
        "email_status": "verified",
        "email_true_status": "Verified",
        "organization_name": f"{company} Inc.",
        "organization": {
            "id": f"{number:024x}",
            "name": company,
            "primary_domain": f"{company}.com",
        },
        "country": "United States",
        "state": "California",
        "label_ids": [],
        "contact_campaign_statuses": [],
        "source": "search",
        "updated_at": "2026-11-20T10:00:00.000Z",
    }
    return raw | fields


def captured(
    number: int, lists: tuple[str, ...] = (), sequences_read: bool = True, **fields: Any
) -> Captured:
    """The contact as the poller captures it."""
    now = time.time()
    raw = contact(number, **fields)
    read_at = now if sequences_read else 0.0
    return Captured(
        source="apollo",
        source_id=raw["id"],
        captured_at=now,
        raw=raw,
        lists=lists,
        sequences_read_at=read_at,
    )


def add_customers(crm: CrmSimulator) -> None:
    """Three contacts whose company buys already."""
    for number in (1, 2, 3):
        email = f"p{number}@acme.com"
        one = Held(email=email, first_name="A", last_name="B", company="C", customer=True)
        crm.add_person(one)

"""The sandbox is held by simple-salesforce, untouched but for its address: it always speaks https
(docs/design/vendors.md Salesforce 6)."""

import json
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from sandbox.salesforce import CLIENT_ID, CLIENT_SECRET

KEY = {"label": "Ext", "type": "Text", "length": 64, "unique": True, "externalId": True}


class ToSandbox(requests.adapters.HTTPAdapter):
    """Sends what is meant for Salesforce to the sandbox."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = f"{base}/salesforce"

    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        path = request.url.split("/services/", 1)[1]
        request.url = f"{self._base}/services/{path}"
        return super().send(request, *args, **more)


@pytest.fixture(scope="module")
def client(served: str) -> Any:
    """Logged in by client credentials, with a unique external id on leads that it may see."""
    session = requests.Session()
    session.mount("https://", ToSandbox(served))
    session.headers["Sforce-Auto-Assign"] = "FALSE"
    found = Salesforce(
        consumer_key=CLIENT_ID,
        consumer_secret=CLIENT_SECRET,
        domain="sandbox.my",
        session=session,
        version="67.0",
    )
    found.restful(
        "tooling/sobjects/CustomField",
        method="POST",
        json={"FullName": "Lead.Ext__c", "Metadata": KEY},
    )
    allowed = found.PermissionSet.create({"Name": "Test", "Label": "Test"})["id"]
    me = found.query("SELECT Id FROM User WHERE Email = 'integration@acme.test'")["records"][0][
        "Id"
    ]
    found.PermissionSetAssignment.create({"AssigneeId": me, "PermissionSetId": allowed})
    field = {
        "ParentId": allowed,
        "SobjectType": "Lead",
        "Field": "Lead.Ext__c",
        "PermissionsRead": True,
        "PermissionsEdit": True,
    }
    found.FieldPermissions.create(field)
    return found


def lead(number: int, **fields: Any) -> dict[str, Any]:
    """A lead to write."""
    return {"LastName": f"N{number}", "Company": "A", "Email": f"n{number}@a.com", **fields}


def test_create_read_update_and_query(client: Any) -> None:
    made = client.Lead.create(lead(1, FirstName="O'Neil"))["id"]
    assert client.Lead.update(made, {"Title": "VP"}) == 204
    assert client.Lead.get(made)["Title"] == "VP"
    rows = client.query(
        "SELECT Id, Owner.Email FROM Lead WHERE Email IN ('N1@a.com') AND FirstName = 'O\\'Neil'"
    )["records"]
    assert [(r["Id"], r["Owner"]["Email"]) for r in rows] == [(made, "integration@acme.test")]
    with pytest.raises(SalesforceMalformedRequest, match="No such column"):
        client.query("SELECT Nonsense__c FROM Lead")


def test_an_upsert_creates_once_and_a_unique_value_stays_unique(client: Any) -> None:
    assert client.Lead.upsert("Ext__c/x-1", lead(2)) == 201
    assert client.Lead.upsert("Ext__c/x-1", lead(2)) == 200
    with pytest.raises(SalesforceMalformedRequest, match="DUPLICATE_VALUE"):
        client.Lead.create(lead(3, Ext__c="x-1"))
    with pytest.raises(SalesforceMalformedRequest, match="duplicateResut"):
        client.Lead.create(lead(2))


def test_a_collection_answers_row_by_row_and_rolls_back_when_asked(client: Any) -> None:
    def records(first: int) -> list[dict[str, Any]]:
        return [
            {"attributes": {"type": "Lead"}, **lead(first)},
            {"attributes": {"type": "Lead"}, "LastName": "no company"},
        ]

    def send(body: dict[str, Any]) -> Any:
        return client.restful("composite/sobjects", method="POST", data=json.dumps(body))

    rows = send({"allOrNone": False, "records": records(10)})
    assert [r["success"] for r in rows] == [True, False]
    assert rows[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    rows = send({"allOrNone": True, "records": records(11)})
    assert rows[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert client.query("SELECT Id FROM Lead WHERE Email = 'n11@a.com'")["totalSize"] == 0


def test_pages_are_smaller_than_two_thousand(client: Any) -> None:
    rows = [{"attributes": {"type": "Account"}, "Name": f"Paged {n}"} for n in range(600)]
    for start in range(0, 600, 200):
        client.restful(
            "composite/sobjects",
            method="POST",
            data=json.dumps({"records": rows[start : start + 200]}),
        )
    found = client.query_all("SELECT Id FROM Account WHERE Name LIKE 'Paged %'")
    assert (found["totalSize"], len(found["records"])) == (600, 600)


def test_without_the_header_the_assignment_rule_takes_the_lead(client: Any) -> None:
    made = client.Lead.create(lead(20), headers={"Sforce-Auto-Assign": "TRUE"})["id"]
    assert client.Lead.get(made)["OwnerId"].startswith("00G")


def test_what_is_gone_and_what_is_expired(client: Any, served: str) -> None:
    made = client.Lead.create(lead(30))["id"]
    client.Lead.delete(made)
    with pytest.raises(SalesforceResourceNotFound):
        client.Lead.get(made)
    with pytest.raises(SalesforceExpiredSession):
        Salesforce(
            session_id="stale", instance_url=served, session=client.session, version="67.0"
        ).query("SELECT Id FROM Lead")

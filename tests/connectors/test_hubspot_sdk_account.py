"""The set-up of the sandbox's HubSpot account, and its refusals, are held by hubspot-sdk."""

from typing import Any

import pytest
from hubspot_sdk import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
)

from sandbox.hubspot.hub import TOKEN
from sandbox.hubspot.scopes import UNSCOPED
from tests.connectors.hubspot_sdk_client import client_with, ids, person


@pytest.fixture(scope="module")
def client(served: str) -> Any:
    """The client with all scopes."""
    return client_with(served, TOKEN)


@pytest.fixture(scope="module")
def strict(served: str) -> Any:
    """The client that checks the form of each answer.

    It is not for objects, whose unset properties are null while the client's types say text.
    """
    return client_with(served, TOKEN, strict=True)


def test_owners_by_id_by_user_and_by_address(strict: Any) -> None:
    [first, *_] = list(strict.crm.owners.list(limit=1))
    assert strict.crm.owners.get(int(first.id)).email == first.email
    assert strict.crm.owners.get(first.user_id, id_property="userId").id == first.id
    assert ids(strict.crm.owners.list(email=first.email)) == [first.id]
    with pytest.raises(NotFoundError):
        strict.crm.owners.get(404404)


def test_a_property_is_made_read_changed_and_archived(strict: Any) -> None:
    properties = strict.crm.properties
    properties.groups.create("contacts", name="sdk", label="SDK")
    about = {"label": "Seats", "type": "number", "field_type": "number", "group_name": "sdk"}
    properties.create("contacts", name="sdk_seats", **about)
    with pytest.raises(ConflictError):
        properties.create("contacts", name="sdk_seats", **about)
    with pytest.raises(BadRequestError):
        properties.create("contacts", name="SDK seats", **about)
    properties.update("sdk_seats", object_type="contacts", label="Places")
    assert properties.get("sdk_seats", object_type="contacts").label == "Places"
    assert "sdk_seats" in {one.name for one in properties.list("contacts").results}
    properties.delete("sdk_seats", object_type="contacts")
    with pytest.raises(NotFoundError):
        properties.get("sdk_seats", object_type="contacts")


def test_pipelines_and_their_stages(strict: Any) -> None:
    assert strict.crm.pipelines.list("deals").results[0].id == "default"
    place = {"object_type": "deals", "pipeline_id": "default"}
    won = strict.crm.pipelines.get_stage("closedwon", **place)
    assert won.metadata["isClosed"] == "true"


def test_a_list_and_its_members(client: Any, strict: Any) -> None:
    lists, member = strict.crm.lists, person(client, "member@sdk.example")
    made = lists.create(name="SDK", object_type_id="0-1", processing_type="MANUAL").list
    added = lists.add_memberships(made.list_id, body=[member, "404404"])
    assert (added.records_ids_added, added.record_ids_missing) == ([member], ["404404"])
    assert [one.record_id for one in lists.list_memberships(made.list_id)] == [member]
    assert lists.get(made.list_id).list.size == 1
    assert lists.get_by_object_type_and_name("SDK", object_type_id="0-1").list.name == "SDK"
    found = lists.list_by_search(list_ids=[], offset=0, processing_types=["MANUAL"], query="sdk")
    assert [one.list_id for one in found.lists] == [made.list_id]
    removed = lists.remove_memberships(made.list_id, body=[member])
    assert removed.record_ids_removed == [member]
    lists.delete(made.list_id)
    with pytest.raises(NotFoundError):
        lists.get(made.list_id)


def test_a_schema_and_an_opt_out(client: Any) -> None:
    assert client.crm.object_schemas.get("contacts").object_type_id == "0-1"
    person(client, "out@sdk.example")
    client.communication_preferences.unsubscribe_all("out@sdk.example", channel="EMAIL")
    shown = client.crm.objects.contacts.get(
        "out@sdk.example", id_property="email", properties=["hs_email_optout"]
    )
    assert shown.properties["hs_email_optout"] == "true"


def test_a_wrong_token_and_a_missing_scope(served: str) -> None:
    with pytest.raises(AuthenticationError) as wrong:
        list(client_with(served, "pat-wrong").crm.owners.list())
    assert wrong.value.body["category"] == "INVALID_AUTHENTICATION"
    with pytest.raises(PermissionDeniedError) as closed:
        client_with(served, UNSCOPED).crm.objects.contacts.list()
    [error] = closed.value.body["errors"]
    assert error["context"]["requiredGranularScopes"] == ["crm.objects.contacts.read"]

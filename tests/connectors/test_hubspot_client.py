"""The sandbox is held by HubSpot's own client (v3 paths), which checks what it is answered."""

from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchReadInputSimplePublicObjectId,
    SimplePublicObjectInputForCreate,
)

from sandbox.hubspot.hub import TOKEN


@pytest.fixture(scope="module")
def client(served: str) -> Any:
    """The official client on a served sandbox."""
    base = f"{served}/hubspot"
    return HubSpot(access_token=TOKEN, host=base, base_url=base, client_side_validation=True)


def test_create_read_and_conflict(client: Any) -> None:
    made = client.crm.contacts.basic_api.create(
        SimplePublicObjectInputForCreate(properties={"email": "a@b.com"}, associations=[])
    )
    read = client.crm.contacts.basic_api.get_by_id(
        "a@b.com", id_property="email", properties=["email"]
    )
    assert read.id == made.id
    with pytest.raises(ApiException) as refused:
        client.crm.contacts.basic_api.create(
            SimplePublicObjectInputForCreate(properties={"email": "A@B.com"}, associations=[])
        )
    assert refused.value.status == 409
    assert f"Existing ID: {made.id}" in refused.value.body


def test_an_unknown_property_is_refused(client: Any) -> None:
    with pytest.raises(ApiException) as refused:
        client.crm.contacts.basic_api.create(
            SimplePublicObjectInputForCreate(
                properties={"email": "c@b.com", "leadgate_nonsense": "1"}, associations=[]
            )
        )
    assert refused.value.status == 400
    assert "PROPERTY_DOESNT_EXIST" in refused.value.body


def test_batch_read_tells_what_is_missing(client: Any) -> None:
    client.crm.contacts.basic_api.create(
        SimplePublicObjectInputForCreate(properties={"email": "d@b.com"}, associations=[])
    )
    wanted = BatchReadInputSimplePublicObjectId(
        properties=["email"],
        properties_with_history=[],
        id_property="email",
        inputs=[{"id": "d@b.com"}, {"id": "no@b.com"}],
    )
    answer = client.crm.contacts.batch_api.read(wanted)
    assert [c.properties["email"] for c in answer.results] == ["d@b.com"]
    assert answer.num_errors == 1


def test_companies_cannot_be_upserted_by_domain(client: Any) -> None:
    body = BatchInputSimplePublicObjectBatchInputUpsert(
        inputs=[{"idProperty": "domain", "id": "b.com", "properties": {"name": "B"}}]
    )
    with pytest.raises(Exception, match="non-unique"):
        client.crm.companies.batch_api.upsert(body)


def test_owners_are_read_by_the_clients_path(client: Any) -> None:
    assert client.crm.owners.owners_api.get_page(limit=100, archived=False).results

"""The sandbox's objects and associations are held by hubspot-sdk."""

from typing import Any

import pytest
from hubspot_sdk import BadRequestError, ConflictError, NotFoundError

from sandbox.hubspot.hub import TOKEN
from tests.connectors.hubspot_sdk_client import NONE, client_with, company, ids, person


@pytest.fixture(scope="module")
def client(served: str) -> Any:
    """The client with all scopes."""
    return client_with(served, TOKEN)


def test_a_contact_is_made_changed_and_shown_with_its_history(client: Any) -> None:
    ident = person(client, "history@sdk.example", city="Rome")
    changed = client.crm.objects.contacts.update(ident, properties={"city": "Oslo"})
    assert changed.properties["city"] == "Oslo"
    shown = client.crm.objects.contacts.get(
        "history@sdk.example", id_property="email", properties_with_history=["city"]
    )
    assert shown.id == ident
    assert [one.value for one in shown.properties_with_history["city"]] == ["Oslo", "Rome"]


def test_a_taken_address_is_a_conflict_that_names_the_other(client: Any) -> None:
    ident = person(client, "taken@sdk.example")
    with pytest.raises(ConflictError) as refused:
        person(client, "TAKEN@sdk.example")
    assert refused.value.body["category"] == "CONFLICT"
    assert f"Existing ID: {ident}" in refused.value.body["message"]


def test_every_misfit_of_a_write_is_listed(client: Any) -> None:
    with pytest.raises(BadRequestError) as refused:
        person(client, "no address", nonsense="1", lifecyclestage="boss", createdate="2026-01-01")
    listed = refused.value.body["errors"]
    assert {one["context"]["propertyName"][0]: one["code"] for one in listed} == {
        "email": "INVALID_EMAIL",
        "nonsense": "PROPERTY_DOESNT_EXIST",
        "lifecyclestage": "INVALID_OPTION",
        "createdate": "READ_ONLY_VALUE",
    }


def test_the_lifecycle_stage_stays_where_it_would_go_back(client: Any) -> None:
    ident = person(client, "stage@sdk.example", lifecyclestage="customer")
    kept = client.crm.objects.contacts.update(ident, properties={"lifecyclestage": "lead"})
    assert kept.properties["lifecyclestage"] == "customer"


def test_both_merged_contacts_answer_as_the_new_one(client: Any) -> None:
    kept, lost = person(client, "kept@sdk.example"), person(client, "lost@sdk.example", city="Ulm")
    merged = client.crm.objects.contacts.merge(primary_object_id=kept, object_id_to_merge=lost)
    for ident in (kept, lost):
        shown = client.crm.objects.contacts.get(
            ident, properties=["email", "hs_additional_emails", "city"]
        )
        assert shown.id == merged.id
        assert shown.properties["hs_additional_emails"] == "lost@sdk.example"
        assert shown.properties["city"] == "Ulm"


def test_a_deleted_contact_is_in_the_bin_and_a_purged_one_is_nowhere(client: Any) -> None:
    deleted, purged = person(client, "bin@sdk.example"), person(client, "purge@sdk.example")
    client.crm.objects.contacts.delete(deleted)
    client.crm.objects.contacts.gdpr_delete(object_id=purged)
    archived = [str(one.id) for one in client.crm.objects.contacts.list(archived=True, limit=100)]
    assert deleted in archived
    assert purged not in archived
    with pytest.raises(NotFoundError) as refused:
        client.crm.objects.contacts.get(deleted)
    assert refused.value.body["category"] == "OBJECT_NOT_FOUND"


def test_pages_are_followed_to_their_end(client: Any) -> None:
    made = {person(client, f"page{number}@sdk.example") for number in range(5)}
    listed = [str(one.id) for one in client.crm.objects.contacts.list(limit=2)]
    assert made <= {*listed}
    assert len({*listed}) == len(listed)


def test_contacts_in_batches(client: Any) -> None:
    batch = client.crm.objects.contacts.batch
    inputs = [{"properties": {"email": f"b{n}@sdk.example"}, **NONE} for n in range(2)]
    made = ids(batch.create(inputs=inputs))
    batch.update(inputs=[{"id": ident, "properties": {"city": "Rome"}} for ident in made])
    wanted: dict[str, Any] = {"properties": ["city"], "properties_with_history": []}
    read = batch.get(inputs=[{"id": ident} for ident in made], **wanted)
    assert {one.properties["city"] for one in read.results} == {"Rome"}
    by_email = {"id": "b0@sdk.example", "id_property": "email", "properties": {"city": "Oslo"}}
    [settled] = batch.upsert(inputs=[by_email]).results
    assert (settled.id, settled.new) == (made[0], False)
    batch.delete(inputs=[{"id": made[1]}])
    with pytest.raises(NotFoundError):
        client.crm.objects.contacts.get(made[1])


def test_a_search_filters_sorts_and_pages(client: Any) -> None:
    for number in range(3):
        person(client, f"found{number}@sdk.example", firstname=f"F{number}", jobtitle="VP of Finds")
    by_title = {"property_name": "jobtitle", "operator": "CONTAINS_TOKEN", "value": "find*"}
    wanted: dict[str, Any] = {"filter_groups": [{"filters": [by_title]}], "limit": 2}
    asked = {**wanted, "properties": ["firstname"], "sorts": ["-firstname"]}
    first = client.crm.objects.contacts.search(after="0", **asked)
    assert first.total == 3
    second = client.crm.objects.contacts.search(after=first.paging.next.after, **asked)
    names = [one.properties["firstname"] for one in (*first.results, *second.results)]
    assert names == ["F2", "F1", "F0"]
    with pytest.raises(BadRequestError):
        client.crm.objects.contacts.search(
            **{**asked, "after": "0", "filter_groups": [{"filters": [by_title] * 7}]}
        )


def test_deals_and_activities_are_made(client: Any) -> None:
    objects, at = client.crm.objects, "2026-12-01T10:00:00.000Z"
    contact = person(client, "busy@sdk.example")
    deal = objects.deals.create(properties={"dealname": "D", "dealstage": "closedlost"}, **NONE)
    closed = objects.deals.get(deal.id, properties=["hs_is_closed"])
    assert closed.properties["hs_is_closed"] == "true"
    link = [{"association_category": "HUBSPOT_DEFINED", "association_type_id": 204}]
    task = objects.tasks.create(
        properties={"hs_timestamp": at, "hs_task_subject": "Call"},
        associations=[{"to": {"id": contact}, "types": link}],
    )
    shown = objects.tasks.get(task.id, associations=["contacts"])
    assert shown.associations["contacts"].results[0].id == contact
    for kind in (objects.notes, objects.calls, objects.emails):
        assert kind.create(properties={"hs_timestamp": at}, **NONE).id
        with pytest.raises(BadRequestError):
            kind.create(properties={"hs_timestamp": "soon"}, **NONE)


def test_associations_and_their_labels(client: Any) -> None:
    between = {"from_object_type": "contacts", "to_object_type": "companies"}
    contact, firm = person(client, "linked@sdk.example"), company(client, "Linked")
    client.crm.associations.create(firm, from_object_id=contact, **between)
    pair = {"object_type": "contacts", "object_id": contact, "to_object_type": "companies"}
    primary = [{"association_category": "HUBSPOT_DEFINED", "association_type_id": 1}]
    labelled = client.crm.associations.update_labels(firm, body=primary, **pair)
    assert labelled.labels == ["Primary"]
    asked = {"object_type": "contacts", "object_id": contact}
    [row] = list(client.crm.associations.list("companies", **asked))
    assert [one.type_id for one in row.association_types] == [279, 1]
    types = client.crm.associations_schema.labels.list_labels(
        "companies", from_object_type="contacts"
    )
    assert {279, 1} <= {one.type_id for one in types.results}
    client.crm.associations.delete(firm, **pair)
    assert not list(client.crm.associations.list("companies", **asked))


def test_associations_in_batches(client: Any) -> None:
    batch, source = client.crm.associations.batch, {"from_object_type": "contacts"}
    contact, firm = person(client, "pairs@sdk.example"), company(client, "Pairs")
    pair = {"from": {"id": contact}, "to": {"id": firm}}
    made = batch.create_default("companies", inputs=[pair], **source)
    assert made.status == "COMPLETE"
    [row] = batch.get("companies", inputs=[{"id": contact}], **source).results
    assert [str(one.to_object_id) for one in row.to] == [firm]
    batch.delete("companies", inputs=[{"from": {"id": contact}, "to": [{"id": firm}]}], **source)
    assert not batch.get("companies", inputs=[{"id": contact}], **source).results

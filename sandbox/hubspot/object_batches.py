"""Objects in batches. Sources: docs/design/vendors.md HubSpot 0.5, 1.1 and 2."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from sandbox.hubspot.answers import batch, each, refuse_doubles
from sandbox.hubspot.errors import RefusedError, invalid
from sandbox.hubspot.hub import Hub, addresses_of
from sandbox.hubspot.new_objects import create_associated
from sandbox.hubspot.object_types import TYPES
from sandbox.hubspot.objects import OBJECTS
from sandbox.hubspot.requests import flag, inputs_of
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.shown import shown
from sandbox.store import Thing

_MOST_WITH_HISTORY = 50


def serve_object_batches(routes: Routes, hub: Hub) -> None:
    """Add the routes of batches."""
    route = routes.route

    @route("POST", *(f"{path}/batch/read" for path in OBJECTS))
    async def batch_read(request: Request, kind: str) -> Response:
        body = await inputs_of(request)
        history = body.get("propertiesWithHistory") or ()
        if history and len(body["inputs"]) > _MOST_WITH_HISTORY:
            raise invalid("At most 50 objects can be read with the history of their properties")
        return _read(hub, kind, body, archived=flag(request, "archived"))

    @route("POST", *(f"{path}/batch/create" for path in OBJECTS))
    async def batch_create(request: Request, kind: str) -> Response:
        inputs = (await inputs_of(request))["inputs"]

        def make(item: Thing) -> Thing:
            _refuse_broken(hub, kind, item, None)
            made = create_associated(hub, kind, item)
            return shown(hub, kind, made, list(item["properties"]))

        # all or nothing (docs/design/vendors.md HubSpot 0.5): the first fault names itself and
        # nothing is made
        if not all(item.get("objectWriteTraceId") for item in inputs):
            _refuse_twins(hub, kind, inputs)
        return each(inputs, make, 201)

    @route("POST", *(f"{path}/batch/update" for path in OBJECTS))
    async def batch_update(request: Request, kind: str) -> Response:
        body = await inputs_of(request)
        by = [body.get("idProperty"), *(item.get("idProperty") for item in body["inputs"])]
        for name in filter(None, by):
            _refuse_key(hub, kind, name)
        refuse_doubles(body["inputs"])

        def change(item: Thing) -> Thing:
            thing = hub.get(kind, str(item["id"]), item.get("idProperty"))
            _refuse_broken(hub, kind, item, thing)
            done = hub.update(kind, thing, item["properties"])
            return shown(hub, kind, done, list(item["properties"]))

        return each(body["inputs"], change, 200)

    @route("POST", *(f"{path}/batch/upsert" for path in OBJECTS))
    async def batch_upsert(request: Request, kind: str) -> Response:
        inputs = (await inputs_of(request))["inputs"]
        refuse_doubles(inputs)
        for item in inputs:
            if item.get("idProperty") != "email" or kind != "contacts":
                _refuse_key(hub, kind, item.get("idProperty"))
        return each(inputs, lambda item: _settle(hub, kind, item), 200)

    @route("POST", *(f"{path}/batch/archive" for path in OBJECTS))
    async def batch_archive(request: Request, kind: str) -> Response:
        for item in (await inputs_of(request))["inputs"]:
            hub.archive(kind, str(item["id"]))
        return Response(status_code=204)


def _read(hub: Hub, kind: str, body: dict[str, Any], *, archived: bool) -> Response:
    """Objects by their keys, each once, and one error that lists the keys of those that aren't
    there."""
    found: dict[str, Thing] = {}
    missing: list[str] = []
    wanted, history = body.get("properties") or (), body.get("propertiesWithHistory") or ()
    for item in body["inputs"]:
        key = str(item["id"])
        thing = hub.find(kind, key, body.get("idProperty"))
        held = hub.store.get(f"hubspot.{kind}", key)
        if archived:
            thing = held if held is not None and held["archived"] else None
        if thing is None:
            missing.append(key)
        else:
            found[thing["id"]] = shown(hub, kind, thing, wanted, history)
    if not missing:
        return batch([*found.values()])
    said = (
        f"Could not get some {kind.upper()} objects, they may be deleted or not exist."
        " Check that ids are valid."
    )
    gone = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": said,
        "context": {"ids": missing},
    }
    return batch([*found.values()], [gone])


def _settle(hub: Hub, kind: str, item: Thing) -> Thing:
    """Update the object with a key, or make it."""
    by = item["idProperty"]
    thing = hub.find(kind, str(item["id"]), by)
    _refuse_broken(hub, kind, item, thing)
    values = dict(item["properties"])
    if thing is None or by != "email":  # an address may be a further one of the contact
        values[by] = item["id"]
    done = hub.update(kind, thing, values) if thing else hub.create(kind, values)
    return {**shown(hub, kind, done, [*values, by]), "new": thing is None}


def _refuse_twins(hub: Hub, kind: str, inputs: Sequence[Thing]) -> None:
    """Refuse a batch of which one object can't be made."""
    seen: set[str] = set()
    for item in inputs:
        values = hub.checked(kind, item.get("properties"))
        hub.refuse_twin(kind, values, None)
        addresses = addresses_of(values) if kind == "contacts" else []
        if doubled := seen.intersection(addresses):
            raise RefusedError(409, "CONFLICT", f"Duplicate email in the batch: {min(doubled)}")
        seen.update(addresses)


def _refuse_key(hub: Hub, kind: str, name: object) -> None:
    """Refuse to find what is written by a property that isn't unique."""
    if name not in {*hub.schema.unique(kind), "hs_object_id"}:
        ident = TYPES[kind].ident
        raise invalid(f"Unable to perform update/upsert by non-unique {ident} property {name}")


def _refuse_broken(hub: Hub, kind: str, item: Thing, thing: Thing | None) -> None:
    if hub.broken(kind, item.get("properties") or {}, thing):
        raise RefusedError(500, "INTERNAL_ERROR", "There was a problem with the request.")

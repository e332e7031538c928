"""Lists: made, found, renamed, deleted and restored. Source: HubSpot's page "Lists"."""

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.errors import RefusedError, invalid, iso, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.object_types import TYPES
from sandbox.hubspot.requests import body_of, listed
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing

LISTS = ("/crm/v3/lists", "/crm/lists/{version}")
_KINDS = ("MANUAL", "SNAPSHOT", "DYNAMIC")
_MOST_FOUND = 500


def serve_lists(routes: Routes, hub: Hub) -> None:
    """Add the routes of lists."""
    _serve_single(routes, hub)
    route, store = routes.route, hub.store

    @route("POST", *(f"{path}/search" for path in LISTS))
    async def find(request: Request) -> Response:
        body = await body_of(request)
        found = [_found_row(hub, one) for one in _matching(hub, body)]
        offset, count = int(body.get("offset") or 0), int(body.get("count") or 20)
        if not 0 < count <= _MOST_FOUND:
            raise invalid(f"count must be between 1 and {_MOST_FOUND}")
        end = min(offset + count, len(found))
        rows = found[offset : offset + count]
        more = {"total": len(found), "offset": end, "hasMore": end < len(found)}
        return JSONResponse({"lists": rows, **more})

    @route("POST", *LISTS)
    async def make(request: Request) -> Response:
        body = await body_of(request)
        _refuse_unfit(hub, body)
        now, ident = iso(), store.next_id("hubspot.lists", 1)
        made = {
            **body,
            "listId": ident,
            "listVersion": 1,
            "processingStatus": "COMPLETE",
            "createdAt": now,
            "updatedAt": now,
            "filtersUpdatedAt": now,
            "createdById": "1",
            "updatedById": "1",
        }
        store.put("hubspot.lists", ident, made)
        return JSONResponse({"list": {**made, "size": 0}})

    @route("GET", *LISTS)
    async def several(request: Request) -> Response:
        wanted = listed(request, "listIds")
        rows = [_shown(hub, one) for one in _lists(hub) if one["listId"] in wanted]
        return JSONResponse({"lists": rows})


def _serve_single(routes: Routes, hub: Hub) -> None:
    """Add the routes of one list."""
    route, store = routes.route, hub.store
    single = tuple(f"{path}/{{ident}}" for path in LISTS)

    @route("GET", *(f"{path}/object-type-id/{{kind}}/name/{{name}}" for path in LISTS))
    async def by_name(request: Request, kind: str, name: str) -> Response:
        del request
        for one in _lists(hub):
            if (one["objectTypeId"], one["name"]) == (TYPES[kind].ident, name):
                return JSONResponse({"list": _shown(hub, one)})
        raise not_found("List does not exist")

    @route("GET", *single)
    async def by_id(request: Request, ident: str) -> Response:
        del request
        return JSONResponse({"list": _shown(hub, list_of(hub, ident))})

    @route("PUT", *(f"{path}/update-list-name" for path in single))
    async def rename(request: Request, ident: str) -> Response:
        name, held = request.query_params.get("listName", ""), list_of(hub, ident)
        _refuse_name(hub, name, held["objectTypeId"])
        done = {**held, "name": name, "updatedAt": iso(), "listVersion": held["listVersion"] + 1}
        store.put("hubspot.lists", ident, done)
        return JSONResponse({"updatedList": _shown(hub, done)})

    @route("DELETE", *single)
    async def remove(request: Request, ident: str) -> Response:
        del request
        store.put("hubspot.lists", ident, {**list_of(hub, ident), "deletedAt": iso()})
        return Response(status_code=204)

    @route("PUT", *(f"{path}/restore" for path in single))
    async def restore(request: Request, ident: str) -> Response:
        del request
        held = store.get("hubspot.lists", ident)
        if held is None:
            raise not_found("List does not exist")
        kept = {name: value for name, value in held.items() if name != "deletedAt"}
        store.put("hubspot.lists", ident, kept)
        return Response(status_code=204)


def list_of(hub: Hub, ident: str) -> Thing:
    """A list that isn't deleted. Raises RefusedError."""
    held = hub.store.get("hubspot.lists", ident)
    if held is None or "deletedAt" in held:
        raise not_found("List does not exist")
    return held


def members_of(hub: Hub, ident: str) -> list[Thing]:
    """The memberships of a list that last, in the order of joining."""
    rows = hub.store.all("hubspot.memberships").values()
    found = [row for row in rows if row["list"] == ident and row["left"] is None]
    return sorted(found, key=lambda row: (row["entered"], int(row["contact"])))


def _lists(hub: Hub) -> list[Thing]:
    return [one for one in hub.store.all("hubspot.lists").values() if "deletedAt" not in one]


def _matching(hub: Hub, body: dict[str, Any]) -> list[Thing]:
    query, kinds = str(body.get("query") or "").casefold(), body.get("processingTypes") or _KINDS
    idents = {str(ident) for ident in body.get("listIds") or ()}
    return [
        one
        for one in _lists(hub)
        if query in one["name"].casefold()
        and one["processingType"] in kinds
        and (not idents or one["listId"] in idents)
    ]


def _shown(hub: Hub, one: Thing) -> Thing:
    return {**one, "size": len(members_of(hub, one["listId"]))}


def _found_row(hub: Hub, one: Thing) -> Thing:
    size = str(len(members_of(hub, one["listId"])))
    return {**one, "additionalProperties": {"hs_list_size": size}}


def _refuse_unfit(hub: Hub, body: dict[str, Any]) -> None:
    needed = ("name", "objectTypeId", "processingType")
    if absent := [name for name in needed if not isinstance(body.get(name), str)]:
        raise invalid(f"Some required fields were not set: [{', '.join(absent)}]")
    if body["processingType"] not in _KINDS:
        raise invalid(f"{body['processingType']} is not one of {', '.join(_KINDS)}")
    if body["processingType"] == "DYNAMIC" and not body.get("filterBranch"):
        raise invalid("A DYNAMIC list needs a filterBranch")
    if body["objectTypeId"] not in {one.ident for one in TYPES.values()}:
        raise invalid(f"Invalid object type id: {body['objectTypeId']}")
    _refuse_name(hub, body["name"], body["objectTypeId"])


def _refuse_name(hub: Hub, name: str, object_type: str) -> None:
    if not name:
        raise invalid("A list needs a name")
    if any((one["name"], one["objectTypeId"]) == (name, object_type) for one in _lists(hub)):
        said = f"A list named '{name}' already exists"
        raise RefusedError(400, "VALIDATION_ERROR", said, subCategory="ILS.DUPLICATE_LIST_NAMES")

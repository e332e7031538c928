"""Objects one by one, and their lists. Sources: docs/design/vendors.md HubSpot 1 and 1.1."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.errors import invalid
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.merging import merge
from sandbox.hubspot.new_objects import create_associated
from sandbox.hubspot.requests import body_of, flag, listed, number
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.shown import shown, with_associations
from sandbox.store import Thing

OBJECTS = ("/crm/v3/objects/{kind}", "/crm/objects/{version}/{kind}")
_MOST_WITH_HISTORY = 50


def serve_objects(routes: Routes, hub: Hub) -> None:
    """Add the routes of single objects."""
    route, store = routes.route, hub.store
    single = tuple(f"{path}/{{ident}}" for path in OBJECTS)

    @route("POST", *OBJECTS)
    async def create(request: Request, kind: str) -> Response:
        body = await body_of(request)
        made = create_associated(hub, kind, body)
        return JSONResponse(shown(hub, kind, made, list(body["properties"])), 201)

    @route("GET", *OBJECTS)
    async def list_page(request: Request, kind: str) -> Response:
        history = listed(request, "propertiesWithHistory")
        limit = number(request, "limit", 10, _MOST_WITH_HISTORY if history else 100)
        after = request.query_params.get("after", "0")
        if not after.isdigit():
            raise invalid(f"The paging cursor {after} is not valid")
        archived = flag(request, "archived")
        things = [
            t
            for t in store.all(f"hubspot.{kind}").values()
            if t["archived"] == archived and int(t["id"]) > int(after)
        ]
        things.sort(key=lambda t: int(t["id"]))
        rows = [_read(request, hub, kind, t) for t in things[:limit]]
        body: dict[str, object] = {"results": rows}
        if len(things) > limit:
            last = things[limit - 1]["id"]
            body["paging"] = {"next": {"after": last, "link": f"{request.url.path}?after={last}"}}
        return JSONResponse(body)

    @route("POST", *(f"{path}/merge" for path in OBJECTS))
    async def merge_two(request: Request, kind: str) -> Response:
        body = await body_of(request)
        made = merge(hub, kind, str(body.get("primaryObjectId")), str(body.get("objectIdToMerge")))
        return JSONResponse(shown(hub, kind, made, ()))

    @route("POST", *(f"{path}/gdpr-delete" for path in OBJECTS))
    async def purge(request: Request, kind: str) -> Response:
        if kind != "contacts":
            raise invalid("Only contacts can be deleted for privacy")
        body = await body_of(request)
        found = hub.find(kind, str(body.get("objectId")), body.get("idProperty"))
        if found is not None:
            hub.archive(kind, found["id"])
            store.drop(f"hubspot.{kind}", found["id"])
        return Response(status_code=204)

    @route("GET", *single)
    async def one(request: Request, kind: str, ident: str) -> Response:
        if flag(request, "archived"):
            held = store.get(f"hubspot.{kind}", ident)
            if held is not None and held["archived"]:
                return JSONResponse(_read(request, hub, kind, held))
        thing = hub.get(kind, ident, request.query_params.get("idProperty"))
        return JSONResponse(_read(request, hub, kind, thing))

    @route("PATCH", *single)
    async def patch(request: Request, kind: str, ident: str) -> Response:
        thing = hub.get(kind, ident, request.query_params.get("idProperty"))
        properties = (await body_of(request)).get("properties")
        done = hub.update(kind, thing, properties)
        return JSONResponse(shown(hub, kind, done, list(properties or ())))

    @route("DELETE", *single)
    async def archive(request: Request, kind: str, ident: str) -> Response:
        del request
        hub.archive(kind, ident)
        return Response(status_code=204)


def _read(request: Request, hub: Hub, kind: str, thing: Thing) -> Thing:
    """An object with what the query asks for."""
    wanted, history = listed(request, "properties"), listed(request, "propertiesWithHistory")
    linked = with_associations(hub, kind, thing, listed(request, "associations"))
    return {**shown(hub, kind, thing, wanted, history), **linked}

"""Objects one by one, in batches, by search. Sources: docs/design/vendors.md HubSpot 1 and 2."""

import time

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.answers import batch, each, inputs, refuse_doubles
from sandbox.hubspot.filters import passes
from sandbox.hubspot.hub import ID_OF, Hub, RefusedError, iso, shown
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing


def serve_objects(routes: Routes, hub: Hub) -> None:
    """Add the routes of objects."""
    route, store = routes.route, hub.store
    objects = ("/crm/v3/objects/{kind}", "/crm/objects/{version}/{kind}")

    @route("POST", *(f"{o}/batch/read" for o in objects))
    async def batch_read(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await inputs(request)
        found, missing = {}, []
        for item in body["inputs"]:
            thing = hub.find(kind, str(item["id"]), body.get("idProperty"))
            if thing is None:
                missing.append(str(item["id"]))
            else:
                found[thing["id"]] = shown(thing, body.get("properties"))
        said = f"Could not get some {kind.upper()} objects, they may be deleted or not exist. Check that ids are valid."
        errors = (
            [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": said,
                    "context": {"ids": missing},
                }
            ]
            if missing
            else []
        )
        return batch(list(found.values()), errors)

    @route("POST", *(f"{o}/batch/create" for o in objects))
    async def batch_create(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await inputs(request)
        traced = all(i.get("objectWriteTraceId") for i in body["inputs"])

        def make(item: Thing) -> Thing:
            if hub.broken(kind, item["properties"], None):
                raise RefusedError(500, "INTERNAL_ERROR", "There was a problem with the request.")
            thing = hub.create(kind, item["properties"])
            for link in item.get("associations", []):
                target = _target_of(link["types"][0]["associationTypeId"])
                hub.link(kind, thing["id"], target, str(link["to"]["id"]))
            return shown(thing, list(item["properties"]))

        # all or nothing (docs/design/vendors.md HubSpot 0.5): the first fault names itself and
        # nothing is made
        if not traced:
            for item in body["inputs"]:
                hub.refuse_twin(kind, hub.check(kind, item["properties"]), None)
        return each(body["inputs"], make, 201)

    @route("POST", *(f"{o}/batch/update" for o in objects))
    async def batch_update(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await inputs(request)
        if body.get("idProperty") or any(i.get("idProperty") == "email" for i in body["inputs"]):
            raise RefusedError(
                400,
                "VALIDATION_ERROR",
                f"Unable to perform update/upsert by non-unique {ID_OF[kind]} property",
            )
        refuse_doubles(body["inputs"])

        def change(item: Thing) -> Thing:
            thing = hub.find(kind, str(item["id"]), None)
            if thing is None:
                raise RefusedError(404, "OBJECT_NOT_FOUND", "resource not found")
            if hub.broken(kind, item["properties"], thing):
                raise RefusedError(500, "INTERNAL_ERROR", "There was a problem with the request.")
            return shown(hub.update(kind, thing, item["properties"]), list(item["properties"]))

        return each(body["inputs"], change, 200)

    @route("POST", *(f"{o}/batch/upsert" for o in objects))
    async def batch_upsert(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await inputs(request)
        refuse_doubles(body["inputs"])
        for item in body["inputs"]:
            by = item.get("idProperty")
            if by != "email" and by not in hub.unique(kind):
                raise RefusedError(
                    400,
                    "VALIDATION_ERROR",
                    f"Unable to perform update/upsert by non-unique {ID_OF[kind]} property {by}",
                )

        def settle(item: Thing) -> Thing:
            by = item["idProperty"]
            thing = hub.find(kind, str(item["id"]), by)
            if hub.broken(kind, item["properties"], thing):
                raise RefusedError(500, "INTERNAL_ERROR", "There was a problem with the request.")
            values = {**item["properties"], by: item["id"]}
            done = hub.update(kind, thing, values) if thing else hub.create(kind, values)
            return {**shown(done, list(values)), "new": thing is None}

        return each(body["inputs"], settle, 200)

    @route("POST", *(f"{o}/search" for o in objects), search=True)
    async def search(request: Request, kind: str, version: str = "") -> Response:
        del version
        raw = await request.body()
        if len(raw) > 3000:
            raise RefusedError(400, "VALIDATION_ERROR", "the request body is over 3000 characters")
        body = await request.json()
        limit, after = int(body.get("limit", 10)), int(body.get("after") or 0)
        if limit > 200 or after + limit > 10_000:
            raise RefusedError(
                400, "VALIDATION_ERROR", "limit is over 200, or paging is over 10000"
            )
        visible = iso(time.time() - hub.search_lag)
        things = [
            t
            for t in store.all(f"hubspot.{kind}").values()
            if not t["archived"] and t["updatedAt"] <= visible
        ]
        hits = [t for t in things if passes(t, body.get("filterGroups", []))]
        for sort in body.get("sorts", [])[:1]:
            hits.sort(
                key=lambda t: t["properties"].get(sort["propertyName"]) or "",
                reverse=sort.get("direction") == "DESCENDING",
            )
        page = hits[after : after + limit]
        paging = (
            {"paging": {"next": {"after": str(after + limit)}}} if after + limit < len(hits) else {}
        )
        return JSONResponse(
            {
                "total": len(hits),
                "results": [shown(t, body.get("properties")) for t in page],
                **paging,
            }
        )

    @route("POST", *objects)
    async def create(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await request.json()
        thing = hub.create(kind, body["properties"])
        for item in body.get("associations") or []:
            hub.link(
                kind,
                thing["id"],
                _target_of(item["types"][0]["associationTypeId"]),
                str(item["to"]["id"]),
            )
        return JSONResponse(shown(thing, list(body["properties"])), 201)

    @route("GET", *objects)
    async def page(request: Request, kind: str, version: str = "") -> Response:
        del version
        limit, after = (
            int(request.query_params.get("limit", 10)),
            int(request.query_params.get("after", 0)),
        )
        wanted = [n for v in request.query_params.getlist("properties") for n in v.split(",")]
        archived = request.query_params.get("archived") == "true"
        things = [
            t
            for t in store.all(f"hubspot.{kind}").values()
            if t["archived"] == archived and int(t["id"]) > after
        ]
        things.sort(key=lambda t: int(t["id"]))
        paging = (
            {"paging": {"next": {"after": things[limit - 1]["id"], "link": ""}}}
            if len(things) > limit
            else {}
        )
        return JSONResponse({"results": [shown(t, wanted) for t in things[:limit]], **paging})

    @route("GET", *(f"{o}/{{ident}}" for o in objects))
    async def one(request: Request, kind: str, ident: str, version: str = "") -> Response:
        del version
        thing = hub.find(kind, ident, request.query_params.get("idProperty"))
        if thing is None:
            raise RefusedError(404, "OBJECT_NOT_FOUND", "resource not found")
        wanted = [n for v in request.query_params.getlist("properties") for n in v.split(",")]
        return JSONResponse(shown(thing, wanted))

    @route("PATCH", *(f"{o}/{{ident}}" for o in objects))
    async def patch(request: Request, kind: str, ident: str, version: str = "") -> Response:
        del version
        thing = hub.find(kind, ident, request.query_params.get("idProperty"))
        if thing is None:
            raise RefusedError(404, "OBJECT_NOT_FOUND", "resource not found")
        properties = (await request.json())["properties"]
        return JSONResponse(shown(hub.update(kind, thing, properties), list(properties)))

    @route("DELETE", *(f"{o}/{{ident}}" for o in objects))
    async def archive(request: Request, kind: str, ident: str, version: str = "") -> Response:
        del version, request
        thing = hub.find(kind, ident, None)
        if thing is not None:
            thing["archived"] = True
            hub.by_email = {e: i for e, i in hub.by_email.items() if i != ident}
            store.put(f"hubspot.{kind}", ident, thing)
        return Response(status_code=204)


def _target_of(type_id: int) -> str:
    return {
        204: "contacts",
        192: "companies",
        279: "companies",
        1: "companies",
        194: "contacts",
        198: "contacts",
        200: "contacts",
        202: "contacts",
        3: "contacts",
    }[type_id]

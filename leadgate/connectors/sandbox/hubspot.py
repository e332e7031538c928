"""HubSpot's CRM on the sandbox's store: v3, v4 and date-based paths on one set of objects.

Sources: facts/hubspot.md (sections at each rule) and facts/hubspot_python_client_contract.md (paths and success statuses
that the official client needs). What is unknown there is answered in the stricter way.
"""

import json
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from leadgate.connectors.sandbox.faults import RollingWindow
from leadgate.connectors.sandbox.store import Store, Thing

TOKEN = "pat-sandbox-0001"  # noqa: S105  the sandbox's own
ID_OF = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tasks": "0-27",
    "notes": "0-46",
    "meetings": "0-47",
    "calls": "0-48",
    "emails": "0-49",
}
ACTIVITIES = frozenset({"tasks", "calls", "emails", "meetings", "notes"})
READ_ONLY = frozenset(
    "hs_object_id createdate lastmodifieddate hs_lastmodifieddate hs_email_optout hs_email_bounce associatedcompanyid "
    "hs_email_hard_bounce_reason_enum hs_sales_email_last_replied hs_sequences_is_enrolled notes_last_contacted hs_merged_object_ids".split()
)
BUILT_IN = {
    "contacts": set(
        "email firstname lastname jobtitle phone city state country company hubspot_owner_id lifecyclestage hs_lead_status "
        "hs_additional_emails website industry numemployees".split()
    )
    | READ_ONLY,
    "companies": set("name domain industry numberofemployees city state country hubspot_owner_id hs_additional_domains".split())
    | READ_ONLY,
}
STEPS = 5


class RefusedError(Exception):
    """An answer that isn't a success."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status": "error", "category": category, "message": message, "correlationId": str(uuid.uuid4()), **more}


def iso(at: float | None = None) -> str:
    """HubSpot's time text."""
    moment = datetime.fromtimestamp(at if at is not None else time.time(), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Hub:
    """The objects and their rules."""

    def __init__(self, store: Store, search_lag: float = 2.0) -> None:
        self.store, self.search_lag = store, search_lag
        self.by_email: dict[str, str] = {}
        self.by_unique: dict[tuple[str, str, str], str] = {}
        self.reindex()

    def reindex(self) -> None:
        """Build the look-ups of unique values anew, after objects were put in from outside."""
        for kind in ("contacts", "companies"):
            for thing in self.store.all(f"hubspot.{kind}").values():
                self._index(kind, thing)

    def _index(self, kind: str, thing: Thing) -> None:
        p = thing["properties"]
        if kind == "contacts":
            for email in [p.get("email"), *(p.get("hs_additional_emails") or "").split(";")]:
                if email:
                    self.by_email[email.lower()] = thing["id"]
        for name in self.unique(kind):
            if p.get(name):
                self.by_unique[(kind, name, p[name])] = thing["id"]

    def unique(self, kind: str) -> list[str]:
        return [n for n, d in self.defined(kind).items() if d.get("hasUniqueValue")]

    def defined(self, kind: str) -> dict[str, Thing]:
        return {k.split(":", 1)[1]: v for k, v in self.store.all("hubspot.properties").items() if k.startswith(f"{kind}:")}

    def check(self, kind: str, properties: dict[str, Any]) -> dict[str, str]:
        """Refuse what the account doesn't define; activities ignore it instead (facts 1.6)."""
        if kind in ACTIVITIES or kind == "deals":
            return {k: str(v) for k, v in properties.items()}
        known = BUILT_IN[kind] | set(self.defined(kind))
        bad = [
            {"isValid": False, "message": f'Property "{n}" does not exist', "error": "PROPERTY_DOESNT_EXIST", "name": n}
            for n in properties
            if n not in known
        ]
        bad += [
            {"isValid": False, "message": f"{n} is read only", "error": "READ_ONLY_VALUE", "name": n}
            for n in properties
            if n in READ_ONLY
        ]
        email = properties.get("email")
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            bad.append(
                {"isValid": False, "message": f"Email address {email} is invalid", "error": "INVALID_EMAIL", "name": "email"}
            )
        owner = properties.get("hubspot_owner_id")
        if owner and not self.store.get("hubspot.owners", str(owner)):
            bad.append(
                {
                    "isValid": False,
                    "message": f"{owner} was not one of the allowed options",
                    "error": "INVALID_OPTION",
                    "name": "hubspot_owner_id",
                }
            )
        if bad:
            raise RefusedError(400, "VALIDATION_ERROR", f"Property values were not valid: {json.dumps(bad)}")
        return {k: str(v).lower() if k == "email" else str(v) for k, v in properties.items()}

    def create(self, kind: str, properties: dict[str, Any]) -> Thing:
        values = self.check(kind, properties)
        self.refuse_twin(kind, values, None)
        if kind == "contacts" and not (values.get("email") or values.get("firstname") or values.get("lastname")):
            raise RefusedError(400, "VALIDATION_ERROR", "one of email, firstname or lastname is needed")
        if kind == "companies" and not (values.get("name") or values.get("domain")):
            raise RefusedError(400, "VALIDATION_ERROR", "name or domain is needed")
        if kind == "tasks" and not values.get("hs_timestamp"):
            raise RefusedError(400, "VALIDATION_ERROR", "hs_timestamp is needed")
        ident = self.store.next_id(f"hubspot.{kind}", 1001)
        now = iso()
        thing: Thing = {
            "id": ident,
            "properties": {**values, "hs_object_id": ident, "createdate": now},
            "createdAt": now,
            "updatedAt": now,
            "archived": False,
        }
        if kind == "contacts":
            thing["properties"].setdefault("lifecyclestage", "lead")
        return self.save(kind, thing)

    def refuse_twin(self, kind: str, values: dict[str, str], own: str | None) -> None:
        email = values.get("email")
        if kind == "contacts" and email and self.by_email.get(email, own) != own:
            raise RefusedError(409, "CONFLICT", f"Contact already exists. Existing ID: {self.by_email[email]}")
        for name in self.unique(kind):
            if values.get(name) and self.by_unique.get((kind, name, values[name]), own) != own:
                raise RefusedError(409, "CONFLICT", f"{kind} with {name} {values[name]} already exists")

    def update(self, kind: str, thing: Thing, properties: dict[str, Any]) -> Thing:
        values = self.check(kind, properties)
        if thing["properties"].get("email") in (self.store.get("control", "ownerless") or {}):
            values.pop("hubspot_owner_id", None)  # a workflow of the account clears it again
        self.refuse_twin(kind, values, thing["id"])
        old = thing["properties"].get("email")
        thing["properties"] = {**thing["properties"], **values}
        if kind == "contacts" and values.get("email") and old and values["email"] != old:
            self.by_email.pop(old, None)
        return self.save(kind, thing)

    def save(self, kind: str, thing: Thing) -> Thing:
        thing["updatedAt"] = iso()
        thing["properties"]["lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"] = thing["updatedAt"]
        self._index(kind, thing)
        return self.store.put(f"hubspot.{kind}", thing["id"], thing)

    def find(self, kind: str, ident: str, by: str | None) -> Thing | None:
        if by in {None, "", "hs_object_id"}:
            found = self.store.get(f"hubspot.{kind}", ident)
        elif by == "email" and kind == "contacts":
            found = self.store.get("hubspot.contacts", self.by_email.get(ident.lower(), ""))
        elif by in self.unique(kind):
            found = self.store.get(f"hubspot.{kind}", self.by_unique.get((kind, str(by), ident), ""))
        else:
            raise RefusedError(400, "VALIDATION_ERROR", f"Unable to perform read by non-unique {ID_OF[kind]} property {by}")
        return None if found is None or found["archived"] else found

    def link(self, source: str, a: str, target: str, b: str) -> None:
        for s, x, t, y in ((source, a, target, b), (target, b, source, a)):
            key = f"{s}:{x}:{t}"
            row = self.store.get("hubspot.links", key) or {"to": []}
            if y not in row["to"]:
                row["to"].append(y)
                self.store.put("hubspot.links", key, row)
        pair = {source: a, target: b}
        contact: Thing | None = (
            self.store.get("hubspot.contacts", pair["contacts"]) if set(pair) == {"contacts", "companies"} else None
        )
        if contact is not None:
            contact["properties"].setdefault("associatedcompanyid", pair["companies"])
            self.store.put("hubspot.contacts", contact["id"], contact)

    def links(self, source: str, ident: str, target: str) -> list[str]:
        return list((self.store.get("hubspot.links", f"{source}:{ident}:{target}") or {"to": []})["to"])

    def broken(self, kind: str, values: dict[str, Any], thing: Thing | None) -> bool:
        """A row that the account refuses to store whatever is tried (control: broken_emails)."""
        email = values.get("email") or ((thing or {}).get("properties") or {}).get("email")
        return kind == "contacts" and email in (self.store.get("control", "broken_emails") or {})


def shown(thing: Thing, wanted: list[str] | None) -> Thing:
    """An object with the properties that were asked for: null where unset; a few by default."""
    p = thing["properties"]
    names = wanted or ["email", "firstname", "lastname", "name", "domain"]
    chosen = {n: p.get(n) for n in names} if wanted else {n: p[n] for n in names if n in p}
    chosen |= {n: p[n] for n in ("hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate") if n in p}
    return {**{k: thing[k] for k in ("id", "createdAt", "updatedAt", "archived")}, "properties": chosen}


Handler = Callable[..., Awaitable[Response]]


def make_router(store: Store, hub: Hub, limit: int = 100, search_limit: int = 5) -> APIRouter:
    """All routes under both spellings of their paths."""
    router = APIRouter()
    window, searches = RollingWindow(limit, 10.0), RollingWindow(search_limit, 1.0)

    def guarded(handler: Handler, *, search: bool = False) -> Handler:
        async def call(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return JSONResponse(
                    RefusedError(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.").body, 401
                )
            left = searches.take() if search else window.take()
            headers = (
                {}
                if search
                else {
                    "x-hubspot-ratelimit-max": str(window.limit),
                    "x-hubspot-ratelimit-remaining": str(max(left, 0)),
                    "x-hubspot-ratelimit-interval-milliseconds": "10000",
                }
            )
            if left < 0:
                policy, said = ("SECONDLY", "secondly") if search else ("TEN_SECONDLY_ROLLING", "ten_secondly_rolling")
                body = {
                    "status": "error",
                    "message": f"You have reached your {said} limit.",
                    "errorType": "RATE_LIMIT",
                    "policyName": policy,
                    "correlationId": str(uuid.uuid4()),
                }
                return JSONResponse(body, 429, headers)
            try:
                response = await handler(request, **request.path_params)
            except RefusedError as refused:
                return JSONResponse(refused.body, refused.status, headers)
            response.headers.update(headers)
            return response

        return call

    def route(method: str, *paths: str, search: bool = False) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            for path in paths:
                for spelled in {path, path.rstrip("/") + "/"} if path.endswith("/") else {path}:
                    router.add_api_route(spelled, guarded(handler, search=search), methods=[method])
            return handler

        return add

    objects = ("/crm/v3/objects/{kind}", "/crm/objects/{version}/{kind}")

    @route("POST", *(f"{o}/batch/read" for o in objects))
    async def batch_read(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await _inputs(request)
        found, missing = {}, []
        for item in body["inputs"]:
            thing = hub.find(kind, str(item["id"]), body.get("idProperty"))
            if thing is None:
                missing.append(str(item["id"]))
            else:
                found[thing["id"]] = shown(thing, body.get("properties"))
        said = f"Could not get some {kind.upper()} objects, they may be deleted or not exist. Check that ids are valid."
        errors = (
            [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": said, "context": {"ids": missing}}] if missing else []
        )
        return _batch(list(found.values()), errors)

    @route("POST", *(f"{o}/batch/create" for o in objects))
    async def batch_create(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await _inputs(request)
        traced = all(i.get("objectWriteTraceId") for i in body["inputs"])

        def make(item: Thing) -> Thing:
            if hub.broken(kind, item["properties"], None):
                raise RefusedError(500, "INTERNAL_ERROR", "There was a problem with the request.")
            thing = hub.create(kind, item["properties"])
            for link in item.get("associations", []):
                target = _target(link["types"][0]["associationTypeId"])
                hub.link(kind, thing["id"], target, str(link["to"]["id"]))
            return shown(thing, list(item["properties"]))

        if not traced:  # all or nothing (facts 0.5): the first fault names itself and nothing is made
            for item in body["inputs"]:
                hub.refuse_twin(kind, hub.check(kind, item["properties"]), None)
        return _each(body["inputs"], make, 201)

    @route("POST", *(f"{o}/batch/update" for o in objects))
    async def batch_update(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await _inputs(request)
        if body.get("idProperty") or any(i.get("idProperty") == "email" for i in body["inputs"]):
            raise RefusedError(400, "VALIDATION_ERROR", f"Unable to perform update/upsert by non-unique {ID_OF[kind]} property")
        _refuse_doubles(body["inputs"])

        def change(item: Thing) -> Thing:
            thing = hub.find(kind, str(item["id"]), None)
            if thing is None:
                raise RefusedError(404, "OBJECT_NOT_FOUND", "resource not found")
            if hub.broken(kind, item["properties"], thing):
                raise RefusedError(500, "INTERNAL_ERROR", "There was a problem with the request.")
            return shown(hub.update(kind, thing, item["properties"]), list(item["properties"]))

        return _each(body["inputs"], change, 200)

    @route("POST", *(f"{o}/batch/upsert" for o in objects))
    async def batch_upsert(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await _inputs(request)
        _refuse_doubles(body["inputs"])
        for item in body["inputs"]:
            by = item.get("idProperty")
            if by != "email" and by not in hub.unique(kind):
                raise RefusedError(
                    400, "VALIDATION_ERROR", f"Unable to perform update/upsert by non-unique {ID_OF[kind]} property {by}"
                )

        def settle(item: Thing) -> Thing:
            by = item["idProperty"]
            thing = hub.find(kind, str(item["id"]), by)
            if hub.broken(kind, item["properties"], thing):
                raise RefusedError(500, "INTERNAL_ERROR", "There was a problem with the request.")
            values = {**item["properties"], by: item["id"]}
            done = hub.update(kind, thing, values) if thing else hub.create(kind, values)
            return {**shown(done, list(values)), "new": thing is None}

        return _each(body["inputs"], settle, 200)

    @route("POST", *(f"{o}/search" for o in objects), search=True)
    async def search(request: Request, kind: str, version: str = "") -> Response:
        del version
        raw = await request.body()
        if len(raw) > 3000:
            raise RefusedError(400, "VALIDATION_ERROR", "the request body is over 3000 characters")
        body = await request.json()
        limit, after = int(body.get("limit", 10)), int(body.get("after") or 0)
        if limit > 200 or after + limit > 10_000:
            raise RefusedError(400, "VALIDATION_ERROR", "limit is over 200, or paging is over 10000")
        visible = iso(time.time() - hub.search_lag)
        things = [t for t in store.all(f"hubspot.{kind}").values() if not t["archived"] and t["updatedAt"] <= visible]
        hits = [t for t in things if _passes(t, body.get("filterGroups", []))]
        for sort in body.get("sorts", [])[:1]:
            hits.sort(
                key=lambda t: t["properties"].get(sort["propertyName"]) or "", reverse=sort.get("direction") == "DESCENDING"
            )
        page = hits[after : after + limit]
        paging = {"paging": {"next": {"after": str(after + limit)}}} if after + limit < len(hits) else {}
        return JSONResponse({"total": len(hits), "results": [shown(t, body.get("properties")) for t in page], **paging})

    @route("POST", *objects)
    async def create(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await request.json()
        thing = hub.create(kind, body["properties"])
        for item in body.get("associations") or []:
            hub.link(kind, thing["id"], _target(item["types"][0]["associationTypeId"]), str(item["to"]["id"]))
        return JSONResponse(shown(thing, list(body["properties"])), 201)

    @route("GET", *objects)
    async def page(request: Request, kind: str, version: str = "") -> Response:
        del version
        limit, after = int(request.query_params.get("limit", 10)), int(request.query_params.get("after", 0))
        wanted = [n for v in request.query_params.getlist("properties") for n in v.split(",")]
        archived = request.query_params.get("archived") == "true"
        things = [t for t in store.all(f"hubspot.{kind}").values() if t["archived"] == archived and int(t["id"]) > after]
        things.sort(key=lambda t: int(t["id"]))
        paging = {"paging": {"next": {"after": things[limit - 1]["id"], "link": ""}}} if len(things) > limit else {}
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

    associations = ("/crm/v4/associations/{source}/{target}", "/crm/associations/{version}/{source}/{target}")

    @route("POST", *(f"{a}/batch/create" for a in associations), *(f"{a}/batch/associate/default" for a in associations))
    async def associate(request: Request, source: str, target: str, version: str = "") -> Response:
        del version
        made = []
        for item in (await _inputs(request, 2000))["inputs"]:
            a, b = str(item["from"]["id"]), str(item["to"]["id"])
            hub.link(source, a, target, b)
            made.append(
                {
                    "fromObjectTypeId": ID_OF[source],
                    "fromObjectId": a,
                    "toObjectTypeId": ID_OF[target],
                    "toObjectId": b,
                    "labels": [],
                }
            )
        return _batch(made, [], 201)

    @route("POST", *(f"{a}/batch/read" for a in associations))
    async def associated(request: Request, source: str, target: str, version: str = "") -> Response:
        del version
        rows = []
        for item in (await _inputs(request, 1000))["inputs"]:
            to = hub.links(source, str(item["id"]), target)
            if to:
                types = [{"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None}]
                rows.append(
                    {"from": {"id": str(item["id"])}, "to": [{"toObjectId": int(i), "associationTypes": types} for i in to]}
                )
        return _batch(rows, [])

    @route("GET", "/crm/v3/owners/", "/crm/owners/{version}", "/crm/v3/owners")
    async def owners(request: Request, version: str = "") -> Response:
        del version
        archived = request.query_params.get("archived") == "true"
        found = [o for o in store.all("hubspot.owners").values() if o["archived"] == archived]
        if email := request.query_params.get("email"):
            found = [o for o in found if o["email"] == email]
        return JSONResponse({"results": found})

    properties = ("/crm/v3/properties/{kind}", "/crm/properties/{version}/{kind}")

    @route("GET", *properties)
    async def list_properties(request: Request, kind: str, version: str = "") -> Response:
        del version, request
        built_in = [
            {"name": n, "label": n, "type": "string", "fieldType": "text", "hubspotDefined": True}
            for n in sorted(BUILT_IN.get(kind, ()))
        ]
        return JSONResponse({"results": [*built_in, *hub.defined(kind).values()]})

    @route("POST", *properties)
    async def make_property(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await request.json()
        if body["name"] in BUILT_IN.get(kind, ()) or body["name"] in hub.defined(kind):
            raise RefusedError(409, "CONFLICT", f"A property named '{body['name']}' already exists.")
        if body.get("hasUniqueValue") and len(hub.unique(kind)) >= 10:
            raise RefusedError(400, "VALIDATION_ERROR", "at most 10 unique properties")
        return JSONResponse(store.put("hubspot.properties", f"{kind}:{body['name']}", body), 201)

    lists = ("/crm/v3/lists", "/crm/lists/{version}")

    @route("POST", *(f"{x}/search" for x in lists))
    async def find_lists(request: Request, version: str = "") -> Response:
        del version
        query = (await request.json()).get("query", "").casefold()
        found = [item for item in store.all("hubspot.lists").values() if query in item["name"].casefold()]
        return JSONResponse({"lists": found, "total": len(found), "offset": len(found), "hasMore": False})

    @route("POST", *lists, "/crm/v3/lists/")
    async def make_list(request: Request, version: str = "") -> Response:
        del version
        body = await request.json()
        ident = store.next_id("hubspot.lists", 1)
        made = store.put("hubspot.lists", ident, {**body, "listId": ident})
        return JSONResponse({"list": made})

    @route("PUT", *(f"{x}/{{ident}}/memberships/add" for x in lists))
    async def add(request: Request, ident: str, version: str = "") -> Response:
        del version
        return _membership(store, hub, ident, await request.json(), entering=True)

    @route("PUT", *(f"{x}/{{ident}}/memberships/remove" for x in lists))
    async def remove(request: Request, ident: str, version: str = "") -> Response:
        del version
        return _membership(store, hub, ident, await request.json(), entering=False)

    @route("POST", "/communication-preferences/v4/statuses/{email}/unsubscribe-all")
    async def unsubscribe(request: Request, email: str) -> Response:
        del request
        thing = hub.find("contacts", email, "email")
        if thing is not None:
            thing["properties"]["hs_email_optout"] = "true"
            hub.save("contacts", thing)
        return JSONResponse({"status": "COMPLETE", "results": []})

    return router


async def _inputs(request: Request, most: int = 100) -> dict[str, Any]:
    body: dict[str, Any] = await request.json()
    if len(body.get("inputs", [])) > most:
        raise RefusedError(400, "VALIDATION_ERROR", f"at most {most} inputs")
    return body


def _refuse_doubles(inputs: list[Thing]) -> None:
    ids = [str(i["id"]) for i in inputs]
    if len(set(ids)) < len(ids):
        raise RefusedError(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")


def _each(inputs: list[Thing], do: Callable[[Thing], Thing], status: int) -> Response:
    """Row by row: 207 with the trace id of each that failed; without trace ids the first fault fails the call (facts 0.5)."""
    results, errors = [], []
    for item in inputs:
        try:
            results.append(do(item))
        except RefusedError as refused:
            trace = item.get("objectWriteTraceId")
            if not trace:
                raise
            errors.append({**refused.body, "context": {"objectWriteTraceId": [trace]}})
    return _batch(results, errors, status)


def _batch(results: list[Thing], errors: list[Thing], status: int = 200) -> Response:
    now = iso()
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        errors = [{"errors": [], "links": {}, "context": {}, **error} for error in errors]  # the official client wants them all
        return JSONResponse({**body, "numErrors": len(errors), "errors": errors}, 207)
    return JSONResponse(body, status)


def _target(type_id: int) -> str:
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


def _passes(thing: Thing, groups: list[Thing]) -> bool:
    return not groups or any(all(_holds(thing["properties"], f) for f in g["filters"]) for g in groups)


def _holds(p: dict[str, Any], f: Thing) -> bool:
    value, operator = p.get(f["propertyName"]), f["operator"]
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return bool(bool(value) == (operator == "HAS_PROPERTY"))
    if value is None:
        return False
    if operator in {"IN", "NOT_IN"}:
        return bool((str(value).lower() in f["values"]) == (operator == "IN"))
    wanted = str(f["value"])
    if operator == "EQ":
        return bool(str(value).lower() == wanted.lower())
    if wanted.isdigit() and "T" in str(value):
        at = datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp() * 1000
        compared: dict[str, bool] = {
            "GT": at > int(wanted),
            "GTE": at >= int(wanted),
            "LT": at < int(wanted),
            "LTE": at <= int(wanted),
        }
        return compared[operator]
    raise RefusedError(400, "VALIDATION_ERROR", f"operator {operator} is not known here")


def _membership(store: Store, hub: Hub, ident: str, ids: list[Any], *, entering: bool) -> Response:
    if store.get("hubspot.lists", ident) is None:
        raise RefusedError(404, "OBJECT_NOT_FOUND", "List does not exist")
    there = [str(i) for i in ids if hub.find("contacts", str(i), None)]
    missing = [str(i) for i in ids if str(i) not in there]
    done = []
    for contact in there:
        key = f"{ident}:{contact}"
        row = store.get("hubspot.memberships", key)
        inside = row is not None and row["left"] is None
        if entering and not inside:
            before = (row or {}).get("spells", [])
            store.put(
                "hubspot.memberships",
                key,
                {"list": ident, "contact": contact, "entered": time.time(), "left": None, "spells": before},
            )
            done.append(contact)
        if not entering and inside and row is not None:
            left = time.time()
            store.put("hubspot.memberships", key, {**row, "left": left, "spells": [*row["spells"], [row["entered"], left]]})
            done.append(contact)
    added, removed = (done, []) if entering else ([], done)
    return JSONResponse({"recordIdsMissing": missing, "recordsIdsAdded": added, "recordIdsRemoved": removed})

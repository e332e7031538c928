"""What hangs on a record: related lists, tags, and a change of owner (Zoho's pages "Get Related
Records", "Add Tags" and "Change Owner")."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.listings import page_of_rows
from sandbox.zoho.metadata import RELATED
from sandbox.zoho.org import Org
from sandbox.zoho.refusals import RefusedError, invalid_field, missing_param
from sandbox.zoho.routing import Routes
from sandbox.zoho.rows import status_of
from sandbox.zoho.shown import shown
from sandbox.zoho.writes import find, update

_LINKS = ("What_Id", "Who_Id", "Parent_Id")


def serve_related(routes: Routes) -> None:
    """Add the routes."""
    org, route = routes.org, routes.route

    @route("GET", "/settings/tags")
    async def tags(request: Request) -> Response:
        module = request.query_params.get("module") or ""
        org.fields(module)
        found = list(org.store.all(f"zoho.tags.{module}").values())
        info = {"count": len(found), "allowed_count": 100}
        return JSONResponse({"tags": found, "info": info})

    @route("POST", "/settings/tags")
    async def make_tags(request: Request) -> Response:
        module = request.query_params.get("module") or ""
        org.fields(module)
        done = [_make_tag(org, module, tag["name"]) for tag in (await request.json())["tags"]]
        return JSONResponse({"tags": done}, status_of(org, done, 201))

    @route("POST", "/{module}/{ident}/actions/add_tags")
    async def add_tags(request: Request, module: str, ident: str) -> Response:
        record, names = find(org, module, ident), _names(await request.json())
        held = [tag["name"] for tag in record.get("Tag") or []]
        return _tagged(org, module, record, [*dict.fromkeys([*held, *names])])

    @route("POST", "/{module}/{ident}/actions/remove_tags")
    async def remove_tags(request: Request, module: str, ident: str) -> Response:
        record, names = find(org, module, ident), _names(await request.json())
        held = [tag["name"] for tag in record.get("Tag") or []]
        return _tagged(org, module, record, [name for name in held if name not in names])

    @route("POST", "/{module}/{ident}/actions/change_owner")
    async def change_owner(request: Request, module: str, ident: str) -> Response:
        owner = (await request.json()).get("owner") or {}
        update(org, module, find(org, module, ident), {"Owner": owner})
        done = {
            "code": "SUCCESS",
            "details": {"id": ident},
            "message": "owner updated successfully",
            "status": "success",
        }
        return JSONResponse({"data": [done]})

    @route("GET", "/{module}/{ident}/{name}")
    async def related(request: Request, module: str, ident: str, name: str) -> Response:
        org.fields(module)
        if name not in RELATED:
            raise RefusedError(400, "INVALID_DATA", "the relation name given seems to be invalid")
        fields = [one for one in request.query_params.get("fields", "").split(",") if one]
        if not fields:
            raise missing_param("fields")
        find(org, module, ident)
        found = [r for r in org.all(RELATED[name]).values() if _hangs_on(r, ident)]
        return page_of_rows(
            request, "data", found, lambda record: shown(org, RELATED[name], record, fields)
        )


def _hangs_on(record: Thing, ident: str) -> bool:
    return any((record.get(link) or {}).get("id") == ident for link in _LINKS)


def _names(body: Thing) -> list[str]:
    """The tags' names. Raises RefusedError for none."""
    names = [tag.get("name") for tag in body.get("tags") or []]
    if not names or None in names:
        raise RefusedError(400, "MANDATORY_NOT_FOUND", "required field not found", api_name="tags")
    return [str(name) for name in names]


def _tagged(org: Org, module: str, record: Thing, names: list[str]) -> Response:
    for name in names:
        if name not in org.store.all(f"zoho.tags.{module}"):
            _make_tag(org, module, name)
    held = [org.store.all(f"zoho.tags.{module}")[name] for name in names]
    org.change(module, record, Tag=[{"id": tag["id"], "name": tag["name"]} for tag in held])
    done = {
        "code": "SUCCESS",
        "details": {"id": record["id"], "tags": names},
        "message": "tags updated successfully",
        "status": "success",
    }
    return JSONResponse({"data": [done], "success_count": "1"})


def _make_tag(org: Org, module: str, name: str) -> Thing:
    if len(name) > 25:
        raise invalid_field("name", maximum_length=25)
    if name in org.store.all(f"zoho.tags.{module}"):
        return RefusedError(400, "DUPLICATE_DATA", "tag name already exists", name=name).body
    tag = {"id": org.next_id(), "name": name, "color_code": None}
    org.store.put(f"zoho.tags.{module}", name, tag)
    return {
        "code": "SUCCESS",
        "details": {"id": tag["id"]},
        "message": "tags created successfully",
        "status": "success",
    }

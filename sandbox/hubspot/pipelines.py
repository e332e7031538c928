"""Pipelines of deals and their stages: read, made, changed, archived.

Source: HubSpot's page "Pipelines": a stage of a deal has a probability between 0 and 1.
"""

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.errors import RefusedError, invalid, iso, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.pipeline_stages import new_stage
from sandbox.hubspot.requests import body_of, chosen, flag
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing

_PATHS = ("/crm/v3/pipelines/{kind}", "/crm/pipelines/{version}/{kind}")


def serve_pipelines(routes: Routes, hub: Hub) -> None:
    """Add the routes of pipelines."""
    route, pipelines = routes.route, hub.schema.stages
    single = tuple(f"{path}/{{ident}}" for path in _PATHS)

    @route("GET", *_PATHS)
    async def all_of(request: Request, kind: str) -> Response:
        _refuse_others(kind)
        return JSONResponse({"results": pipelines.all(archived=flag(request, "archived"))})

    @route("POST", *_PATHS)
    async def make(request: Request, kind: str) -> Response:
        _refuse_others(kind)
        body = await body_of(request)
        if any(one["label"] == body.get("label") for one in pipelines.all()):
            said = f"There is already a pipeline with the label {body['label']}"
            raise RefusedError(409, "CONFLICT", said)
        made = _pipeline(
            hub, str(body.get("pipelineId") or hub.store.next_id("pipeline", 700)), body
        )
        return JSONResponse(pipelines.put(made), 201)

    @route("GET", *single)
    async def one(request: Request, kind: str, ident: str) -> Response:
        del request
        return JSONResponse(_held(hub, kind, ident))

    @route("PATCH", *single)
    async def change(request: Request, kind: str, ident: str) -> Response:
        body = await body_of(request)
        given = chosen(body, "label", "displayOrder")
        return JSONResponse(pipelines.put({**_held(hub, kind, ident), **given}))

    @route("PUT", *single)
    async def replace(request: Request, kind: str, ident: str) -> Response:
        held, body = _held(hub, kind, ident), await body_of(request)
        made = {**_pipeline(hub, ident, body), "createdAt": held["createdAt"]}
        return JSONResponse(pipelines.put(made))

    @route("DELETE", *single)
    async def archive(request: Request, kind: str, ident: str) -> Response:
        del request
        held = _held(hub, kind, ident)
        deals = hub.store.all("hubspot.deals").values()
        if any(deal["properties"].get("pipeline") == ident for deal in deals):
            raise invalid(f"The pipeline {ident} is used by deals")
        pipelines.put({**held, "archived": True, "archivedAt": iso()})
        return Response(status_code=204)

    serve_stages(routes, hub, single)


def serve_stages(routes: Routes, hub: Hub, pipelines: tuple[str, ...]) -> None:
    """Add the routes of a pipeline's stages."""
    route, store = routes.route, hub.schema.stages
    stages = tuple(f"{path}/stages" for path in pipelines)
    single = tuple(f"{path}/{{stage}}" for path in stages)

    @route("GET", *stages)
    async def all_of(request: Request, kind: str, ident: str) -> Response:
        del request
        return JSONResponse({"results": _held(hub, kind, ident)["stages"]})

    @route("POST", *stages)
    async def make(request: Request, kind: str, ident: str) -> Response:
        held, body = _held(hub, kind, ident), await body_of(request)
        made = _stage(hub, body, len(held["stages"]))
        store.put({**held, "stages": [*held["stages"], made]})
        return JSONResponse(made, 201)

    @route("GET", *single)
    async def one(request: Request, kind: str, ident: str, stage: str) -> Response:
        del request
        return JSONResponse(_held_stage(_held(hub, kind, ident), stage))

    @route("PATCH", *single)
    async def change(request: Request, kind: str, ident: str, stage: str) -> Response:
        held, body = _held(hub, kind, ident), await body_of(request)
        given = chosen(body, "label", "displayOrder", "metadata")
        done = {**_held_stage(held, stage), **given, "updatedAt": iso()}
        kept = [done if row["id"] == stage else row for row in held["stages"]]
        store.put({**held, "stages": kept})
        return JSONResponse(done)

    @route("DELETE", *single)
    async def archive(request: Request, kind: str, ident: str, stage: str) -> Response:
        del request
        held = _held(hub, kind, ident)
        _held_stage(held, stage)
        store.put({**held, "stages": [row for row in held["stages"] if row["id"] != stage]})
        return Response(status_code=204)


def _refuse_others(kind: str) -> None:
    if kind != "deals":
        raise invalid(f"{kind} have no pipelines")


def _held(hub: Hub, kind: str, ident: str) -> Thing:
    _refuse_others(kind)
    if (found := hub.schema.stages.get(ident)) is None:
        raise not_found(f"There is no pipeline {ident}")
    return found


def _held_stage(pipeline: Thing, ident: str) -> Thing:
    for row in pipeline["stages"]:
        if row["id"] == ident:
            return dict(row)
    raise not_found(f"There is no stage {ident}")


def _pipeline(hub: Hub, ident: str, sent: dict[str, Any]) -> Thing:
    if not sent.get("label") or not sent.get("stages"):
        raise invalid("A pipeline needs a label and stages")
    stages = [_stage(hub, one, place) for place, one in enumerate(sent["stages"])]
    return {
        "id": ident,
        "label": str(sent["label"]),
        "displayOrder": int(sent.get("displayOrder", 0)),
        "stages": stages,
        "createdAt": iso(),
        "updatedAt": iso(),
        "archived": False,
    }


def _stage(hub: Hub, sent: dict[str, Any], place: int) -> Thing:
    metadata = sent.get("metadata") or {}
    try:
        probability = float(metadata["probability"])
    except (KeyError, TypeError, ValueError) as error:
        raise invalid("A stage of deals needs metadata with a probability") from error
    if not sent.get("label") or not 0.0 <= probability <= 1.0:
        raise invalid("A stage needs a label, and a probability between 0.0 and 1.0")
    ident = str(sent.get("stageId") or hub.store.next_id("stage", 9000))
    return new_stage(ident, str(sent["label"]), int(sent.get("displayOrder", place)), metadata)

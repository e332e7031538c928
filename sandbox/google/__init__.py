"""Google Sheets on the sandbox's store: spreadsheets with tabs, their values, a service account's
login (docs/design/vendors.md Google 5).

A spreadsheet is there once it was created through the API or put into the store
(`new_spreadsheet`). googleapis holds the calls to what Google documents (tests/clients/google).
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.faults import RollingWindow
from sandbox.google import values
from sandbox.google.errors import GoogleRefusal
from sandbox.google.login import EMAIL, TOKEN, check_token, login
from sandbox.google.requests import batch_update
from sandbox.google.spreadsheets import (
    KIND,
    find,
    new_spreadsheet,
    new_tab,
    properties_of,
    refuse_too_many_cells,
    tab_named,
)
from sandbox.store import Store, Thing

__all__ = ["EMAIL", "TOKEN", "make_router", "new_spreadsheet"]
#: Reads, and writes, of one user in a minute (Sheets API, Usage limits).
QUOTA = 60
_SHEETS = "/v4/spreadsheets"


def make_router(store: Store, quota: int = QUOTA) -> APIRouter:
    """The login, and the spreadsheets."""
    router = APIRouter()
    windows = {kind: RollingWindow(quota, 60.0) for kind in ("Read", "Write")}

    def answer(request: Request, act: Callable[[], Any], *, writes: bool) -> Response:
        try:
            check_token(request.headers.get("authorization", ""))
            _take(windows, "Write" if writes else "Read")
            return JSONResponse(act())
        except GoogleRefusal as refused:
            return refused.response

    def change(ident: str, act: Callable[[Thing], Any]) -> Any:
        """A refused change leaves the spreadsheet as it was."""
        changed = deepcopy(find(store, ident))
        done = act(changed)
        store.put(KIND, ident, changed)
        return done

    @router.post("/token")
    async def token(request: Request) -> Response:
        return login(dict(parse_qsl((await request.body()).decode())))

    @router.post(_SHEETS)
    async def create(request: Request) -> Response:
        body = await _body(request)
        return answer(request, lambda: _shown(_create(store, body)), writes=True)

    @router.get(f"{_SHEETS}/{{sheet}}")
    async def about(request: Request, sheet: str) -> Response:
        return answer(request, lambda: _shown(find(store, sheet)), writes=False)

    @router.post(f"{_SHEETS}/{{sheet}}:batchUpdate")
    async def update_tabs(request: Request, sheet: str) -> Response:
        body = await _body(request)

        def act() -> Any:
            changed, replies = batch_update(find(store, sheet), body.get("requests") or [])
            store.put(KIND, sheet, changed)
            return {"spreadsheetId": sheet, "replies": replies}

        return answer(request, act, writes=True)

    @router.get(f"{_SHEETS}/{{sheet}}/values/{{place:path}}")
    async def read(request: Request, sheet: str, place: str) -> Response:
        asked = request.query_params
        options = (asked.get("majorDimension", ""), asked.get("valueRenderOption", ""))
        return answer(
            request, lambda: values.read(find(store, sheet), place, *options), writes=False
        )

    @router.get(f"{_SHEETS}/{{sheet}}/values:batchGet")
    async def read_many(request: Request, sheet: str) -> Response:
        asked = request.query_params
        options = (asked.get("majorDimension", ""), asked.get("valueRenderOption", ""))

        def act() -> Any:
            there = find(store, sheet)
            some = [values.read(there, place, *options) for place in asked.getlist("ranges")]
            return {"spreadsheetId": sheet, "valueRanges": some}

        return answer(request, act, writes=False)

    @router.put(f"{_SHEETS}/{{sheet}}/values/{{place:path}}")
    async def update(request: Request, sheet: str, place: str) -> Response:
        body, given = await _body(request), request.query_params.get("valueInputOption")

        def act(there: Thing) -> Any:
            return values.update(there, place, body, values.input_option(given))

        return answer(request, lambda: change(sheet, act), writes=True)

    @router.post(f"{_SHEETS}/{{sheet}}/values:batchUpdate")
    async def update_many(request: Request, sheet: str) -> Response:
        body = await _body(request)

        def act(there: Thing) -> Any:
            option = values.input_option(body.get("valueInputOption"))
            done = [values.update(there, one["range"], one, option) for one in body["data"]]
            return {"spreadsheetId": sheet, **_totals(done), "responses": done}

        return answer(request, lambda: change(sheet, act), writes=True)

    @router.post(f"{_SHEETS}/{{sheet}}/values:batchClear")
    async def clear_many(request: Request, sheet: str) -> Response:
        body = await _body(request)

        def act(there: Thing) -> Any:
            cleared = [values.clear(there, place) for place in body.get("ranges") or []]
            return {"spreadsheetId": sheet, "clearedRanges": cleared}

        return answer(request, lambda: change(sheet, act), writes=True)

    @router.post(f"{_SHEETS}/{{sheet}}/values/{{place:path}}:append")
    async def append(request: Request, sheet: str, place: str) -> Response:
        body, asked = await _body(request), request.query_params

        def act(there: Thing) -> Any:
            option = values.input_option(asked.get("valueInputOption"))
            return values.append(there, place, body, option, asked.get("insertDataOption", ""))

        return answer(request, lambda: change(sheet, act), writes=True)

    @router.post(f"{_SHEETS}/{{sheet}}/values/{{place:path}}:clear")
    async def clear(request: Request, sheet: str, place: str) -> Response:
        def act(there: Thing) -> Any:
            return {"spreadsheetId": sheet, "clearedRange": values.clear(there, place)}

        return answer(request, lambda: change(sheet, act), writes=True)

    return router


def _take(windows: dict[str, RollingWindow], kind: str) -> None:
    if windows[kind].take() < 0:
        raise GoogleRefusal(
            429,
            f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per"
            " minute per user' of service 'sheets.googleapis.com' for consumer 'project_number:1'.",
        )


async def _body(request: Request) -> Thing:
    body: Thing = await request.json() if await request.body() else {}
    return body


def _create(store: Store, body: Thing) -> Thing:
    """A spreadsheet with the tabs that the body names, or one."""
    ident = f"1sandbox{store.next_id(KIND, 1):0>8}"
    title = (body.get("properties") or {}).get("title", "Untitled spreadsheet")
    made = new_spreadsheet(ident, title=title)
    wanted = [one.get("properties") or {} for one in body.get("sheets") or []]
    for number, one in enumerate(wanted):
        grid = one.get("gridProperties") or {}
        tab = new_tab(one.get("sheetId", number), one.get("title", f"Sheet{number + 1}"))
        tab["gridProperties"] |= {k: grid[k] for k in tab["gridProperties"] if k in grid}
        made["tabs"] = [tab] if number == 0 else [*made["tabs"], tab]
        if tab_named(made, tab["title"]) is not tab:
            raise GoogleRefusal(400, f'A sheet with the name "{tab["title"]}" already exists.')
    refuse_too_many_cells(made)
    return store.put(KIND, ident, made)


def _shown(spreadsheet: Thing) -> dict[str, Any]:
    ident = spreadsheet["spreadsheetId"]
    about = {"title": spreadsheet["title"], "locale": "en_US", "timeZone": "Etc/GMT"}
    return {
        "spreadsheetId": ident,
        "properties": about,
        "sheets": properties_of(spreadsheet),
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{ident}/edit",
    }


def _totals(done: list[dict[str, Any]]) -> dict[str, int]:
    totals = {
        f"totalUpdated{name}": sum(one[f"updated{name}"] for one in done)
        for name in ("Rows", "Columns", "Cells")
    }
    tabs = {one["updatedRange"].rpartition("!")[0] for one in done}
    return {**totals, "totalUpdatedSheets": len(tabs)}

"""Google Sheets as far as one tab needs it: values read, appended, set
(docs/design/vendors.md Google 5)."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

import jwt
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Store

TOKEN = "ya29.sandbox"  # noqa: S105  the sandbox's own
EMAIL = "leadgate@sandbox.iam.gserviceaccount.com"
_RANGE = re.compile(r"'?(?P<tab>[^'!]+)'?(?:!(?P<column>[A-Z]+)(?P<row>\d*)(?::.*)?)?$")


def make_router(store: Store) -> APIRouter:
    """The login, and the spreadsheet's values.

    Every spreadsheet exists and has every tab that is asked for.
    """
    router = APIRouter()

    def refused(status: int, code: str, message: str) -> Response:
        return JSONResponse({"error": {"code": status, "message": message, "status": code}}, status)

    def denied(request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return refused(
                401, "UNAUTHENTICATED", "Request had invalid authentication credentials."
            )
        return None

    def grid(sheet: str, tab: str) -> list[list[str]]:
        return [
            list(row)
            for row in (store.get("google.tabs", f"{sheet}:{tab}") or {"rows": []})["rows"]
        ]

    @router.post("/token")
    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        claims = jwt.decode(str(form["assertion"]), options={"verify_signature": False})
        if claims.get("iss") != EMAIL:
            return JSONResponse(
                {"error": "invalid_grant", "error_description": "Invalid grant: account not found"},
                400,
            )
        return JSONResponse({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})

    @router.get("/v4/spreadsheets/{sheet}")
    async def about(request: Request, sheet: str) -> Response:
        tabs = [
            k.partition(":")[2] for k in store.all("google.tabs") if k.startswith(f"{sheet}:")
        ] or ["Leadgate"]
        properties = [
            {
                "sheetId": i,
                "title": t,
                "index": i,
                "sheetType": "GRID",
                "gridProperties": {"rowCount": 1000, "columnCount": 26},
            }
            for i, t in enumerate(tabs)
        ]
        found = {
            "spreadsheetId": sheet,
            "properties": {"title": sheet},
            "sheets": [{"properties": p} for p in properties],
        }
        return denied(request) or JSONResponse(found)

    @router.get("/v4/spreadsheets/{sheet}/values/{place:path}")
    async def read(request: Request, sheet: str, place: str) -> Response:
        if (no := denied(request)) is not None:
            return no
        tab = _parse(place)[0]
        rows = grid(sheet, tab)
        return JSONResponse(
            {
                "range": place,
                "majorDimension": "ROWS",
                **({"values": [_trim(r) for r in rows]} if rows else {}),
            }
        )

    @router.post("/v4/spreadsheets/{sheet}/values:batchUpdate")
    async def update(request: Request, sheet: str) -> Response:
        if (no := denied(request)) is not None:
            return no
        for one in (await request.json())["data"]:
            tab, column, row = _parse(one["range"])
            rows = grid(sheet, tab)
            for down, cells in enumerate(one["values"]):
                for right, value in enumerate(cells):
                    _set(rows, row + down, column + right, str(value))
            store.put("google.tabs", f"{sheet}:{tab}", {"rows": rows})
        return JSONResponse({"spreadsheetId": sheet, "responses": []})

    @router.post("/v4/spreadsheets/{sheet}/values/{place:path}")
    async def append(request: Request, sheet: str, place: str) -> Response:
        if (no := denied(request)) is not None:
            return no
        if not place.endswith(":append") or request.query_params.get("valueInputOption") not in {
            "RAW",
            "USER_ENTERED",
        }:
            return refused(
                400, "INVALID_ARGUMENT", "'valueInputOption' is required but not specified"
            )
        tab = _parse(place.removesuffix(":append"))[0]
        rows, more = (
            grid(sheet, tab),
            [[str(v) for v in row] for row in (await request.json())["values"]],
        )
        store.put("google.tabs", f"{sheet}:{tab}", {"rows": [*rows, *more]})
        return JSONResponse(
            {"spreadsheetId": sheet, "tableRange": place, "updates": {"updatedRows": len(more)}}
        )

    return router


def _parse(place: str) -> tuple[str, int, int]:
    """Tab, column and row of a range's first cell, counted from 0."""
    found = _RANGE.match(unquote(place))
    if found is None:
        return place, 0, 0
    column = 0
    for letter in found["column"] or "A":
        column = column * 26 + ord(letter) - 64
    return found["tab"], column - 1, int(found["row"] or 1) - 1


def _set(rows: list[list[str]], row: int, column: int, value: str) -> None:
    while len(rows) <= row:
        rows.append([])
    rows[row] += [""] * (column + 1 - len(rows[row]))
    rows[row][column] = value


def _trim(row: list[Any]) -> list[Any]:
    """Google leaves out what is empty at a row's end."""
    while row and row[-1] == "":
        row = row[:-1]
    return row

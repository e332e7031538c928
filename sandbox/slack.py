"""Slack's Web API as far as a bot that posts needs it: failures are 200 with ok:false
(docs/design/vendors.md Slack 3)."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Store

TOKEN = "xoxb-sandbox"  # noqa: S105  the sandbox's own


def make_router(store: Store) -> APIRouter:
    """chat.postMessage, users.lookupByEmail, conversations.history."""
    router = APIRouter()
    paces: dict[str, list[float]] = {}

    def failed(error: str) -> Response:
        return JSONResponse({"ok": False, "error": error})

    async def args(request: Request) -> dict[str, Any]:
        kind = request.headers.get("content-type", "")
        if kind.startswith("application/json"):
            body: dict[str, Any] = await request.json()
            return body
        form = dict(parse_qsl((await request.body()).decode()))
        return {**request.query_params, **form}

    def allowed(request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    @router.post("/chat.postMessage")
    async def post(request: Request) -> Response:
        if not allowed(request):
            return failed("invalid_auth")
        body = await args(request)
        channel = str(body.get("channel", ""))
        if not (channel.startswith("#") or store.get("slack.users", channel)):
            return failed("channel_not_found")
        if not body.get("text"):
            return failed("no_text")
        blocks = body.get("blocks") or []
        if not sound(json.loads(blocks) if isinstance(blocks, str) else blocks):
            return failed("invalid_blocks")
        if _characters(json.loads(blocks) if isinstance(blocks, str) else blocks) > 11_000:
            return failed("msg_blocks_too_long")
        if len(body["text"]) > 4000:
            return failed("msg_too_long")
        recent = [t for t in paces.get(channel, []) if t > time.monotonic() - 10.0]
        if len(recent) >= 15:  # one a second, short bursts forgiven
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"retry-after": "1"})
        paces[channel] = [*recent, time.monotonic()]
        ts = f"{time.time():.6f}"
        message = {
            "ts": ts,
            "channel": channel,
            "text": body["text"],
            "metadata": body.get("metadata"),
            "blocks": blocks,
        }
        store.put("slack.messages", f"{channel}:{ts}", message)
        return JSONResponse({"ok": True, "channel": channel, "ts": ts, "message": message})

    @router.api_route("/users.lookupByEmail", methods=["GET", "POST"])
    async def lookup(request: Request) -> Response:
        if not allowed(request):
            return failed("invalid_auth")
        email = (await args(request)).get("email")
        found = next(
            (u for u in store.all("slack.users").values() if u["profile"]["email"] == email), None
        )
        return JSONResponse({"ok": True, "user": found}) if found else failed("users_not_found")

    @router.api_route("/users.info", methods=["GET", "POST"])
    async def info(request: Request) -> Response:
        if not allowed(request):
            return failed("invalid_auth")
        found = store.get("slack.users", str((await args(request)).get("user")))
        return JSONResponse({"ok": True, "user": found}) if found else failed("user_not_found")

    @router.api_route("/conversations.history", methods=["GET", "POST"])
    async def history(request: Request) -> Response:
        if not allowed(request):
            return failed("invalid_auth")
        body = await args(request)
        found = [
            m for m in store.all("slack.messages").values() if m["channel"] == body.get("channel")
        ]
        found = found[::-1][: int(body.get("limit", 100))]
        shown = (
            found
            if str(body.get("include_all_metadata")).lower() in {"true", "1"}
            else [{k: v for k, v in m.items() if k != "metadata"} for m in found]
        )
        return JSONResponse({"ok": True, "messages": shown, "has_more": False})

    @router.api_route("/auth.test", methods=["GET", "POST"])
    async def test(request: Request) -> Response:
        return (
            JSONResponse({"ok": True, "user": "leadgate"})
            if allowed(request)
            else failed("invalid_auth")
        )

    return router


def sound(blocks: Any) -> bool:
    """Whether Slack would take these blocks, as far as a bot like ours uses them: sections and
    buttons."""
    if not isinstance(blocks, list) or len(blocks) > 50:
        return False
    return all(isinstance(block, dict) and _sound(block) for block in blocks)


def _characters(blocks: list[dict[str, Any]]) -> int:
    """Of all sections' texts.

    Slack documents no sum; from some 11,000 on it has been seen to refuse (bolt-js 2509, 2867).
    """
    return sum(len((block.get("text") or {}).get("text", "")) for block in blocks)


def _sound(block: dict[str, Any]) -> bool:
    if block.get("type") == "section":
        text = block.get("text") or {}
        return (
            text.get("type") in {"mrkdwn", "plain_text"} and 0 < len(text.get("text", "")) <= 3000
        )
    elements = block.get("elements") or []
    buttons = all(
        e.get("type") == "button" and e.get("action_id") and len(e.get("value", "")) <= 2000
        for e in elements
    )
    return block.get("type") == "actions" and 0 < len(elements) <= 25 and buttons

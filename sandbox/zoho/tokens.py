"""Zoho's accounts server: tokens for a grant or a refresh token (docs/design/vendors.md Zoho
2.1)."""

import secrets
import time
from collections import deque
from email import message_from_bytes
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.org import Org

CLIENT_ID, CLIENT_SECRET, REFRESH = "1000.SANDBOX", "zoho-secret-0001", "1000.refresh.sandbox"
#: A grant's code, which works once.
GRANT = "1000.grant.sandbox"
_TOKENS_A_WINDOW, _WINDOW = 10, 600.0


def serve_tokens(router: APIRouter, org: Org) -> None:
    """Add the route."""
    given: deque[float] = deque()

    @router.post("/oauth/v2/token")
    async def token(request: Request) -> Response:
        """The form comes url-encoded, as multipart (Zoho's Node client) or in the address."""
        sent = {**request.query_params, **_form(request, await request.body())}
        if refused := _refusal(org, sent):
            return JSONResponse({"error": refused})
        now = time.monotonic()
        while given and given[0] <= now - _WINDOW:
            given.popleft()
        # a refusal with status 200 (docs/design/vendors.md Zoho 2.1)
        if len(given) >= _TOKENS_A_WINDOW:
            said = "You have made too many requests continuously. Please try again after some time."
            return JSONResponse(
                {"error": "Access Denied", "error_description": said, "status": "failure"}
            )
        given.append(now)
        base = str(request.url).split("/oauth/", maxsplit=1)[0]
        return JSONResponse(_token(org, base, sent["grant_type"]))


def _form(request: Request, body: bytes) -> dict[str, str]:
    """The fields of a form."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return dict(parse_qsl(body.decode()))
    form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    fields: dict[str, str] = {}
    for part in form.walk():
        if name := part.get_param("name", header="content-disposition"):
            fields[str(name)] = str(part.get_payload())
    return fields


def _refusal(org: Org, sent: dict[str, str]) -> str:
    """Zoho's word for a wrong login, '' for a right one. A token of another data centre is an
    `invalid_code`, too."""
    if sent.get("client_id") != CLIENT_ID:
        return "invalid_client"
    if sent.get("client_secret") != CLIENT_SECRET:
        return "invalid_client_secret"
    grant = sent.get("grant_type")
    if grant == "refresh_token":
        return "" if sent.get("refresh_token") == REFRESH else "invalid_code"
    if grant != "authorization_code":
        return "unsupported_grant_type"
    if sent.get("code") != GRANT or org.store.get("zoho.grants", GRANT):
        return "invalid_code"
    org.store.put("zoho.grants", GRANT, {"used": True})
    return ""


def _token(org: Org, base: str, grant: str) -> Thing:
    value = f"1000.{secrets.token_hex(16)}"
    org.store.put("zoho.tokens", value, {"valid": True})
    answer: Thing = {
        "access_token": value,
        "scope": "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.users.READ ZohoCRM.org.READ",
        "api_domain": base,
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    return answer | ({"refresh_token": REFRESH} if grant == "authorization_code" else {})

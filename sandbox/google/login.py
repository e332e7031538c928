"""Google's login for a service account, and the bearer token of each call.

Source: "Using OAuth 2.0 for server to server applications": the claims that a JWT needs and the
errors it meets. Its signature can't be checked, since nobody gives the sandbox the certificate.
"""

import time
from typing import Any

import jwt
from starlette.responses import JSONResponse, Response

from sandbox.google.errors import GoogleRefusal

TOKEN = "ya29.sandbox"  # noqa: S105  the sandbox's own
EMAIL = "leadgate@sandbox.iam.gserviceaccount.com"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = ("https://oauth2.googleapis.com/token", "/google/token")
_SCOPES = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive")
_HOUR = 3600
_WRONG_TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim."
)


def login(form: dict[str, str]) -> Response:
    """An access token for a signed JWT."""
    if form.get("grant_type") != _GRANT:
        return _refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
    try:
        claims = jwt.decode(form.get("assertion", ""), options={"verify_signature": False})
    except jwt.PyJWTError:
        return _refused("invalid_grant", "Invalid JWT: the assertion can't be read.")
    if (wrong := _wrong(claims)) is not None:
        return _refused(*wrong)
    return JSONResponse({"access_token": TOKEN, "expires_in": _HOUR - 1, "token_type": "Bearer"})


def _wrong(claims: dict[str, Any]) -> tuple[str, str] | None:
    if claims.get("iss") != EMAIL:
        return "invalid_grant", "Invalid grant: account not found"
    if not str(claims.get("aud", "")).endswith(_AUDIENCES):
        return "invalid_grant", "Invalid JWT: Failed audience check."
    issued, ends, now = claims.get("iat", 0), claims.get("exp", 0), time.time()
    if not (issued - 300 <= now < ends <= issued + _HOUR + 1):
        return "invalid_grant", _WRONG_TIMES
    if not set(str(claims.get("scope", "")).split()) & {*_SCOPES, f"{_SCOPES[0]}.readonly"}:
        return "invalid_scope", "Invalid OAuth scope or ID token audience provided."
    return None


def _refused(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)


def check_token(authorization: str) -> None:
    """Raises GoogleRefusal for a call without a token (403) or with another (401)."""
    if not authorization:
        raise GoogleRefusal(
            403,
            "Method doesn't allow unregistered callers (callers without established identity)."
            " Please use API Key or other form of API consumer identity to call this API.",
        )
    if authorization != f"Bearer {TOKEN}":
        raise GoogleRefusal(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login"
            " cookie or other valid authentication credential.",
        )

"""Salesforce's OAuth: tokens of four flows, their end, and who somebody is.

Sources: docs/design/vendors.md Salesforce 1.1; Salesforce Help, "OAuth Authorization Flows", "OAuth
2.0 Flow Errors", "Identity URLs", "Revoke OAuth Tokens". A JWT's signature can't be checked, since
nobody gives the sandbox the certificate.
"""

import base64
import secrets
import time
from typing import Any

import jwt

from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import full_id

CLIENT_ID, CLIENT_SECRET = "3MVG9sandbox", "salesforce-secret-0001"
#: Every user's password, their security token behind it.
PASSWORD = "sandbox-password"  # noqa: S105  the sandbox's own
ORG_ID = full_id("00D000000000001")
_TOKENS = "salesforce.Token"
_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
_JWT_SECONDS = 300
Form = dict[str, str]


class LoginRefusal(Exception):  # noqa: N818  an answer, not a fault of the sandbox's
    """A token error: an object, not an array (docs/design/vendors.md Salesforce 1.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


def log_in(org: Org, header: str, form: Form, instance: str) -> dict[str, Any]:
    """A token for a form, the client by HTTP Basic or in it. Raises LoginRefusal."""
    flow = form.get("grant_type", "")
    user = _user(org, flow, _credentials(header, form), form, instance)
    token = f"{ORG_ID[:15]}!{secrets.token_urlsafe(24)}"
    org.store.put(_TOKENS, token, {"valid": True, "user": user})
    answer = {
        "access_token": token,
        "instance_url": instance,
        "id": f"{instance}/id/{ORG_ID}/{user}",
        "token_type": "Bearer",
        "issued_at": str(int(time.time() * 1000)),
        "signature": "sandbox",
    }
    if flow in {"password", "client_credentials"}:
        return {**answer, "scope": "api"}
    return answer


def _user(org: Org, flow: str, client: tuple[str, str], form: Form, instance: str) -> str:
    """The id of the user who is logged in."""
    if flow not in {"client_credentials", "password", "refresh_token", _BEARER}:
        raise LoginRefusal("unsupported_grant_type", "grant type not supported")
    if flow == _BEARER:
        return _user_of_jwt(org, form.get("assertion", ""), instance)
    if client[0] != CLIENT_ID:
        raise LoginRefusal("invalid_client_id", "client identifier invalid")
    if client[1] != CLIENT_SECRET:
        raise LoginRefusal("invalid_client", "invalid client credentials")
    if flow == "client_credentials":
        return str(org.me)
    if flow == "refresh_token":
        # the flows of the sandbox hand out no refresh token
        raise LoginRefusal("invalid_grant", "expired access/refresh token")
    if not form.get("password", "").startswith(PASSWORD):
        raise LoginRefusal("invalid_grant", "authentication failure")
    return _named(org, form.get("username", ""), "authentication failure")


def _user_of_jwt(org: Org, assertion: str, instance: str) -> str:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise LoginRefusal("invalid_grant", "invalid assertion") from None
    if claims.get("iss") != CLIENT_ID:
        raise LoginRefusal("invalid_client_id", "client identifier invalid")
    if claims.get("aud") not in {*_AUDIENCES, instance}:
        raise LoginRefusal("invalid_grant", "audience is invalid")
    if not time.time() - 1 <= claims.get("exp", 0) <= time.time() + _JWT_SECONDS:
        raise LoginRefusal("invalid_grant", "assertion has expired")
    return _named(org, claims.get("sub", ""), "user hasn't approved this consumer")


def _named(org: Org, username: str, refusal: str) -> str:
    for user in org.all("User").values():
        if user.get("Username") == username:
            if not user["IsActive"]:
                raise LoginRefusal("inactive_user", "user is inactive")
            return str(user["Id"])
    raise LoginRefusal("invalid_grant", refusal)


def _credentials(header: str, form: Form) -> tuple[str, str]:
    if header.startswith("Basic "):
        try:
            text = base64.b64decode(header.removeprefix("Basic ")).decode()
        except ValueError:
            text = ""
        name, _, secret = text.partition(":")
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def log_out(org: Org, token: str) -> None:
    """End a token. Raises LoginRefusal for one that isn't known."""
    held = org.store.get(_TOKENS, token)
    if held is None:
        raise LoginRefusal("unsupported_token_type", "this token type is not supported")
    org.store.put(_TOKENS, token, {**held, "valid": False})


def user_of(org: Org, token: str) -> str:
    """The id of a token's user, '' for a token that has ended."""
    held = org.store.get(_TOKENS, token)
    return str(held.get("user", org.me)) if held and held["valid"] else ""


def identity(org: Org, ident: str, instance: str) -> dict[str, Any]:
    """What the identity URL answers of a user."""
    user = org.all("User")[ident]
    rest = f"{instance}/services/data/v{{version}}/"
    return {
        "id": f"{instance}/id/{ORG_ID}/{ident}",
        "asserted_user": True,
        "user_id": ident,
        "organization_id": ORG_ID,
        "username": user.get("Username"),
        "email": user.get("Email"),
        "display_name": user.get("Name"),
        "active": user["IsActive"],
        "user_type": "STANDARD",
        "urls": {"rest": rest, "sobjects": f"{rest}sobjects/", "query": f"{rest}query/"},
    }

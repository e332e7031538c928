"""A JWT signed with RS256, as Salesforce and Google take it for a token."""

from typing import Any

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def assertion_of(claims: dict[str, Any], key: str) -> dict[str, str]:
    """The form of a login by these claims; `key` is a PEM."""
    import jwt  # noqa: PLC0415  with its cryptography a tenth of a second and 9 MB: only for sites that sign

    return {"grant_type": BEARER, "assertion": jwt.encode(claims, key, algorithm="RS256")}

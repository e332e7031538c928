"""A JWT signed with RS256, as Salesforce and Google take it for a token."""

from functools import lru_cache
from typing import Any

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def assertion_of(claims: dict[str, Any], key: str) -> dict[str, str]:
    """The form of a login by these claims; `key` is a PEM. Raises jwt.InvalidKeyError."""
    import jwt  # noqa: PLC0415  with its cryptography a tenth of a second and 9 MB: only for sites that sign

    signed = jwt.encode(claims, _signing_key(key), algorithm="RS256")
    return {"grant_type": BEARER, "assertion": signed}


@lru_cache(maxsize=2)
def _signing_key(pem: str) -> Any:
    """A key that was read and checked: that takes fifty milliseconds, and stops the event loop."""
    from jwt.algorithms import RSAAlgorithm  # noqa: PLC0415  see assertion_of

    return RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pem)

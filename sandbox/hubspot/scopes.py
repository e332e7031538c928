"""The scopes that a call needs, and a token that has none of them.

Sources: HubSpot's page "Scopes"; HubSpot/hubspot-api-nodejs#268 (the refusal).
"""

from sandbox.hubspot.errors import RefusedError

#: A token of the same account whose app was granted nothing.
UNSCOPED = "pat-sandbox-unscoped"
_ACTIVITIES = frozenset({"tasks", "notes", "meetings", "calls", "emails"})
_BY_AREA = {"owners": "crm.objects.owners.read", "lists": "crm.lists"}
_READS = ("/search", "/batch/read")


def refuse_unscoped(method: str, path: str, kind: str) -> RefusedError:
    """The 403 of a token without scopes."""
    scope = _needed(method, path, kind)
    return RefusedError(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call. Read more about"
        " required scopes here: https://developers.hubspot.com/scopes.",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": [scope]},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )


def _needed(method: str, path: str, kind: str) -> str:
    verb = "read" if method == "GET" or path.endswith(_READS) else "write"
    for area, scope in _BY_AREA.items():
        if f"/{area}" in path:
            return scope if scope.endswith(".read") else f"{scope}.{verb}"
    family = "schemas" if "/properties/" in path or "/schemas" in path else "objects"
    owner = "contacts" if kind in _ACTIVITIES or not kind else kind
    return f"crm.{family}.{owner}.{verb}"

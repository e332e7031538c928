"""The calls of Zoho that a token or an edition may leave out, each with what it disables."""

from functools import partial

from connectors.core.permission_checks import PermissionCheck
from connectors.zoho.client import ZohoHttp
from connectors.zoho.forms import Done

#: Zoho's words for what an edition doesn't have.
NOT_IN_PLAN = ("NOT_SUPPORTED", "FEATURE_NOT", "INVALID_MODULE")
_CADENCES = "settings/automation/cadences"


def checks(http: ZohoHttp) -> list[PermissionCheck]:
    """Every call that Leadgate needs, whatever the rules say."""
    get = partial(http.call, Done, "GET")
    users, deleted = {"type": "AllUsers"}, {"type": "recycle"}
    return [
        PermissionCheck(
            "users", "no owner can be written or confirmed", partial(get, "users", params=users)
        ),
        _query(http, "coql", "Leads", "nobody is found: nothing can be written"),
        _query(http, "coql Calls", "Calls", "calls don't stop the clock"),
        _query(http, "coql Events", "Events", "events don't stop the clock"),
        _query(http, "coql Notes", "Notes", "notes don't stop the clock"),
        _query(http, "coql Tasks", "Tasks", "no task is found again after a lost answer"),
        _query(
            http,
            "coql Deals",
            "Deals",
            "open deals aren't known: customers could enter sequences",
        ),
        _query(
            http,
            "coql Accounts",
            "Accounts",
            "companies, their owners and who is a customer aren't known",
        ),
        PermissionCheck(
            "Leads/deleted",
            "deletions aren't noticed",
            partial(get, "Leads/deleted", params=deleted),
        ),
        PermissionCheck(_CADENCES, "nobody enters a cadence", partial(get, _CADENCES, params={})),
    ]


def _query(http: ZohoHttp, name: str, module: str, disables: str) -> PermissionCheck:
    """A query that finds nothing."""
    query = {"select_query": f"select id from {module} where id = '0' limit 1"}
    return PermissionCheck(name, disables, partial(http.call, Done, "POST", "coql", json=query))

"""The calls of HubSpot that a token or a plan may leave out, each with what it disables.

They are the scopes' own endpoints; a read of an object that isn't there is an answer like any
other.
"""

from collections.abc import Iterator
from functools import partial

from connectors.core.crm import CrmRequirements
from connectors.core.permission_checks import PermissionCheck
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.engagements import ACTIVITIES
from connectors.hubspot.forms import Done
from connectors.hubspot.sequences import ENROLMENT

_STATUSES = "/communication-preferences/v4/statuses/{}"
_ANY = [{"id": "1"}]


def checks(http: HubSpotHttp, wants: CrmRequirements) -> list[PermissionCheck]:
    """The calls that these requirements need."""
    return [*_of_rules(http, wants), *_of_objects(http), *_of_people(http)]


def _of_rules(http: HubSpotHttp, wants: CrmRequirements) -> Iterator[PermissionCheck]:
    """Calls that some rules need."""
    if wants.accounts or wants.company_fields:
        yield PermissionCheck(
            "objects/companies",
            "no lead goes to its company's owner, no property of a company is filled",
            partial(http.batch, "companies", "read", _ANY, properties=["hs_object_id"]),
        )
    if wants.sequences:
        yield PermissionCheck(
            "automation/sequences",
            "nobody enters a HubSpot sequence",
            partial(http.get, Done, ENROLMENT, "1"),
        )


def _of_objects(http: HubSpotHttp) -> Iterator[PermissionCheck]:
    """Searches, and deals with their associations."""
    yield PermissionCheck(
        "objects/contacts/search",
        "changes of contacts aren't noticed",
        partial(http.search, "contacts", {"limit": 1}),
    )
    yield PermissionCheck(
        "objects/companies/search",
        "companies aren't found by domain",
        partial(http.search, "companies", {"limit": 1}),
    )
    yield PermissionCheck(
        "objects/deals",
        "open deals aren't known: customers could enter sequences",
        partial(http.batch, "deals", "read", _ANY, properties=["hs_object_id"]),
    )
    yield PermissionCheck(
        "associations/companies/deals",
        "companies' open deals aren't known",
        partial(http.associate, "companies", "deals", "read", _ANY),
    )


def _of_people(http: HubSpotHttp) -> Iterator[PermissionCheck]:
    """Owners, tasks, activities, lists and opt-outs."""
    yield PermissionCheck(
        "owners",
        "no owner can be written or confirmed",
        partial(http.get, Done, "/crm/owners/{v}", limit="1"),
    )
    yield PermissionCheck(
        "objects/tasks",
        "no task is made for a rep",
        partial(http.batch, "tasks", "read", _ANY, properties=["hs_object_id"]),
    )
    for kind in ACTIVITIES:
        yield PermissionCheck(
            f"associations/contacts/{kind}",
            f"owners' {kind} don't stop the clock",
            partial(http.associate, "contacts", kind, "read", _ANY),
        )
    yield PermissionCheck(
        "lists/search",
        "nobody is nurtured by list",
        partial(http.send, Done, "POST", "/crm/lists/{v}/search", body={"count": 1}),
    )
    yield PermissionCheck(
        "communication-preferences",
        "opt-outs aren't written to HubSpot",
        partial(http.get, Done, _STATUSES, "nobody@example.com", channel="EMAIL"),
    )

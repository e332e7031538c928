"""What a key of Apollo's may not call."""

from functools import partial
from typing import Any

import msgspec

from connectors.apollo.api import ApolloApi
from connectors.core.permission_checks import PermissionCheck, closed

_ONE = {"page": "1", "per_page": "1"}
_NOBODY = "0" * 24


async def limits(api: ApolloApi, *, enrich: bool, sequences: bool, owners: bool) -> list[str]:
    """Endpoints that this key may not call, each with what it disables; those of features that
    aren't used aren't called.

    Keys are scoped by endpoint (docs/design/vendors.md Apollo 1.1). A call without its required
    parameters is a 422 for a key that may make it.
    """
    checks = _always(api)
    if enrich:
        name = "organizations/enrich"
        checks.append(_check(api, name, "companies aren't completed", "GET", name))
    if sequences:
        checks += _of_sequences(api)
    if owners:
        checks += _of_owners(api)
    return await closed(checks)


def _always(api: ApolloApi) -> list[PermissionCheck]:
    stop = "emailer_campaigns/remove_or_stop_contact_ids"
    return [
        _check(api, "contacts/search", "nothing is captured", "POST", "contacts/search", json=_ONE),
        _check(
            api,
            "contacts/show",
            "sequences are unknown, and leads wait",
            "GET",
            "contacts/{}",
            _NOBODY,
        ),
        _check(api, "labels", "lists have no names: no capture or intent by list", "GET", "labels"),
        _check(
            api,
            "emailer_messages/search",
            "Apollo's bounces, replies and opt-outs aren't read",
            "GET",
            "emailer_messages/search",
            params=_ONE,
        ),
        _check(api, stop, "nobody is taken out of an Apollo sequence", "POST", stop),
        _check(
            api,
            "contact_stages",
            "no contact is marked 'Do Not Contact'",
            "GET",
            "contact_stages",
        ),
        _check(
            api,
            "typed_custom_fields",
            "custom fields have no names",
            "GET",
            "typed_custom_fields",
        ),
    ]


def _of_sequences(api: ApolloApi) -> list[PermissionCheck]:
    return [
        _check(
            api,
            "emailer_campaigns/add_contact_ids",
            "nobody enters an Apollo sequence",
            "POST",
            "emailer_campaigns/{}/add_contact_ids",
            _NOBODY,
        ),
        _check(api, "email_accounts", "no mailbox is found to send from", "GET", "email_accounts"),
    ]


def _of_owners(api: ApolloApi) -> list[PermissionCheck]:
    disables = "owners aren't set in Apollo"
    update = "contacts/update_owners"
    return [
        _check(api, "users/search", disables, "GET", "users/search", params=_ONE),
        _check(api, update, disables, "POST", update),
    ]


def _check(
    api: ApolloApi, name: str, disables: str, method: str, template: str, *parts: str, **more: Any
) -> PermissionCheck:
    call = partial(api.call, msgspec.Raw, method, template, *parts, endpoint=name, **more)
    return PermissionCheck(name, disables, call)

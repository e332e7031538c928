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
        checks.append(_get(api, "organizations/enrich", "companies aren't completed"))
    if sequences:
        checks += _of_sequences(api)
    if owners:
        checks += _of_owners(api)
    return await closed(checks)


def _always(api: ApolloApi) -> list[PermissionCheck]:
    search, stop = "contacts/search", "emailer_campaigns/remove_or_stop_contact_ids"
    unknown = "sequences are unknown, and leads wait"
    unread = "Apollo's bounces, replies and opt-outs aren't read"
    return [
        _check(api, search, "nothing is captured", "POST", search, json=_ONE),
        _check(api, "contacts/show", unknown, "GET", "contacts/{}", _NOBODY),
        _get(api, "labels", "lists have no names: no capture or intent by list"),
        _get(api, "emailer_messages/search", unread, params=_ONE),
        _check(api, stop, "nobody is taken out of an Apollo sequence", "POST", stop),
        _get(api, "contact_stages", "no contact is marked 'Do Not Contact'"),
        _get(api, "typed_custom_fields", "custom fields have no names"),
    ]


def _of_sequences(api: ApolloApi) -> list[PermissionCheck]:
    add, path = "emailer_campaigns/add_contact_ids", "emailer_campaigns/{}/add_contact_ids"
    return [
        _check(api, add, "nobody enters an Apollo sequence", "POST", path, _NOBODY),
        _get(api, "email_accounts", "no mailbox is found to send from"),
    ]


def _of_owners(api: ApolloApi) -> list[PermissionCheck]:
    update, disables = "contacts/update_owners", "owners aren't set in Apollo"
    return [
        _get(api, "users/search", disables, params=_ONE),
        _check(api, update, disables, "POST", update),
    ]


def _get(api: ApolloApi, name: str, disables: str, **more: Any) -> PermissionCheck:
    return _check(api, name, disables, "GET", name, **more)


def _check(
    api: ApolloApi, name: str, disables: str, method: str, template: str, *parts: str, **more: Any
) -> PermissionCheck:
    call = partial(api.call, msgspec.Raw, method, template, *parts, endpoint=name, **more)
    return PermissionCheck(name, disables, call)

"""What a key of Apollo's may not call."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from connectors.apollo.api import ApolloApi
from connectors.core.permission_checks import PermissionCheck, closed

_MESSAGES = "emailer_messages/search"


async def limits(api: ApolloApi, *, enrich: bool, sequences: bool, owners: bool) -> list[str]:
    """Endpoints that this key may not call, each with what it disables; those of features that
    aren't used aren't asked.

    Keys are scoped by endpoint (docs/design/vendors.md Apollo 1.1). A call without what it needs is
    a 422 to a key that may make it.
    """

    def ask(
        method: str, template: str, *parts: str, endpoint: str = "", **more: Any
    ) -> Callable[[], Awaitable[Any]]:
        return lambda: api.call(msgspec.Raw, method, template, *parts, endpoint=endpoint, **more)

    one = {"page": "1", "per_page": "1"}
    nobody, stop = "0" * 24, "emailer_campaigns/remove_or_stop_contact_ids"
    used = [
        PermissionCheck(
            "contacts/search", "nothing is captured", ask("POST", "contacts/search", json=one)
        ),
        PermissionCheck(
            "contacts/show",
            "sequences are unknown, and leads wait",
            ask("GET", "contacts/{}", nobody, endpoint="contacts/show"),
        ),
        PermissionCheck(
            "labels", "lists have no names: no capture or intent by list", ask("GET", "labels")
        ),
        PermissionCheck(
            "emailer_messages/search",
            "Apollo's bounces, replies and opt-outs aren't heard",
            ask("GET", _MESSAGES, params=one),
        ),
        PermissionCheck(stop, "nobody is taken out of an Apollo sequence", ask("POST", stop)),
        PermissionCheck(
            "contact_stages", "no contact is marked 'Do Not Contact'", ask("GET", "contact_stages")
        ),
        PermissionCheck(
            "typed_custom_fields", "custom fields have no names", ask("GET", "typed_custom_fields")
        ),
    ]
    if enrich:
        used.append(
            PermissionCheck(
                "organizations/enrich",
                "companies aren't completed",
                ask("GET", "organizations/enrich"),
            )
        )
    if sequences:
        add, path = "emailer_campaigns/add_contact_ids", "emailer_campaigns/{}/add_contact_ids"
        used += [
            PermissionCheck(
                add, "nobody enters an Apollo sequence", ask("POST", path, nobody, endpoint=add)
            ),
            PermissionCheck(
                "email_accounts", "no mailbox is found to send from", ask("GET", "email_accounts")
            ),
        ]
    if owners:
        used += [
            PermissionCheck(
                "users/search",
                "Apollo isn't told of owners",
                ask("GET", "users/search", params=one),
            ),
            PermissionCheck(
                "contacts/update_owners",
                "Apollo isn't told of owners",
                ask("POST", "contacts/update_owners"),
            ),
        ]
    return await closed(used)

"""HubSpot's newer Python client, hubspot-sdk, on the sandbox: what its tests share.

It speaks the paths of 2026-03. What the tests ask and what is refused is that of HubSpot's own
pages, as tests/clients/hubspot names them.
"""

from typing import Any

from hubspot_sdk import HubSpot

NONE: dict[str, Any] = {"associations": []}


def client_with(address: str, token: str, *, strict: bool = False) -> Any:
    """The client on a served sandbox, which doesn't repeat a refused call."""
    return HubSpot(
        access_token=token,
        base_url=f"{address}/hubspot",
        max_retries=0,
        _strict_response_validation=strict,
    )


def person(client: Any, email: str, **properties: str) -> str:
    """The id of a new contact."""
    made = client.crm.objects.contacts.create(properties={"email": email, **properties}, **NONE)
    return str(made.id)


def company(client: Any, name: str) -> str:
    """The id of a new company."""
    return str(client.crm.objects.companies.create(properties={"name": name}, **NONE).id)


def ids(page: Any) -> list[str]:
    """Ids of a page's rows."""
    return [str(row.id) for row in page.results]

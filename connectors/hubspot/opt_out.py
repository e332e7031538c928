"""The status and the opt-out of a HubSpot contact."""

from functools import partial

from connectors.core.errors import VendorError
from connectors.core.row_results import raise_first
from connectors.core.stopping import do_all
from connectors.hubspot import records
from connectors.hubspot.batches import change_input
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.forms import Done

_UNSUBSCRIBE = "/communication-preferences/v4/statuses/{}/unsubscribe-all"


async def mark_status(people: HubSpotContacts, contact_id: str, status: str) -> None:
    """Write our status on a contact. Raises its VendorError."""
    raise_first(await people.update([change_input(contact_id, {records.STATUS: status})]))


async def unsubscribe(http: HubSpotHttp, people: HubSpotContacts, contact_id: str) -> None:
    """No mail of HubSpot's goes to any address of the contact. Raises its VendorError."""
    held = (await people.held([contact_id], records.READ))[contact_id]
    if isinstance(held, VendorError):
        raise held
    contact = records.contact_of(held)
    send = partial(http.send, Done, "POST", _UNSUBSCRIBE, body={}, channel="EMAIL")
    await do_all([partial(send, email) for email in (contact.email, *contact.emails) if email])

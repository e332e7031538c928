"""One of a simulated week's people erased, over the real connectors."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from leads import topics
from tests.simulation.erasing import Erased, Eraser
from tests.simulation.happening import Happening
from tests.simulation.oracle_erasures import certificate_of
from tests.simulation.site import Site

_LOOKS, _MOST = 10.0, 60  # seconds between looks for the certificate, and how many of them
_AFTERWARDS = 60.0  # seconds in which the sources could bring the person back
See = Callable[[str], Awaitable[list[dict[str, Any]]]]


async def erase_one(
    site: Site, draw: random.Random, see: See, bring_back: Callable[[], Awaitable[None]]
) -> list[str]:
    """What is left of somebody in the CRM, drawn and erased, after a source has named everybody
    again. `see` lists what lies in the CRM."""
    happening = Happening(site)
    contacts = [one for one in await see("people") if one["email"]]
    draw.shuffle(contacts)
    for contact in contacts:
        happening.eraser.erase(contact["email"], happening.review_items())
        if happening.eraser.erased:
            break
    certificate = await _certificate(site, happening.eraser)
    if certificate is None:
        return ["erasure: there is no certificate"]
    await bring_back()
    await asyncio.sleep(_AFTERWARDS)
    return [*_here(site, happening.eraser), *_outside(site, certificate, await see("people"))]


async def _certificate(site: Site, eraser: Eraser) -> dict[str, Any] | None:
    for _ in range(_MOST):
        await asyncio.sleep(_LOOKS)
        for ident in eraser.erased:
            if (certificate := certificate_of(site, ident)) is not None:
                return certificate
    return None


def _here(site: Site, eraser: Eraser) -> Iterator[str]:
    """All leads of the person can't be read, those that came in again among them."""
    for one in eraser.erased.values():
        for lead in {*one.order.lead_ids, *_came_again(site, one)}:
            if not site.sealing.is_destroyed(lead):
                yield f"erasure: the key of lead {lead} is there"


def _came_again(site: Site, one: Erased) -> set[str]:
    keys = {*one.order.address_keys}
    found = set()
    for record in site.log.all(topics.AUDIT.full):
        event = json.loads(record.value or b"{}")
        decided_on = (event.get("inputs") or {}).get("record", {})
        if decided_on.get("address_key") in keys:
            found.add(event["lead"])
    return found


def _outside(
    site: Site, certificate: dict[str, Any], contacts: list[dict[str, Any]]
) -> Iterator[str]:
    """Nothing was refused but what Apollo has no call for, and no contact has one of the
    addresses."""
    for part in certificate["parts"]:
        if part["outcome"] == "failed" and "can't delete" not in part["remains"]:
            yield f"erasure: {part['system']} refused: {part['remains']}"
    for contact in contacts:
        addresses = filter(None, {contact["email"], *contact["emails"]})
        if {*map(site.keys.address, addresses)} & {*certificate["address_keys"]}:
            yield f"erasure: contact {contact['id']} is there"

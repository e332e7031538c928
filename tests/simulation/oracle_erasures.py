"""Judges what is left of people who were erased."""

import json
from collections.abc import Iterator
from typing import Any

from leads import topics
from tests.simulation.erasing import Erased
from tests.simulation.simulate import Run
from tests.simulation.site import Site

_GONE = frozenset({"merged", "suppressed", "dead", "undone", "erased"})


def erased_leads(run: Run) -> set[str]:
    """The leads whose keys are destroyed."""
    return {lead for lead in _known_keys(run) if run.site.sealing.is_destroyed(lead)}


def judge_erasures(run: Run, places: dict[str, Any], captured: dict[str, int]) -> Iterator[str]:
    """Each breach of what an erasure promises; `captured` are the leads by their ids, with their
    places in the world."""
    for ident, one in run.happening.eraser.erased.items():
        certificate = certificate_of(run.site, ident)
        if one.finished is None or certificate is None:
            yield f"erasure: {ident} was never finished"
            continue
        for lead in one.order.lead_ids:
            if not run.site.sealing.is_destroyed(lead):
                yield f"erasure: the key of lead {lead} is there"
        if not run.site.sealing.is_destroyed(ident):
            yield f"erasure: the key of order {ident} is there"
        yield from _never_again(run, one, places, captured)
        if not any(part["outcome"] in {"failed", "kept"} for part in certificate["parts"]):
            yield from _outside(run, one)


def _never_again(
    run: Run, one: Erased, places: dict[str, Any], captured: dict[str, int]
) -> Iterator[str]:
    """Whoever has one of the addresses has ended, and can't be read."""
    for lead, number in captured.items():
        key = run.site.keys.address(run.plan.world.leads[number].raw["email"])
        where = places.get(lead)
        if where is None or key not in one.order.address_keys:
            continue
        if where["place"] not in _GONE:
            yield f"erasure: lead {number} has an erased address, and is {where['place']}"
        if where["place"] == "erased" and not run.site.sealing.is_destroyed(lead):
            yield f"erasure: lead {number} came in again, and its key is there"


def _outside(run: Run, one: Erased) -> Iterator[str]:
    """Nothing refused: nothing is left at the vendors that has one of the addresses."""
    emails = {
        email for email in _emails(run) if run.site.keys.address(email) in one.order.address_keys
    }
    for contact in run.site.crm.people.values():
        if emails & {email.casefold() for email in (contact.email, *contact.emails)}:
            yield f"erasure: contact {contact.id} has an erased address"
    for message in run.site.slack.messages:
        if any(alert.alert_id == message.alert_id for alert in _alerts(one)):
            yield f"erasure: message {message.alert_id} is there"


def _alerts(one: Erased) -> tuple[Any, ...]:
    return one.finished.person.alerts if one.finished is not None else ()


def _emails(run: Run) -> set[str]:
    return {lead.raw["email"].casefold() for lead in run.plan.world.leads}


def certificate_of(site: Site, ident: str) -> dict[str, Any] | None:
    """The outcome of the event by which an order was carried out, None before it was."""
    for record in site.log.all(topics.AUDIT.full):
        event = json.loads(record.value or b"{}")
        if event["kind"] == "person_erased" and event["cause"] == ident:
            return dict(event["outcome"])
    return None


def _known_keys(run: Run) -> set[str]:
    return {
        json.loads(record.value or b"{}")["lead"] for record in run.site.log.all(topics.AUDIT.full)
    }

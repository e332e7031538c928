"""The demo's explanations in plain words: what each place means, one lead's way, what to try."""

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from leads.audit_kinds import AUDIT_KINDS
from leads.records import Audit, Place
from leads.times import format_time

STEPS = (
    "starting a Kafka broker and stand-ins of Apollo, the CRM and Slack",
    "making topics, CRM properties and a nurture list; starting a worker and a poller",
    "reading which people and companies the CRM already holds",
    "the leads pass the gates: validate, deduplicate, match, write, score, confirm owner, engage",
    "the week goes on: people reply, bounce and opt out, owners act, a file brings leads twice",
    "comparing each lead's place with the one that it must have",
)

MEANINGS = {
    Place.IN_FLIGHT: "on its way through the gates",
    Place.ENGAGED: "a rep owns it in the CRM and was notified",
    Place.NURTURED: "too few points for a rep: it is in the nurture sequence",
    Place.REVIEW: "only a person can answer: a field is missing, or it may be a known person",
    Place.HELD: "an outside cause must end: no owner in the CRM, or a sequence runs in Apollo",
    Place.FALLBACK: "the CRM rejected it, or failed on it three times",
    Place.SUPPRESSED: "ended: the person opted out or a mail bounced, so nothing more is sent",
    Place.MERGED: "ended: it is the same person as another lead, which goes on",
    Place.DEAD: "ended: the record could not be read",
    Place.UNDONE: "ended: its import was taken back",
    Place.ERASED: "ended: the person was erased",
}


def explain_places(counts: dict[str, int]) -> str:
    """One line for each place that holds leads."""
    lines = ["What the places mean:"]
    for place, meaning in MEANINGS.items():
        if counts.get(place):
            lines.append(f"  {place:11} {meaning}")
    return "\n".join(lines)


def describe_way(events: Sequence[Audit]) -> str:
    """One lead's way from capture to its rep, a sentence for each event, in the order of
    `events`."""
    sentences = filter(None, map(_sentence, events))
    return "\n  ".join([f"The way of one lead, {_who(events)}:", *sentences])


def _who(events: Sequence[Audit]) -> str:
    for event in events:
        if event.kind == "routed" and event.person is not None:
            company = event.inputs["record"]["company"]["name"]
            return f"{event.person.name}, {event.person.title} at {company}"
    return events[0].lead


def _sentence(event: Audit) -> str:
    write = _SENTENCES.get(event.kind)
    if write is not None:
        return write({**(event.outcome or {}), **event.details})
    says = _SAYS.get(event.kind)
    return f"The lead {says}." if says else ""


_SAYS = {kind.name: kind.says for kind in AUDIT_KINDS}


_SOURCES = {
    "apollo": "Apollo",
    "csv": "a CSV file",
    "zapier": "Zapier",
    "workflow": "a workflow of Apollo",
}


def _captured(outcome: dict[str, Any]) -> str:
    source = _SOURCES.get(outcome.get("source", ""), "a source")
    return f"Capture: {source} gave the record, which is stored in Kafka before anything else."


def _validated(_: dict[str, Any]) -> str:
    return "Validate: the address is verified, and every field that the rules require is there."


def _unique(_: dict[str, Any]) -> str:
    return "Deduplicate: no other lead is about this person, under any known address."


def _matched(_: dict[str, Any]) -> str:
    return "Match: nobody alike is known at the company, and it is no subsidiary in question."


def _written(outcome: dict[str, Any]) -> str:
    if outcome.get("existed"):
        return f"Write: the CRM had contact {outcome['contact']}; only blank fields were filled."
    return f"Write: contact {outcome['contact']} was made in the CRM."


def _scored(outcome: dict[str, Any]) -> str:
    parts = [f"{name} {points}" for name, points in outcome["parts"].items()]
    return f"Score: {outcome['points']} of 100 points ({', '.join(parts)})."


def _routed(outcome: dict[str, Any]) -> str:
    if outcome["kind"] == "existing":
        return f"Route: the contact already belongs to {outcome['owner']}, who keeps it."
    return f"Route: the rule '{outcome['rule']}' gives it to {outcome['owner']}."


def _assigned(outcome: dict[str, Any]) -> str:
    return (
        f"Confirm: the CRM, read again, shows {outcome['owner']} as the active owner. Nobody is"
        " notified before that."
    )


def _noticed(outcome: dict[str, Any]) -> str:
    return f"Engage: {outcome['to']} got a message in Slack: {outcome['text']}"


def _engaged(_: dict[str, Any]) -> str:
    return (
        "The lead has arrived. It takes further steps if the person replies, bounces or opts out."
    )


def _clock(outcome: dict[str, Any]) -> str:
    return f"Clock: the owner has until {format_time(outcome['deadline'])} to act."


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "captured": _captured,
    "validated": _validated,
    "unique": _unique,
    "matched": _matched,
    "written": _written,
    "scored": _scored,
    "routed": _routed,
    "assigned": _assigned,
    "noticed": _noticed,
    "engaged": _engaged,
    "sla_started": _clock,
}


def suggest_next(lead: str, rules: Path, crm_address: str) -> str:
    """What to type in a second terminal."""
    lines = ["Try in a second terminal:"]
    if shutil.which("leadgate") is None:
        lines.append(f'  export PATH="{Path(sys.executable).parent}:$PATH"')
    lines += [
        '  eval "$(leadgate demo --env)"   # the settings of this demo',
        f"  leadgate why {lead}   # this lead's story, with the rules that decided",
        "  leadgate review list   # what waits for a person, and for what",
        "  leadgate audit verify   # every lead is in exactly one place",
        "  leadgate audit recompute   # every decision, made again from the audit",
        f"The CRM's stand-in lists its people at {crm_address}/_control/crm/people.",
        f"The rules are in {rules}.",
    ]
    return "\n".join(lines)

"""What an audit event says of the read model's rows: pure."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from app.console import briefs, groups
from app.console.groups import Change, Row
from leads.dead_events import is_of_no_lead
from leads.records import Place

_DAY = 86_400  # seconds
_LONGEST_SEARCHED = 200  # letters
_EVENT = msgspec.json.Decoder(briefs.Event)
_OUTCOME = msgspec.json.Decoder(briefs.Outcome)
_ENCODER = msgspec.json.Encoder(order="deterministic")
#: Kinds of events whose outcome is decoded.
_WITH_OUTCOME = frozenset({"captured", "revised", "routed", "assigned", "reviewed"})
#: Of the places at one step the highest counts: any place of rest comes before `in_flight`, `dead`
#: only if there is no other, and of two the first by name (app/audit/ledger.py).
_PLACE_RANKS = {place: -number for number, place in enumerate(sorted(Place, key=str), 100)}
_RANKS = {**_PLACE_RANKS, Place.DEAD: -1000, Place.IN_FLIGHT: -1001}


def audit_changes(record: Any) -> Iterator[Change]:
    """What an audit event says of its lead. Raises DecodeError for a record that is none."""
    event = _EVENT.decode(record.value)
    inputs = event.inputs if isinstance(event.inputs, briefs.Inputs) else None
    outcome = briefs.Outcome()
    if event.kind in _WITH_OUTCOME:
        outcome = _OUTCOME.decode(event.outcome)
    yield Change(groups.EVENT, _event_row(record, event, inputs, outcome))
    if event.place and not is_of_no_lead(event.kind, event.cause):
        yield Change(groups.PLACE, _place_row(event, decided=inputs is not None))
    if outcome.source:
        yield from _source(event, outcome.source, outcome.imported)
    decided_on = inputs.record if inputs is not None else None
    if decided_on is not None and decided_on.lead_id == event.lead:
        yield from _source(event, decided_on.source, decided_on.imported)
        yield from _about(event, decided_on)


def _event_row(
    record: Any, event: briefs.Event, inputs: briefs.Inputs | None, outcome: briefs.Outcome
) -> Row:
    seen = inputs.seen if inputs is not None else None
    stopped = seen.suppression if seen is not None else None
    return {
        "id": event.id,
        "lead": event.lead,
        "stage": event.stage,
        "kind": event.kind,
        "step": event.step,
        "place": event.place,
        "at": event.at,
        "day": int(event.at // _DAY),
        "actor": event.actor,
        "rules": event.rules,
        "shadow": event.shadow,
        "owner": outcome.owner,
        "action": outcome.action,
        "suppression": stopped.kind if stopped is not None else "",
        "record": _ENCODER.encode(replace(event, inputs=None)),
        "log_offset": record.offset,
    }


def _place_row(event: briefs.Event, *, decided: bool) -> Row:
    return {
        "lead": event.lead,
        "place_step": event.step,
        "place_rank": _RANKS[Place(event.place)],
        "place_decided": decided,
        "place_at": event.at,
        "place_event": event.id,
        "place": event.place,
        "place_stage": event.stage,
        "place_kind": event.kind,
        "place_rules": event.rules,
        "place_shadow": event.shadow,
    }


def _source(event: briefs.Event, source: str, imported: str) -> Iterator[Change]:
    row = {
        "lead": event.lead,
        "source_step": event.step,
        "source_at": event.at,
        "source_event": event.id,
        "source": source,
        "imported": imported,
    }
    yield Change(groups.SOURCE, row)
    if imported:
        yield Change(groups.IMPORT_LEAD, {"import_id": imported, "lead": event.lead})


def search_text(*texts: str) -> str:
    """What a search looks at, a line each, folded as it folds what was typed: databases fold
    letters beyond ASCII each in its own way, or not at all. PostgreSQL's indexes take no text of
    any length."""
    return "\n".join(text.casefold()[:_LONGEST_SEARCHED] for text in texts)


def _about(event: briefs.Event, lead: briefs.DecidedOn) -> Iterator[Change]:
    score, route = lead.score or briefs.Score(), lead.route or briefs.Route()
    row = {
        "lead": event.lead,
        "about_step": event.step,
        "about_at": event.at,
        "about_event": event.id,
        "captured_at": lead.captured_at,
        "priority": lead.priority,
        "company": lead.company.name,
        "domain": lead.company.domain,
        "seniority": lead.seniority,
        "function": lead.function,
        "points": score.points,
        "high_intent": score.high_intent,
        "route": route.kind,
        "owner": route.owner_email,
        "search": search_text(lead.company.name, lead.company.domain, route.owner_email),
    }
    yield Change(groups.ABOUT, row)
    for name in lead.lists:
        yield Change(groups.LIST, {"list": name, "lead": event.lead, "step": event.step})

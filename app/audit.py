"""Proof of conservation (promise P1), from the log alone.

The order of reading makes it able to fail: first what is committed (C), then the audit up to one cut, then the stage
topics from C to their ends. A lead whose last event leaves it in flight must have a record at or past C, or lie
parked in the state's changelog. If it has neither, it is lost.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.kafka import consuming, ends, read_to
from app.lag import OTHER_TOPICS, committed
from app.settings import Settings
from leads import names
from leads.keys import lead_id
from leads.records import Place


class Brief(msgspec.Struct):
    """What the proof needs of an audit event."""

    id: str
    lead: str
    stage: str
    kind: str
    step: int
    place: str
    inputs: Any = None


@dataclass(slots=True)
class Account:
    """Where every lead is at one cut."""

    places: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def count(self) -> dict[str, int]:
        """Leads by place, every place named."""
        counts = {str(p): 0 for p in Place if p}
        for place in self.places.values():
            counts[place] += 1
        return counts

    def report(self) -> dict[str, Any]:
        """The JSON of `leadgate audit verify`."""
        counts = self.count()
        return {
            "captured": len(self.places),
            "places": counts,
            "conserved": not self.broken and sum(counts.values()) == len(self.places),
            "broken": self.broken,
        }


def settle(events: list[Brief]) -> Account:
    """The place of each lead: that of its highest step. Two places at one step are a lead doubled."""
    account = Account()
    seen: defaultdict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    captured = set()
    for event in events:
        if event.kind in {"captured", "dead"}:
            captured.add(event.lead)
        if event.place:
            seen[event.lead][event.step].add(event.place)
            record = (event.inputs or {}).get("record") if isinstance(event.inputs, dict) else None
            if isinstance(record, dict) and record.get("person_key"):
                account.keys[event.lead] = record["person_key"]
    for lead, steps in seen.items():
        at_rest = steps[max(steps)] - {"in_flight"}
        if len(at_rest) > 1:
            account.broken.append(f"lead {lead} is in {len(at_rest)} places at step {max(steps)}: {', '.join(sorted(at_rest))}")
        account.places[lead] = min(at_rest) if at_rest else "in_flight"
        if lead not in captured:
            account.broken.append(f"lead {lead} has events but was never captured")
    return account


class Follower:
    """Keeps up with the audit, to show where leads are without reading everything again each time."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._latest: dict[bytes, Brief] = {}
        self._position: dict[Any, int] = {}
        self._decoder = msgspec.json.Decoder(Brief)

    async def account(self) -> Account:
        """Where every lead is, by the events up to now."""
        cut = await ends(self._consumer, [names.AUDIT.full])
        async for record in read_to(self._consumer, cut, self._position):
            if record.value:
                self._latest[record.key] = self._decoder.decode(record.value)
        self._position = dict(cut)
        return settle(list(self._latest.values()))


async def verify(settings: Settings) -> Account:
    """Read, settle, and look for the lost."""
    done = await committed(settings)
    async with consuming(settings) as consumer:
        cut = await ends(consumer, [names.AUDIT.full])
        latest: dict[bytes, Brief] = {}
        decoder = msgspec.json.Decoder(Brief)
        async for record in read_to(consumer, cut):
            if record.value:
                latest[record.key] = decoder.decode(record.value)
        account = settle(list(latest.values()))
        moving = [lead for lead, place in account.places.items() if place == "in_flight"]
        evidence = await _evidence(consumer, done)
    for lead in evidence.captured - set(account.places):
        account.places[lead] = "in_flight"
    for lead in moving:
        if lead not in evidence.leads and account.keys.get(lead, "-") not in evidence.persons:
            account.broken.append(f"lead {lead} is lost: no record of it is under way and it waits nowhere")
    return account


@dataclass(slots=True)
class Evidence:
    """Leads and persons of whom a record is under way or parked; leads captured and not begun."""

    leads: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    captured: set[str] = field(default_factory=set)


async def _evidence(consumer: Any, done: dict[Any, int]) -> Evidence:
    found = Evidence()
    until = await ends(consumer, [t.full for t in (*names.LEAD_TOPICS, *OTHER_TOPICS)])
    async for record in read_to(consumer, until, done):
        _note(found, record)
    parked: dict[bytes, bool] = {}
    async for record in read_to(consumer, await ends(consumer, [names.CHANGELOG])):
        if record.key.startswith(b"parked."):
            parked[record.key] = record.value is not None
    found.leads |= {key.split(b"\x00", 1)[1].decode() for key, there in parked.items() if there}
    return found


def _note(found: Evidence, record: Any) -> None:
    try:
        body = msgspec.json.decode(record.value or b"{}")
    except msgspec.DecodeError:
        return
    if not isinstance(body, dict):
        return
    if record.topic == names.CAPTURED.full:
        if isinstance(body.get("source"), str) and isinstance(body.get("source_id"), str) and isinstance(body.get("raw"), dict):
            ident = lead_id(body["source"], body["source_id"])
            found.captured.add(ident)
            found.leads.add(ident)
        return
    if isinstance(body.get("lead_id"), str):
        found.leads.add(body["lead_id"])
    if isinstance(body.get("person_key"), str):
        found.persons.add(body["person_key"])

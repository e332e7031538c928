"""The evidence sorted for the auditor's checks: events by lead, persons and contacts by the leads
that are about them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.crash.evidence import PREFIX, Entry, Evidence, lead_of

#: What ends all writing to an address, or (all but a bounce) to a person.
SUPPRESSING = frozenset({"bounce", "unsubscribe", "do_not_contact"})
_HALF_A_STORY = 12


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise, in plain words, and the leads whose stories tell of it."""

    kind: str
    what: str
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """An audit event, as far as the auditor judges by it."""

    id: str
    lead: str
    stage: str
    kind: str
    step: int
    place: str
    at: float
    cause: str
    record: dict[str, Any]
    outcome: dict[str, Any]
    spot: str  # where in the log it lies

    def line(self) -> str:
        """The event in one line of a story."""
        return (
            f"{self.at:.3f} step {self.step:<3} {self.stage:9} {self.kind:16} {self.place:10}"
            f" {self.id[:8]} {self.spot}"
        )


@dataclass(slots=True)
class Case:
    """The evidence, sorted for the checks."""

    evidence: Evidence
    captured: dict[str, str] = field(default_factory=dict)  # lead id -> source and its id
    events: list[Event] = field(default_factory=list)
    by_lead: defaultdict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    # person key -> leads
    persons: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # address key -> leads
    addresses: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # CRM id -> leads
    contacts: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def of(self, topic: str) -> Iterator[Entry]:
        """The entries of a topic, as the log was read."""
        return (entry for entry in self.evidence.entries if entry.topic == PREFIX + topic)

    def story(self, lead: str) -> list[str]:
        """What was written about a lead, in order; of a long story the beginning and the end."""
        lines = [event.line() for event in sorted(self.by_lead[lead], key=lambda e: (e.step, e.at))]
        left_out = len(lines) - 2 * _HALF_A_STORY
        return (
            [*lines[:_HALF_A_STORY], f"… {left_out} more …", *lines[-_HALF_A_STORY:]]
            if left_out > 1
            else lines
        )

    def place(self, lead: str) -> str:
        """Where a lead is by its highest step; '' if nothing is known of it, in_flight while it
        moves."""
        places = self.places(lead)
        return min(places) if places else ""

    def places(self, lead: str) -> set[str]:
        """Every place that events of the highest step give a lead; in_flight only if there is no
        other."""
        placed = [event for event in self.by_lead[lead] if event.place]
        if not placed:
            return set()
        last = max(event.step for event in placed)
        found = {event.place for event in placed if event.step == last}
        return found - {"in_flight"} or found


def sort_out(evidence: Evidence) -> Case:
    """Index the evidence. An event that lies in the log twice is counted once."""
    case = Case(evidence)
    for entry in case.of("captured"):
        if isinstance(entry.value, dict) and {"source", "source_id"} <= set(entry.value):
            source, ident = str(entry.value["source"]), str(entry.value["source_id"])
            case.captured[lead_of(source, ident)] = f"{source}:{ident}"
    seen = set()
    for entry in case.of("audit"):
        if isinstance(entry.value, dict) and entry.value["id"] not in seen:
            seen.add(entry.value["id"])
            _note(case, _event(entry))
    return case


def _event(entry: Entry) -> Event:
    body = entry.value
    inputs = body.get("inputs") or {}
    record = inputs.get("record") or {}
    return Event(
        id=body["id"],
        lead=body["lead"],
        stage=body["stage"],
        kind=body["kind"],
        step=body["step"],
        place=body["place"],
        at=body["at"],
        cause=body["cause"],
        record=record if body["kind"] != "reviewed" else inputs,
        outcome=body.get("outcome") or {},
        spot=f"{entry.partition}@{entry.offset}",
    )


def _note(case: Case, event: Event) -> None:
    case.events.append(event)
    case.by_lead[event.lead].append(event)
    about = event.record.get("lead") or event.record
    if about.get("person_key"):
        case.persons[about["person_key"]].add(event.lead)
    if about.get("address_key"):
        case.addresses[about["address_key"]].add(event.lead)
    if contact := (about.get("crm") or {}).get("contact_id"):
        case.contacts[contact].add(event.lead)


def once(entries: Iterator[Entry], ident: str) -> Iterator[Entry]:
    """Each record once, by its id."""
    seen = set()
    for entry in entries:
        if isinstance(entry.value, dict) and entry.value[ident] not in seen:
            seen.add(entry.value[ident])
            yield entry


def known_suppressions(case: Case) -> dict[str, float]:
    """When the first suppression of each lead was acknowledged on `signals`."""
    found: dict[str, float] = {}
    for entry in case.of("signals"):
        if isinstance(entry.value, dict) and entry.value["kind"] in SUPPRESSING:
            for lead in _leads_of_signal(case, entry.value):
                found[lead] = min(entry.at, found.get(lead, entry.at))
    return found


def _leads_of_signal(case: Case, signal: dict[str, Any]) -> set[str]:
    """A bounce is of an address; the rest is of a person.

    A signal that knows the CRM's id alone is resolved by it.
    """
    address, person = signal.get("address_key", ""), signal.get("person_key", "")
    leads = set(case.addresses[address]) if address else set()
    if signal["kind"] != "bounce" and person:
        leads |= case.persons[person]
    return leads

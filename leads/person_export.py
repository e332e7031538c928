"""All that is held of one person, put together for the person to read.

What is decided about somebody else is left out: inputs of events are not shown, and of what a stage
had read of the person's other records only those stay that are the person's by now.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from leads.erasure_order import PersonOutside
from leads.explain import describe_event, reasons
from leads.keys import Keys
from leads.person_traces import PersonTraces, record_of
from leads.records import (
    Alert,
    Audit,
    AuditPerson,
    Captured,
    PersonValues,
    ReviewItem,
    Signal,
    to_plain,
)
from leads.times import format_time
from leads.unmerge import last_place


@dataclass(frozen=True, slots=True)
class Held:
    """What lies beside the audit, opened; records about other people may be among it."""

    captured: Collection[Captured] = ()
    waiting: Collection[ReviewItem] = ()
    alerts: Collection[Alert] = ()
    signals: Collection[Signal] = ()


@dataclass(frozen=True, slots=True)
class EventExport:
    """One event. `says` is what `leadgate why` says; `because` the rules that were looked at."""

    says: str
    because: list[str]
    place: str
    actor: str
    outcome: Any
    person: Any
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeadExport:
    """One lead: `captured` are its records as the source gave them, the first one first, as far as
    they are kept; `waits` are the questions about it that people have not answered yet."""

    lead: str
    source: str
    source_id: str
    place: str
    since: str
    captured: list[Any]
    events: list[EventExport]
    waits: list[Any]
    alerts: list[Any]

    def line(self) -> str:
        """In one line."""
        asked = f", {len(self.waits)} questions wait" if self.waits else ""
        return (
            f"lead {self.lead} ({self.source} {self.source_id}): {self.place} since {self.since};"
            f" {len(self.captured)} captured records, {len(self.events)} events,"
            f" {len(self.alerts)} alerts{asked}"
        )


@dataclass(frozen=True, slots=True)
class PersonExport:
    """One person, at a time. `signals` are facts that came after capture, such as an opt-out;
    `address_keys` are the keyed hashes under which they and the state's rows lie."""

    at: str
    addresses: list[str]
    address_keys: list[str]
    crm_contacts: list[str]
    apollo_ids: list[str]
    leads: list[LeadExport]
    signals: list[Any]

    def text(self) -> str:
        """A summary, in lines."""
        return "\n".join(
            [
                f"held of {', '.join(self.addresses) or 'a person without an address'}, {self.at}:",
                *(f"  {lead.line()}" for lead in self.leads),
                f"  {len(self.signals)} signals",
                f"  contacts in the CRM: {', '.join(self.crm_contacts) or 'none'}",
                f"  contacts in Apollo: {', '.join(self.apollo_ids) or 'none'}",
            ]
        )


def export_person(traces: PersonTraces, held: Held, keys: Keys, at: float) -> PersonExport:
    """All that is held of a person at a time; of `held` what is about it."""
    alerts = [alert for alert in held.alerts if alert.lead_id in traces.stories]
    outside = traces.outside(keys, alerts)
    signals = [one for one in held.signals if _is_about(one, outside)]
    return PersonExport(
        at=format_time(at),
        addresses=list(outside.emails),
        address_keys=list(outside.address_keys),
        crm_contacts=list(outside.contact_ids),
        apollo_ids=list(outside.apollo_ids),
        leads=[_lead(lead, traces, held) for lead in traces.leads],
        signals=_dated(sorted(signals, key=lambda one: one.at), "at"),
    )


def _lead(lead: str, traces: PersonTraces, held: Held) -> LeadExport:
    story = traces.stories[lead]
    mine = sorted(
        (one for one in held.captured if one.data_subject == lead), key=lambda one: one.captured_at
    )
    record, last = record_of(story), last_place(story)
    source, source_id = record.get("source", ""), record.get("source_id", "")
    if mine:
        source, source_id = mine[-1].source, mine[-1].source_id
    return LeadExport(
        lead=lead,
        source=source,
        source_id=source_id,
        place=str(last.place) if last else "",
        since=format_time(last.at if last else story[0].at),
        captured=_dated(mine, "captured_at"),
        events=[_event(event, traces.stories) for event in story],
        waits=_dated((one for one in held.waiting if one.lead_id == lead), "since"),
        alerts=_dated((one for one in held.alerts if one.lead_id == lead), "at"),
    )


def _event(event: Audit, leads: Collection[str]) -> EventExport:
    person = event.person
    if person is not None and person.known is not None:
        person = replace(person, known=_own(person.known, leads))
    return EventExport(
        says=describe_event(event),
        because=reasons(event),
        place=event.place,
        actor=event.actor,
        outcome=event.outcome,
        person=to_plain(person or AuditPerson()),
        details=event.details,
    )


def _own(known: PersonValues, leads: Collection[str]) -> PersonValues:
    """Without the records that are another person's by now."""
    is_own = known.own is not None and known.own.lead_id in leads
    return replace(
        known,
        own=known.own if is_own else None,
        ours=known.ours if is_own else {},
        merged=tuple(one for one in known.merged if one.lead_id in leads),
        waiting=tuple(one for one in known.waiting if one.lead_id in leads),
    )


def _is_about(signal: Signal, person: PersonOutside) -> bool:
    keys = {signal.address_key, signal.person_key} - {""}
    return bool(keys & {*person.address_keys}) or signal.value in person.lead_ids


def _dated(records: Iterable[Any], field: str) -> list[Any]:
    """As plain values, with the time in `field` as people read it."""
    return [to_plain(one) | {field: format_time(getattr(one, field))} for one in records]

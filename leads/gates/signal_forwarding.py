"""Signals whose address turns out to be another person's: they follow the alias to that person's
partition, so that what was said of one address counts for the lead wherever it is."""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, OutputRecord, TableWrite
from leads.gates.common import signal_output
from leads.keys import derive
from leads.records import IdentityLink, Place, Signal
from leads.table_rows import Deferred, PersonRow
from leads.waits import MOVED


def alias_target(row: PersonRow | None, key: str) -> str:
    """The person's key that a key is an alias of, by identity's row of it; '' if it is none."""
    if row is None or row.person_key == key:
        return ""
    return row.person_key


def forwarded(signal: Signal, person_key: str, delivery: int) -> Decision:
    """The signal, in the partition of the person that its address belongs to."""
    to = _forward(signal, person_key, delivery)
    return Decision(kind="forwarded", place=Place.NOWHERE, outputs=(to,))


def forwarded_deferred(person_key: str, lead_id: str, deferred: Deferred, table: str) -> Decision:
    """What was deferred for a lead on its way, sent after it; answers of people stay with what
    they were asked. `table` holds the row, by the lead's id."""
    outputs = [_forward(signal, person_key, signal.delivery + 1) for _, signal in deferred.signals]
    rest = Deferred(review_decisions=deferred.review_decisions)
    return Decision(
        kind="forwarded",
        place=Place.NOWHERE,
        outputs=tuple(outputs),
        puts=(TableWrite(table=table, key=lead_id, value=rest or None),),
    )


def linked_signals(link: IdentityLink, last_lead: str) -> tuple[OutputRecord, ...]:
    """The signals to engagement that leads which had claimed an address are another person's now:
    the lead that the link names, and `last_lead`, the last one that claimed it ('' for none).

    `linked` sends on what was deferred for it, `moved` ends its rest.
    """
    leads = dict.fromkeys(filter(None, (link.from_lead, last_lead)))
    return tuple(_to_engagement(link, lead, kind) for lead in leads for kind in ("linked", MOVED))


def _to_engagement(link: IdentityLink, lead_id: str, kind: str) -> OutputRecord:
    signal = Signal(
        signal_id=derive(kind, link.link_id, lead_id),
        kind=kind,
        at=0.0,
        source="identity",
        address_key=link.person_key,
        person_key=link.address_key,
        value=lead_id,
        only="engage",
    )
    return OutputRecord(topic=topics.ROUTED_SIGNALS.full, key=link.address_key, record=signal)


def _forward(signal: Signal, person_key: str, delivery: int) -> OutputRecord:
    moved = replace(signal, forwarded=True, person_key=person_key, only="", delivery=delivery)
    return signal_output(moved)

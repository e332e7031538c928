"""The place of every lead by the log, and the contradictions: the pure part of `audit verify`.

A ledger stores a few words per lead, never its events, so that a million leads fit in memory. The
parts must be noted in this order, since each is checked against those before: uncommitted records,
captured records, rows of the state, review items, audit events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any, NamedTuple

import msgspec
from aiokafka import TopicPartition

from app.audit.headers import (
    EVENT,
    ITEM,
    PARKED,
    PENDING,
    EventBrief,
    ItemBrief,
    ParkedBrief,
)
from app.audit.placement import Fault, PlacementLedger
from leads import topics
from leads.gates.intake import Intake
from leads.records import WAITING_PLACES, Place
from leads.retention import Deletion
from leads.review_items import MOVED
from streams.runner.captured_records import INTAKE_ROWS, ROW, identify

_PARKED = b"parked."


@dataclass(slots=True)
class _Lead:
    """The highest step of a lead, the stage that decided it, and the places it led to.

    `known`: the lead was captured, by the topic `captured` or by an event of intake.
    """

    step: int = -1
    stage: str = ""
    places: tuple[str, ...] = ()
    known: bool = False


@dataclass(slots=True)
class _Unread:
    """A captured record that is committed, and for which no decision was found so far."""

    cause: int
    partition: int
    offset: int


class _Parked(NamedTuple):
    """A row that a lead waits with."""

    step: int
    put_off: bool


@dataclass(slots=True)
class Ledger:
    """What the log shows. `done` holds the committed offset of each partition."""

    done: Mapping[TopicPartition, int] = field(default_factory=dict)
    leads: dict[str, _Lead] = field(default_factory=dict)
    _items: dict[str, ItemBrief] = field(default_factory=dict)
    _moving: set[str] = field(default_factory=set)
    _persons: set[str] = field(default_factory=set)
    _unread: dict[str, _Unread] = field(default_factory=dict)
    _parked: dict[tuple[str, str], dict[int, _Parked]] = field(default_factory=dict)

    def note_pending(self, record: Any) -> None:
        """A record of a stage topic that is not committed yet."""
        try:
            found = PENDING.decode(record.value or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        self._moving.update({found.lead_id} - {""})
        self._persons.update({found.person_key} - {""})

    def note_captured(self, record: Any) -> None:
        """A record of topic `captured`: a lead, or a dead letter if it is unusable."""
        ident, cause = identify(record)
        self.leads.setdefault(ident, _Lead()).known = True
        if record.offset >= self.done.get(TopicPartition(record.topic, record.partition), 0):
            self._moving.add(ident)
        else:
            self._unread[ident] = _Unread(hash(cause), record.partition, record.offset)

    def note_row(self, partition: int, key: bytes, value: bytes | None) -> None:
        """A row of the state's changelog, in the order of its partition.

        A lead that moves to another person's partition has rows of one key in both, and partitions
        are read in any order.
        """
        if key.startswith(_PARKED):
            self._note_parked(partition, key, value)
        elif value is not None and key.startswith(INTAKE_ROWS):
            ident = key[len(INTAKE_ROWS) :].decode()
            row, unread = ROW.decode(value), self._unread.get(ident)
            if unread and row.covers(unread.cause, unread.offset):
                del self._unread[ident]

    def _note_parked(self, partition: int, key: bytes, value: bytes | None) -> None:
        stage, lead = key[len(_PARKED) :].decode().split("\x00", 1)
        rows = self._parked.setdefault((intern(stage), lead), {})
        parked = ParkedBrief() if value is None else PARKED.decode(value)
        if parked.put_off or parked.held is not None:
            rows[partition] = _Parked(parked.step, parked.put_off)
        else:
            rows.pop(partition, None)
        if not rows:
            del self._parked[stage, lead]

    def note_item(self, value: bytes) -> None:
        """A record of topic `review-queue`; the one with a lead's highest step counts."""
        item = ITEM.decode(value)
        known = self._items.get(item.lead_id)
        if known is None or item.step >= known.step:
            self._items[item.lead_id] = item

    def note_event(self, value: bytes) -> None:
        """An audit event."""
        event = EVENT.decode(value)
        if event.foreign:
            return
        unread = self._unread.get(event.lead)
        if unread is not None and unread.cause == hash(event.cause):
            del self._unread[event.lead]
        if event.place:
            self._move(event)

    def _move(self, event: EventBrief) -> None:
        lead = self.leads.setdefault(event.lead, _Lead())
        lead.known |= event.stage == Intake.name or event.kind in {"captured", "dead"}
        if event.person_key in self._persons:
            self._moving.add(event.lead)
        if event.step > lead.step:
            lead.step, lead.stage, lead.places = event.step, intern(event.stage), ()
        if event.step == lead.step and event.place != Place.IN_FLIGHT:
            lead.places = _with(lead.places, event.place)
            if event.place in lead.places:
                lead.stage = intern(event.stage)

    def account(self) -> PlacementLedger:
        """The leads' places, by what was noted so far."""
        account = PlacementLedger(known=len(self.leads))
        for ident, lead in self.leads.items():
            if lead.step >= 0:
                account.places[ident] = min(lead.places, default=Place.IN_FLIGHT)
            elif ident in self._moving:
                account.places[ident] = Place.IN_FLIGHT
            if len(lead.places) > 1:
                what = f"step {lead.step}: {', '.join(sorted(lead.places))}"
                account.note(Fault.DOUBLED, ident, what)
            if not lead.known:
                account.note(Fault.UNKNOWN, ident, f"{lead.stage} has decided about it")
        return account

    def judge(
        self,
        begin: Mapping[TopicPartition, int],
        end: Mapping[TopicPartition, int],
        deletions: Mapping[TopicPartition, Deletion],
    ) -> PlacementLedger:
        """The leads' places, and every contradiction found.

        `begin` and `end` are the first and the end offsets of the partitions, `deletions` how far
        Leadgate has deleted them.
        """
        account = self.account()
        for tp, one in sorted(deletions.items()):
            if one.records:
                account.deleted[tp.topic] = account.deleted.get(tp.topic, 0) + one.records
        self._judge_ends(account, end)
        self._judge_beginnings(account, begin, deletions)
        under_way = self._moving | self._postponed()
        for ident, lead in self.leads.items():
            if ident in under_way:
                continue
            if lead.step >= 0:
                self._judge_lead(account, ident, lead)
            elif ident not in self._unread:
                what = "it was captured and decided, and no audit event says what became of it"
                account.note(Fault.LOST, ident, what)
        for ident, item in self._items.items():
            place = account.places.get(ident, "nowhere")
            if item.kind != MOVED and ident not in under_way and place not in WAITING_PLACES:
                what = f"an item of {item.stage}, step {item.step}, shows it, and it is {place}"
                account.note(Fault.MOVED_ON, ident, what)
        return account

    def _postponed(self) -> set[str]:
        """The leads that are postponed under a stage."""
        leads = set()
        for (_, lead), rows in self._parked.items():
            if any(row.put_off for row in rows.values()):
                leads.add(lead)
        return leads

    def _judge_ends(self, account: PlacementLedger, end: Mapping[TopicPartition, int]) -> None:
        for tp, stop in sorted(end.items()):
            if (read := self.done.get(tp, 0)) > stop:
                what = (
                    f"ends at {stop}, {read} is committed: the broker lost {read - stop} records"
                    " that were processed"
                )
                account.note(Fault.CUT, f"{tp.topic}/{tp.partition}", what)
        for ident, unread in self._unread.items():
            where = f"{topics.CAPTURED.full}/{unread.partition}@{unread.offset}"
            what = f"its record {where} is committed, and nothing was decided about it"
            account.note(Fault.SKIPPED, ident, what)

    def _judge_beginnings(
        self,
        account: PlacementLedger,
        begin: Mapping[TopicPartition, int],
        deletions: Mapping[TopicPartition, Deletion],
    ) -> None:
        """What Leadgate deletes was committed before; a group that no worker has joined for days
        has lost its offsets."""
        for tp, start in sorted(begin.items()):
            read, where = self.done.get(tp, 0), f"{tp.topic}/{tp.partition}"
            stored = deletions.get(tp)
            if stored is not None and start <= stored.before:
                continue
            if read < start:
                what = f"starts at {start}, only {read} is committed: {start - read} deleted unread"
                account.note(Fault.DELETED, where, what)
            elif stored is not None:
                what = (
                    f"starts at {start}, Leadgate has deleted up to {stored.before}: others have"
                    f" deleted {start - stored.before} records that were processed"
                )
                account.note(Fault.TRUNCATED, where, what)

    def _judge_lead(self, account: PlacementLedger, ident: str, lead: _Lead) -> None:
        place = account.places[ident]
        at = f"{place} at {lead.stage}, step {lead.step}"
        if place == Place.IN_FLIGHT:
            account.note(Fault.LOST, ident, f"{at}: no record of it is under way or put off")
        if place not in WAITING_PLACES:
            return
        item = self._items.get(ident)
        if item is None or item.kind == MOVED:
            account.note(Fault.UNSHOWN, ident, f"{at}, and no review item shows it")
        elif (item.step, item.kind, item.stage) != (lead.step, place, lead.stage):
            what = f"{at}, and its item says {item.kind} at {item.stage}, step {item.step}"
            account.note(Fault.MOVED_ON, ident, what)
        rows = self._parked.get((lead.stage, ident), {}).values()
        if not any(row.step == lead.step or row.put_off for row in rows):
            what = f"{at}, and the state holds no parked row of that step to go on from"
            account.note(Fault.UNPARKED, ident, what)


def _with(places: tuple[str, ...], place: str) -> tuple[str, ...]:
    """Add a place of a step. `dead` counts only while the step has no other place: it can be the
    dead letter of an unusable version of the lead's source record."""
    if place in places or (place == Place.DEAD and places):
        return places
    if places == (Place.DEAD,):
        places = ()
    return (*places, intern(place))

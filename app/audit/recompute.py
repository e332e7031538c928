"""Every decision computed again from its own audit event, byte for byte (promise P6).

An event holds what its stage read, the results of its effects, the rules' version and the time; a
captured record is read from its topic. The decision's own event, and its notes (the further events
that it wrote), must be equal to those in the log. Memory holds a window of notes per partition, the
disk holds the captured records.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from app.audit.originals import Originals
from app.base.settings import Settings
from app.kafka.clients import consuming, ends, read_to
from app.privacy.hash_key import open_keys
from app.privacy.lead_keys import open_sealing
from app.retention.deletions import read_deletions
from app.rules.store import fetch_rules
from leads import topics
from leads.records import Audit, Record
from leads.rules import Rules
from leads.sealing import UNSEALED, Sealing
from streams.runner import audit_events
from streams.runner.captured_records import identify
from streams.runner.model import Stage, StageTask
from streams.runner.redeciding import Redeciding
from streams.stages.all import make_stages

_NOT_DECIDED = frozenset({"reviewed", "dead", "restored", "unmerged", "person_exported"})
#: A decision's notes come before it, among those of the other leads of a run and of other stages.
WINDOW = 5000
#: So many differences are shown, and for so many notes a partition may wait after their decision.
SHOWN = 100


class RecomputeReport(Record, frozen=True, kw_only=True):
    """The result: `same` of `decisions` are equal, each counted as often as the log has it.

    `different` holds the ids of the first others, with the difference. `other_logic` counts what
    another version of a gate's logic decided, by stage and version: it is not decided again.
    `deleted` counts what can't be: Leadgate has deleted its captured record, as the rules say.
    `erased` counts decisions that used data of an erased person, which can no longer be read.
    """

    decisions: int
    same: int
    different: dict[str, str]
    other_logic: dict[str, int] = {}
    deleted: int = 0
    erased: int = 0


@dataclass(slots=True)
class _Notes:
    """The last notes of a partition by id; and by id the notes that a decision needs and that have
    not been read yet, with the decision's id and the bytes expected."""

    recent: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    wanted: dict[str, tuple[str, bytes]] = field(default_factory=dict)


class Recomputing:
    """Takes audit events in the log's order; `original` returns a captured record by its cause.

    Leadgate has deleted captured records up to the time `deleted_until`.
    """

    def __init__(
        self,
        stages: dict[str, Stage],
        rules: dict[str, Rules],
        original: Callable[[str], bytes | None],
        sealing: Sealing,
        window: int = WINDOW,
        deleted_until: float = 0.0,
    ) -> None:
        self._sealing = sealing
        self._deleted_until, self._deleted, self._erased = deleted_until, 0, 0
        self._stages, self._original = stages, original
        self._redeciding = Redeciding(stages, rules, original, sealing)
        self._window = window
        self._events = msgspec.json.Decoder(Audit)
        self._notes: dict[int, _Notes] = {}
        self._decisions = self._differ = 0
        self._different: dict[str, str] = {}
        self._other_logic: Counter[str] = Counter()

    def take(self, partition: int, value: bytes) -> None:
        """One event of a partition of `audit`."""
        written = self._events.decode(value)
        event = self._sealing.open(written)
        notes = self._notes.setdefault(partition, _Notes())
        if event.kind in _NOT_DECIDED:
            return
        stage = self._stages.get(event.stage)
        if stage is not None and event.logic != stage.gate.logic:
            if isinstance(event.inputs, dict):
                self._other_logic[f"{event.stage} {event.logic}"] += 1
            return
        if isinstance(event.inputs, dict):
            # before there were keys, events were written as they are
            sealing = self._sealing if written.sealed or written.person is None else UNSEALED
            self._take_decision(event, value, notes, sealing)
            return
        if (wanted := notes.wanted.pop(event.id, None)) is not None and wanted[1] != value:
            self._note_difference(wanted[0], _differs(value, wanted[1]))
        notes.recent[event.id] = value
        if len(notes.recent) > self._window:
            notes.recent.popitem(last=False)

    def result(self) -> RecomputeReport:
        """The report, once the last event was taken."""
        for notes in self._notes.values():
            missing: dict[str, str] = {}  # a decision counts once, however many notes it misses
            for ident, (decision, value) in notes.wanted.items():
                missing[decision] = _missing(ident, value)
            for decision, why in missing.items():
                self._note_difference(decision, why)
            notes.wanted.clear()
        return RecomputeReport(
            decisions=self._decisions,
            same=self._decisions - self._differ,
            different=dict(self._different),
            other_logic=dict(self._other_logic),
            deleted=self._deleted,
            erased=self._erased,
        )

    def _is_deleted(self, event: Audit) -> bool:
        """Whether its captured record was deleted on purpose, and is not merely missing."""
        if not self._redeciding.is_captured(event):
            return False
        if event.inputs["record"]["captured_at"] >= self._deleted_until:
            return False
        return self._original(event.cause) is None

    def _note_difference(self, ident: str, why: str) -> None:
        self._differ += 1
        if len(self._different) < SHOWN:
            self._different[ident] = why

    def _take_decision(self, event: Audit, value: bytes, notes: _Notes, sealing: Sealing) -> None:
        if self._is_deleted(event):
            self._deleted += 1
            return
        inputs = self._redeciding.read(event)
        if inputs is None:
            self._erased += 1
            return
        self._decisions += 1
        task = self._redeciding.decide(event, inputs, sealing)
        if why := self._compare(event, task, value, notes, sealing):
            self._note_difference(event.id, why)

    def _compare(
        self, event: Audit, job: StageTask | str, value: bytes, notes: _Notes, sealing: Sealing
    ) -> str:
        """'' if the event and its notes are computed as they were written, else the difference."""
        if isinstance(job, str):
            return job
        wanted: dict[str, tuple[str, bytes]] = {}
        for record in audit_events.audits(self._stages[event.stage], job, sealing):
            ident, again = record.key.decode(), record.value or b""
            written = notes.recent.get(ident)
            if ident == event.id:
                written = value
            if written is not None and written != again:
                return _differs(written, again)
            if written is None and len(notes.wanted) >= SHOWN:
                return _missing(ident, again)
            if written is None:
                wanted[ident] = (event.id, again)
        notes.wanted.update(wanted)
        return ""


def _differs(written: bytes, again: bytes) -> str:
    return f"was {written.decode()}, is {again.decode()}"


def _missing(ident: str, again: bytes) -> str:
    return f"it writes {ident} now: {again.decode()[:300]}"


async def recompute(settings: Settings) -> RecomputeReport:
    """Read captured records, rules and audit, and decide everything again."""
    made = make_stages(await open_keys(settings))
    stages = {stage.name: stage for stage in made}
    rules = (await fetch_rules(settings)).known
    with Originals() as originals:
        async with consuming(settings) as consumer:
            until = 0.0
            for tp, one in (await read_deletions(consumer)).items():
                if tp.topic == topics.CAPTURED.full:
                    until = max(until, one.older_than)
            sealing = open_sealing(settings)
            doing = Recomputing(stages, rules, originals.get, sealing, deleted_until=until)
            audit = await ends(consumer, [topics.AUDIT.full])
            async for record in read_to(consumer, await ends(consumer, [topics.CAPTURED.full])):
                originals.add(identify(record)[1], record.value or b"")
            async for record in read_to(consumer, audit):
                if record.value:
                    doing.take(record.partition, record.value)
    return doing.result()

"""What the parts of a rebuild hand to one another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from leads import topics
from leads.gates.colleagues import brand_of
from leads.records import Audit, Captured, CrmRecord, Lead, Signal
from leads.rules import Rules
from leads.sealing import Sealing
from streams.rebuild.rebuilt_rows import RebuiltRows
from streams.runner.model import Stage


class AuditIndex(Protocol):
    """What the whole audit says, asked while it is read."""

    def has(self, stage: str, lead: str, cause: str) -> bool:
        """Whether a stage has decided about a lead because of this cause."""
        ...

    def last_step(self, lead: str) -> int:
        """The highest step at which anything was decided about a lead, -1 for none."""
        ...


class Original(NamedTuple):
    """A captured record as it lies in its topic."""

    value: bytes
    offset: int


class Arrival(NamedTuple):
    """A record that reaches a topic: an output of a decision, or one from outside (`raw` is then
    what it was decoded from)."""

    topic: topics.Topic
    partition: int
    record: Any
    at: float
    raw: Any = None


class Pending(NamedTuple):
    """A lead that was sent to a stage which has not decided about it, or that a signal has resumed
    there."""

    partition: int
    lead: Lead
    at: float
    signal: Signal | None = None


class Undecided(NamedTuple):
    """An event that can't be decided again, and why; `gone` if only its captured record is."""

    lead: str
    stage: str
    kind: str
    step: int
    place: str
    why: str
    gone: bool


@dataclass(frozen=True, slots=True)
class RebuildContext:
    """What a rebuild works with, and the rows that it makes.

    `rules` are the versions by hash, `current` the hash of the one in force. `places` holds where
    a record lies that is not committed, by stage, row's key and cause: a worker reads it once
    more, and must know it again. `original` finds a captured record by its cause.
    """

    stages: Mapping[str, Stage]
    rules: Mapping[str, Rules]
    current: str
    original: Callable[[str], Original | None]
    audited: AuditIndex
    places: Mapping[tuple[str, str, str], str]
    rows: RebuiltRows
    sealing: Sealing

    def original_bytes(self, cause: str) -> bytes | None:
        """A captured record's value by its cause."""
        found = self.original(cause)
        return None if found is None else found.value


def is_decision(event: Audit) -> bool:
    """Whether an event holds what was decided about, and not only a note beside it."""
    return isinstance(event.inputs, dict) and "record" in event.inputs


def nowhere(stage: Stage, partition: int) -> str:
    """The place of a record that is committed: before all those that a worker still reads."""
    return f"{stage.retry_topic.full}/{partition}@-1"


def home_of(stage: str, record: Any) -> str:
    """The key by which a record's partition is found, where a stage decides about it."""
    if isinstance(record, Captured):
        return f"{record.source}:{record.source_id}"
    if isinstance(record, CrmRecord):
        return record.key
    if not isinstance(record, Lead):
        return str(record.person_key)
    if stage == "intake":
        return f"{record.source}:{record.source_id}"
    if stage == "identity":
        return record.claim_key or record.person_key
    if stage == "company":
        return brand_of(record) or record.person_key
    return record.person_key

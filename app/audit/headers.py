"""What little the proof of conservation reads of each record: a million leads' records must fit."""

from typing import Any

import msgspec

from leads import topics
from leads.keys import derive
from leads.records import Captured
from streams.runner.audit_events import subject_of
from streams.runner.decoding import refusal


class _Key(msgspec.Struct):
    person_key: str = ""


class _Inputs(msgspec.Struct):
    record: _Key | None = None


class EventBrief(msgspec.Struct):
    """Of an audit event."""

    lead: str
    stage: str
    kind: str
    step: int
    place: str
    cause: str = ""
    inputs: _Inputs | None = None

    @property
    def person_key(self) -> str:
        """The person whom the decided record was about, '' where it names none."""
        return self.inputs.record.person_key if self.inputs and self.inputs.record else ""

    @property
    def foreign(self) -> bool:
        """Whether it is the dead letter of a topic on which no leads are captured."""
        captured = self.cause.startswith(f"{topics.CAPTURED.full}/")
        return self.kind == "dead" and self.cause.startswith(topics.PREFIX) and not captured


class AttemptBrief(msgspec.Struct):
    """Of a stage's own row."""

    step: int
    cause: str


class ItemBrief(msgspec.Struct):
    """Of a review item, or of the word that a lead has moved on."""

    lead_id: str
    step: int
    kind: str
    stage: str


class ParkedBrief(msgspec.Struct):
    """Of a parked row."""

    held: ItemBrief | None = None
    put_off: bool = False


class PendingBrief(msgspec.Struct):
    """Of a record that a stage has yet to read."""

    lead_id: str = ""
    person_key: str = ""


EVENT = msgspec.json.Decoder(EventBrief)
ATTEMPT = msgspec.json.Decoder(AttemptBrief)
ITEM = msgspec.json.Decoder(ItemBrief)
PARKED = msgspec.json.Decoder(ParkedBrief)
PENDING = msgspec.json.Decoder(PendingBrief)
_CAPTURED = msgspec.json.Decoder(Captured)


def identify(record: Any) -> tuple[str, str]:
    """The lead that a record of `captured` is about, and the cause under which it is decided.

    What can't be used is about nobody: its id and cause are those of its dead letter.
    """
    value = record.value or b""
    try:
        if not refusal(value):
            subject, _, cause = subject_of(_CAPTURED.decode(value), record)
            return subject.removeprefix("captured:"), cause
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    where = f"{record.topic}/{record.partition}@{record.offset}"
    return derive("dead", where), where

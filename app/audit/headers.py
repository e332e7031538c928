"""The few fields that the proof of conservation decodes of each record, so that a million leads fit
in memory."""

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
    """The fields read of an audit event."""

    lead: str
    stage: str
    kind: str
    step: int
    place: str
    cause: str = ""
    inputs: _Inputs | None = None

    @property
    def person_key(self) -> str:
        """The key of the decided record's person, '' where it names none."""
        if self.inputs is None or self.inputs.record is None:
            return ""
        return self.inputs.record.person_key

    @property
    def foreign(self) -> bool:
        """Whether it is the dead letter of a topic on which no leads are captured."""
        captured = self.cause.startswith(f"{topics.CAPTURED.full}/")
        return self.kind == "dead" and self.cause.startswith(topics.PREFIX) and not captured


class AttemptBrief(msgspec.Struct):
    """The fields read of a stage's attempt row."""

    step: int
    cause: str
    earlier: tuple[str, ...] = ()


class ItemBrief(msgspec.Struct):
    """The fields read of a record of topic `review-queue`."""

    lead_id: str
    step: int
    kind: str
    stage: str


class ParkedBrief(msgspec.Struct):
    """The fields read of a parked row."""

    held: ItemBrief | None = None
    put_off: bool = False

    @property
    def step(self) -> int:
        """The step at which a person is asked about the lead, -1 if no person is asked."""
        if self.held is None:
            return -1
        return self.held.step


class PendingBrief(msgspec.Struct):
    """The fields read of a record that no stage has processed yet."""

    lead_id: str = ""
    person_key: str = ""


EVENT = msgspec.json.Decoder(EventBrief)
ATTEMPT = msgspec.json.Decoder(AttemptBrief)
ITEM = msgspec.json.Decoder(ItemBrief)
PARKED = msgspec.json.Decoder(ParkedBrief)
PENDING = msgspec.json.Decoder(PendingBrief)
_CAPTURED = msgspec.json.Decoder(Captured)


def identify(record: Any) -> tuple[str, str]:
    """The lead id of a record of `captured`, and the cause under which intake decides it.

    An unusable record has the id and the cause of its dead letter.
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

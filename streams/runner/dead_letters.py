"""What can't be read, or isn't obeyed, where a person sees it."""

from typing import Any, ClassVar

from leads import topics
from leads.keys import derive, event_id
from leads.records import Audit, PersonalRecord
from leads.sealing import Sealing
from streams.runner.audit_events import ACTOR, event_record
from streams.runner.outgoing import LARGEST, OutgoingRecord

_FIRST_BYTES = 64 << 10


class Dead(PersonalRecord, frozen=True, kw_only=True):
    """A record that no gate could read: topic `dead-letters`.

    `key` and `value` are the original bytes (base64 in JSON). Of a value of `size` bytes that is
    larger than a record may be, `value` is the beginning; the whole lies at `where`. They are
    sealed under a key of the letter's own, that of `lead`, under which the audit has it: whose data
    they are can't be read.
    """

    personal: ClassVar = ("key", "value")
    subject_field: ClassVar = "lead"

    where: str
    stage: str
    why: str
    at: float
    key: bytes
    value: bytes
    size: int = 0
    lead: str = ""


async def dead_letter(stage: str, record: Any, why: str, sealing: Sealing) -> list[OutgoingRecord]:
    """The audit event that reports the record, and the letter with its original bytes, or with
    their beginning where a record can't hold them.

    Its time is the record's own, so that a replay writes the same event.
    """
    letter = _letter(stage, record, why)
    await sealing.ensure([letter])
    event = Audit(
        id=event_id(letter.lead, stage, letter.where, "dead"),
        lead=letter.lead,
        stage=stage,
        kind="dead",
        step=0,
        place="dead",
        at=letter.at,
        actor=ACTOR,
        cause=letter.where,
        rules="",
        inputs={"where": letter.where},
        outcome={"why": why},
    )
    return [
        event_record(event, sealing),
        OutgoingRecord(topics.DEAD, letter.where.encode(), sealing.encode(letter)),
    ]


def _letter(stage: str, record: Any, why: str) -> Dead:
    where = f"{record.topic}/{record.partition}@{record.offset}"
    value = record.value or b""
    return Dead(
        where=where,
        stage=stage,
        why=why,
        at=record.timestamp / 1000.0,
        key=(record.key or b"")[:_FIRST_BYTES],
        value=value if len(value) <= LARGEST else value[:_FIRST_BYTES],
        size=len(value),
        lead=derive("dead", where),
    )

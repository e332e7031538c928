"""Records of topic `captured`: who they are, and whether the state shows that intake has decided
about them."""

from collections.abc import Callable
from typing import Any

import msgspec

from leads.gates.intake import Intake
from leads.keys import derive
from leads.records import Captured
from streams.runner.audit_events import subject_of
from streams.runner.decoding import refusal

#: The beginning of the keys of intake's rows of captured records.
INTAKE_ROWS = f"attempt.{Intake.name}\x00captured:".encode()
_CAPTURED = msgspec.json.Decoder(Captured)


class IntakeRow(msgspec.Struct):
    """The fields read of intake's row of a lead: its latest attempt at a captured record."""

    step: int
    cause: str
    earlier: tuple[str, ...] = ()

    def covers(self, cause: int, offset: int) -> bool:
        """Whether it shows that a record was decided about, or one that came later, or that its
        bytes were known. `cause` is the hash of the record's cause."""
        return self.step >= offset or cause in map(hash, (self.cause, *self.earlier))


ROW = msgspec.json.Decoder(IntakeRow)


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
    where = _place_of(record)
    return derive("dead", where), where


def is_decided(record: Any, row_of: Callable[[bytes], bytes | None]) -> bool:
    """Whether the state shows that a record was decided about; `row_of` reads it. An unusable
    record is: it can only become a dead letter."""
    ident, cause = identify(record)
    if cause == _place_of(record):
        return True
    row = row_of(INTAKE_ROWS + ident.encode())
    return row is not None and ROW.decode(row).covers(hash(cause), record.offset)


def _place_of(record: Any) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"

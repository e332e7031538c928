"""From a record of the log to what it says of the read model's rows: pure.

What it says depends on the record, its topic, partition and offset alone, so that a record can be
read again at any time.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from app.base.errors import UsageError
from app.console import briefs, groups
from app.console.event_rows import audit_changes
from app.console.groups import Change, Row
from leads import topics
from leads.keys import lead_id
from leads.records import Person, ReviewItem, SlaOutcome
from streams.runner.captured_records import identify

_LARGEST_LETTER = 64 << 10  # bytes; a larger one is read where it lies
_IMPORT = b"import:"


class UnreadableRecordError(UsageError):
    """A record of one of Leadgate's own topics is none of Leadgate's."""

    def __init__(self, record: Any, why: str) -> None:
        where = f"{record.topic}/{record.partition}@{record.offset}"
        super().__init__(
            f"the console can't read {where}: {why}; a program that is not Leadgate's, or a later"
            " release of it, has written the record"
        )


def changes_of(record: Any) -> list[Change]:
    """What a record says; nothing, where it is none that the console shows.

    Raises UnreadableRecordError.
    """
    project = _PROJECTED.get(record.topic)
    if project is None or not record.value:
        return []
    try:
        found = list(project(record))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableRecordError(record, str(error)) from None
    if b"\\u0000" in record.value:  # no text of PostgreSQL's holds one
        found = [Change(change.group, _without_nul(change.row)) for change in found]
    return found


def _without_nul(row: Row) -> Row:
    return {
        name: value.replace("\0", "") if isinstance(value, str) else value
        for name, value in row.items()
    }


def _captured(record: Any) -> Iterator[Change]:
    """A record that is no lead has the id of its dead letter, and the time of its arrival."""
    lead, _ = identify(record)
    try:
        read = _CAPTURED.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        read = briefs.CapturedBrief(captured_at=record.timestamp / 1000)
    row = {
        "lead": lead,
        "waiting_offset": record.offset,
        "waiting_partition": record.partition,
        "waiting_at": read.captured_at,
        "waiting_source": read.source,
        "waiting_import": read.imported,
    }
    yield Change(groups.WAITING, row)


def _item(record: Any) -> Iterator[Change]:
    item = _ITEM.decode(record.value)
    if not item.sealed:  # of before there were keys: no erasure would reach it
        item = replace(item, person=Person())
    row = {
        "lead": item.lead_id,
        "stage": item.stage,
        "kind": item.kind,
        "step": item.step,
        "partition": item.partition,
        "since": item.since,
        "reason_kind": item.reason_kind,
        "record": _ENCODER.encode(item),
        "log_offset": record.offset,
    }
    yield Change(groups.ITEM, row)


def _dead(record: Any) -> Iterator[Change]:
    letter = _DEAD.decode(record.value)
    lead = letter.lead if isinstance(letter.lead, str) else ""
    if letter.source and letter.source_id:
        lead = lead_id(letter.source, letter.source_id)
    kept = letter.sealed and len(record.value) <= _LARGEST_LETTER
    row = {
        "partition": record.partition,
        "log_offset": record.offset,
        "lead": lead,
        "stage": letter.stage,
        "where": letter.where,
        "why": letter.why,
        "at": letter.at or record.timestamp / 1000,
        "size": len(record.value),
        "record": record.value if kept else None,
    }
    yield Change(groups.DEAD_LETTER, row)


def _fallback(record: Any) -> Iterator[Change]:
    lead = _FALLBACK.decode(record.value)
    row = {
        "lead": lead.lead_id,
        "step": lead.step,
        "at": record.timestamp / 1000,
        "partition": record.partition,
        "log_offset": record.offset,
    }
    yield Change(groups.FALLBACK, row)


def _clock(record: Any) -> Iterator[Change]:
    outcome = _SLA_OUTCOME.decode(record.value)
    lead, _, started = outcome.clock_id.rpartition("@")
    row = {
        "clock": outcome.clock_id,
        "lead": lead,
        "started_at": float(started),
        "deadline": outcome.deadline,
        "team": outcome.team,
        "state": outcome.kind,
        "ended": outcome.kind != "opened",
        "shadow": outcome.shadow,
        "partition": record.partition,
        "log_offset": record.offset,
    }
    yield Change(groups.CLOCK, row)
    if outcome.kind == "opened":
        opening = {
            "clock": outcome.clock_id,
            "opened_offset": record.offset,
            "opened_shadow": outcome.shadow,
        }
        yield Change(groups.OPENING, opening)


def _cursor(record: Any) -> Iterator[Change]:
    """Of the other cursors the console shows nothing."""
    key = record.key or b""
    if key.startswith(_IMPORT):
        began = _IMPORT_START.decode(record.value)
        row = {
            "import_id": key.removeprefix(_IMPORT).decode(),
            "began_at": began.at,
            "log_offset": record.offset,
        }
        yield Change(groups.IMPORT, row)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_CAPTURED = msgspec.json.Decoder(briefs.CapturedBrief)
_ITEM = msgspec.json.Decoder(ReviewItem)
_DEAD = msgspec.json.Decoder(briefs.DeadBrief)
_FALLBACK = msgspec.json.Decoder(briefs.FallbackBrief)
_SLA_OUTCOME = msgspec.json.Decoder(SlaOutcome)
_IMPORT_START = msgspec.json.Decoder(briefs.ImportBrief)
_PROJECTED: dict[str, Callable[[Any], Iterator[Change]]] = {
    topics.AUDIT.full: audit_changes,
    topics.CAPTURED.full: _captured,
    topics.REVIEW_QUEUE.full: _item,
    topics.FALLBACK.full: _fallback,
    topics.DEAD.full: _dead,
    topics.SLA_OUTCOMES.full: _clock,
    topics.CURSORS.full: _cursor,
}
#: The topics that the read model is made from.
PROJECTED = tuple(_PROJECTED)

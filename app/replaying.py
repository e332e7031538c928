"""Replay: the workers' group is set back on `captured`, so that the stages run over a part of the log again.

What keeps a replay from repeating effects are the rows in the state: a record that was decided is not decided again.
So a record of the range without such a row would be decided now, effects included, and that needs `--act`.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.kafka import administering, connection, consuming, ends, last_record, offsets_at, producing, read_to
from app.lag import committed
from app.settings import Settings
from leads import names
from leads.gates.intake import Intake
from leads.records import Captured, Record
from streams.decoding import MAX_RECORD
from streams.events import subject_of
from tables.state import Kind

Offsets = dict[TopicPartition, int]
_WINDOWS = b"replay"


class ReplayRefusedError(ValueError):
    """The replay would not do what it says; the text says why, and what to do."""


class Window(Record, frozen=True, kw_only=True):
    """What the replay leaves out of a partition of `captured`: it was done before, and lies after `--to`."""

    partition: int
    start: int
    end: int


async def replay(settings: Settings, since: str, until: str | None, *, act: bool) -> dict[str, Any]:
    """Set the group back to `since`; at `until` it goes on from where it was. Returns once both are durable.

    Raises ReplayRefusedError while workers run, or for records that were never decided if not `act`.
    """
    await _refuse_while_working(settings)
    done = await committed(settings)
    async with consuming(settings) as consumer:
        end = await ends(consumer, [names.CAPTURED.full])
        begin = await consumer.beginning_offsets(list(end))
        done = {tp: done.get(tp, begin[tp]) for tp in end}
        start = _at_most(await _offsets(consumer, since, begin, end), done)
        stop = _at_most(await _offsets(consumer, until, begin, end), done) if until else done
        if not act:
            await _refuse_undecided(consumer, start, stop)
    windows = [Window(partition=tp.partition, start=stop[tp], end=done[tp]) for tp in end if start[tp] <= stop[tp] < done[tp]]
    async with producing(settings) as producer:
        await producer.send_and_wait(names.CURSORS.full, msgspec.json.encode(windows), key=_WINDOWS)
    await commit_offsets(settings, start)
    records = sum(max(0, stop[tp] - start[tp]) for tp in end)
    return {"records": records, "from": since, "to": until or "the end", "act": act}


def _at_most(offsets: Offsets, most: Offsets) -> Offsets:
    return {tp: min(offset, most[tp]) for tp, offset in offsets.items()}


async def commit_offsets(settings: Settings, offsets: Offsets) -> None:
    """Set the workers' group to these offsets. Only while none of them runs."""
    consumer = AIOKafkaConsumer(**connection(settings), group_id=names.APP_ID, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    finally:
        await consumer.stop()


async def _refuse_while_working(settings: Settings) -> None:
    async with administering(settings) as admin:
        [response] = await admin.describe_consumer_groups([names.APP_ID])
        members = response.groups[0][5]
        if members:
            raise ReplayRefusedError(f"{len(members)} workers run; stop them first")


async def _refuse_undecided(consumer: AIOKafkaConsumer, start: Offsets, stop: Offsets) -> None:
    """Look for the row that intake keeps of each record, in the changelog that the workers restore their state from."""
    attempts = Kind(f"attempt.{Intake.name}", Record)
    wanted: dict[bytes, str] = {}
    decoder = msgspec.json.Decoder(Captured)
    async for record in read_to(consumer, stop, start):
        try:
            subject, _, _ = subject_of(decoder.decode(record.value or b""), record)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # a dead letter then, a dead letter again
        if len(record.value) > MAX_RECORD:
            continue  # so is this
        wanted[attempts.key(subject)] = f"{record.topic}/{record.partition}@{record.offset}"
    async for row in read_to(consumer, await ends(consumer, [names.CHANGELOG])):
        if row.value is not None:
            wanted.pop(row.key, None)
    if wanted:
        raise ReplayRefusedError(
            f"{len(wanted)} records of the range have no decision in the state, the first {min(wanted.values())}: "
            "they would be decided now. Add --act if their effects are wanted"
        )


async def read_windows(settings: Settings) -> dict[int, tuple[int, int]]:
    """By partition of `captured`, the offsets that the last replay leaves out. Read by every worker at its start."""
    async with consuming(settings) as consumer:
        windows = await last_record(consumer, _WINDOWS, list[Window]) or []
    return {window.partition: (window.start, window.end) for window in windows}


async def _offsets(consumer: Any, moment: str, begin: Offsets, end: Offsets) -> Offsets:
    """A moment as offsets: a number is one already, a time is that of the first record from then on."""
    if moment.isdigit():
        return {tp: max(begin[tp], min(int(moment), end[tp])) for tp in end}
    try:
        when = datetime.fromisoformat(moment)
    except ValueError as error:
        raise ReplayRefusedError(f"{moment!r} is neither an offset nor a time like 2026-11-24T10:00") from error
    return await offsets_at(consumer, end, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())

"""A replayed decision's item of `review-queue` says what the state says now, not what was decided
then."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from leads import topics
from leads.decision import Decision, Parked, WaitReason
from leads.keys import Keys
from leads.records import Captured, Lead, Person, Place, ReviewItem, encode
from leads.review_items import MOVED
from leads.rules import Rules
from leads.sealing import UNSEALED
from streams.runner import audit_events
from streams.runner.deciding import Deciding
from streams.runner.model import Stage, StageTask
from streams.runner.outputs import outputs
from streams.runner.rules_versions import RulesRegistry
from streams.stages import intake
from tables.state import BatchView, Row, State
from tests.samples import captured

STAGE = intake.make(Keys("secret"))


class Memory:
    """Store and journal of one partition."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        """A row."""
        del partition
        return self.rows.get(key)

    def items(self, partition: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """No stage scans here."""
        raise NotImplementedError(f"{partition} {prefix!r}")

    def write(self, partition: int, rows: list[Row], offset: int) -> None:
        """Keep rows."""
        del partition, offset
        for key, value in rows:
            self.rows.pop(key, None)
            if value is not None:
                self.rows[key] = value

    async def append(self, topic: str, partition: int, rows: list[Row]) -> int:
        """Acknowledge rows."""
        del topic, partition
        return len(rows)


def job_of(record: Captured, view: BatchView) -> StageTask:
    """The job of a captured record, as the stage runner begins it."""
    subject, step, cause = audit_events.subject_of(record, _Raw(encode(record)))
    job = StageTask(record, "leadgate.captured/0@7", 0, subject, step, cause, "", 1.0)
    if (attempt := view.get(STAGE.attempts, subject)) is not None:
        job.take_up(attempt, STAGE.state_type, UNSEALED)
    return job


class _Raw:
    offset = 7

    def __init__(self, value: bytes) -> None:
        self.value = value


def items_of(job: StageTask) -> list[bytes | None]:
    """What goes to `review-queue`."""
    return [record.value for record in job.outputs if record.topic is topics.REVIEW_QUEUE]


def test_a_replay_shows_a_lead_that_still_waits_and_none_that_has_moved_on(rules: Rules) -> None:
    async def check() -> None:
        memory = Memory()
        state = State(memory, memory, UNSEALED)
        deciding = Deciding(STAGE, RulesRegistry(rules))
        untitled = captured(1, title=None)

        async def decide() -> StageTask:
            view = BatchView(state, 0)
            job = job_of(untitled, view)
            job.rules = rules.hash
            deciding.decide(job, view)
            await state.write(0, view.take())
            return job

        first = await decide()
        [item] = items_of(first)
        assert item is not None
        again = await decide()
        assert again.replay
        assert items_of(again) == [item]
        assert again.audits == first.audits
        [key] = [key for key in memory.rows if key.startswith(b"parked.intake")]
        await state.write(0, [(key, None)])
        assert items_of(await decide()) == []

    asyncio.run(check())


def lead(step: int) -> Lead:
    """A lead."""
    return Lead(
        lead_id="a",
        source="apollo",
        source_id="1",
        version="v",
        step=step,
        cause="c",
        rules="r",
        captured_at=1.0,
    )


def held(step: int) -> ReviewItem:
    """An item."""
    return ReviewItem(
        lead_id="a",
        kind="review",
        stage="intake",
        partition=0,
        step=step,
        since=1.0,
        reasons=(),
        person=Person(),
    )


def sent(stage: Stage, *, replay: bool, waits_at: int | None, **decision: Any) -> list[bool]:
    """For each record of `review-queue` whether it shows the lead, decided at step 3 after a
    wait."""
    job = StageTask(lead(3), "t/0@1", 0, "a", 3, "c", "r", 1.0, replay=replay, was_waiting=True)
    job.answer = Decision(kind="k", lead=lead(3), **decision)
    if waits_at is not None:
        job.before = Parked(subject="a", lead=lead(waits_at), held=held(waits_at))
    records = outputs(stage, job, UNSEALED)
    items = [record.value or b"" for record in records if record.topic is topics.REVIEW_QUEUE]
    return [msgspec.json.decode(item, type=ReviewItem).kind != MOVED for item in items]


@pytest.mark.parametrize(
    ("replay", "waits_at", "shown"),
    [(False, 2, [True]), (True, 3, [True]), (True, 5, []), (True, None, [])],
)
def test_an_item_comes_again_only_for_the_step_that_waits(
    replay: bool, waits_at: int | None, shown: list[bool]
) -> None:
    place = {"place": Place.REVIEW, "wait": WaitReason.REVIEW}
    assert sent(STAGE, replay=replay, waits_at=waits_at, **place) == shown


@pytest.mark.parametrize(
    ("replay", "waits_at", "shown"),
    [(False, 2, [False]), (True, None, [False]), (True, 5, [])],
)
def test_an_item_is_taken_away_again_only_if_the_lead_waits_no_more(
    replay: bool, waits_at: int | None, shown: list[bool]
) -> None:
    assert sent(STAGE, replay=replay, waits_at=waits_at, place=Place.IN_FLIGHT) == shown

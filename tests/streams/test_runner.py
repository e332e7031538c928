"""The runner on the kit: what waits, what a gate can't decide, what comes twice, and time."""

import asyncio
import dataclasses
import json
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from msgspec.structs import replace

from leads import topics
from leads.decision import (
    AuditNote,
    Decision,
    NeedsEffects,
    OutputRecord,
    Parked,
    WaitReason,
)
from leads.effect_results import EffectResult
from leads.effects import Effect, LeaveList, ReadOwner
from leads.records import Alert, Change, Lead, Place, Reason, Record, ReviewDecision, encode
from leads.rules import Rules
from leads.sealing import MissingSecretError
from leads.table_rows import SlaClock
from streams.ports import Fatal
from streams.runner.deciding import FAILED_IN_A_ROW
from streams.runner.model import Stage
from streams.stages import sla
from streams.testing.log import LogRecord
from streams.testing.loop import EPOCH, VirtualLoop
from tables.schema import CLOCKS
from tables.state import Table
from tests.leads.test_gates import lead
from tests.streams.kit import Bench, FixedGate, on_kit

ROWS = Table("rows", Parked)


class Nothing(Record, frozen=True, kw_only=True):
    """What the stage reads."""

    there: bool = False


def stage(answer: Any) -> Stage:
    """A stage that reads whether a row is there."""
    return Stage(
        gate=FixedGate("probe", answer),
        inputs={topics.MATCHED: Lead},
        load_state=lambda _, view: Nothing(there=view.has(ROWS, "known")),
        state_type=Nothing,
        writes=(ROWS,),
        retry_topic=topics.MATCHED,
    )


def passes(record: Lead, *_: Any) -> Decision:
    """On to the next topic."""
    to = OutputRecord(topic=topics.WRITTEN.full, key="k", record=record)
    return Decision(kind="passed", place=Place.IN_FLIGHT, lead=record, outputs=(to,))


def of(number: int, rules: Rules) -> bytes:
    """One of many leads."""
    return encode(replace(lead(lead_id=f"l{number}", person_key=f"p{number}"), rules=rules.hash))


def kinds(bench: Bench) -> list[str]:
    """The events so far, by kind."""
    return [json.loads(r.value or b"")["kind"] for r in bench.log.all(topics.AUDIT.full)]


def test_what_was_read_before_a_wait_is_read_again_after_it(rules: Rules) -> None:
    """Only the decision freezes its reading."""
    seen: list[bool] = []

    def answer(
        record: Lead, there: Nothing, done: dict[str, EffectResult]
    ) -> Decision | NeedsEffects:
        seen.append(there.there)
        asks: dict[str, Effect] = {
            "read": ReadOwner(contact_id="1"),
            "write": LeaveList(contact_id="1", list_name="x"),
        }
        return NeedsEffects(effects=asks) if len(done) < 2 else passes(record)

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(answer), rules)
        bench.effector.answers = [EffectResult(ok=True), EffectResult(ok=False, retry_after=3.0)]
        bench.timers.assign([0])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        await bench.feed(topics.MATCHED.full, of(1, rules))
        assert kinds(bench) == []
        await bench.state.write(0, [ROWS.row("known", Parked(subject="known"))])
        await asyncio.sleep(4.0)
        await bench.process_again(bench.log.read(topics.MATCHED.full, 0, 1))
        assert kinds(bench) == ["passed"]
        assert bench.effector.asked == 2 * ["crm.read_owner", "crm.leave_list"]
        assert seen[-1] is True

    on_kit(body)


def test_a_lead_whose_rows_cannot_be_read_is_quarantined_in_json(rules: Rules) -> None:
    """The event and the attempt held an empty value: neither could be decoded again."""

    def unreadable(*_: Any) -> Nothing:
        raise KeyError("row")

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, dataclasses.replace(stage(passes), load_state=unreadable), rules)
        records = await bench.feed(topics.MATCHED.full, of(1, rules))
        assert kinds(bench) == ["quarantined"]
        [event] = [json.loads(r.value or b"") for r in bench.log.all(topics.AUDIT.full)]
        assert event["inputs"]["seen"] is None
        await bench.process_again(records)
        assert kinds(bench) == ["quarantined"] * 2

    on_kit(body)


def test_a_secret_that_lacks_ends_the_run_and_is_no_leads_trouble(rules: Rules) -> None:
    """What is remembered of others is opened as a gate reads it."""

    def locked(*_: Any) -> Decision:
        raise MissingSecretError

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(locked), rules)
        with pytest.raises(MissingSecretError):
            await bench.feed(topics.MATCHED.full, of(1, rules))
        assert kinds(bench) == []

    on_kit(body)


def test_what_a_gate_raises_is_its_leads_trouble(rules: Rules) -> None:
    def answer(record: Lead, *_: Any) -> Decision:
        if record.lead_id == "l2":
            raise KeyError("titel")
        return passes(record)

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(answer), rules)
        records = await bench.feed(topics.MATCHED.full, *(of(number, rules) for number in range(4)))
        assert sorted(kinds(bench)) == ["passed", "passed", "passed", "quarantined"]
        [item] = [json.loads(r.value or b"") for r in bench.log.all(topics.REVIEW_QUEUE.full)]
        assert item["lead_id"] == "l2"
        assert "KeyError in test_runner.py answer" in item["reasons"][0]["why"]
        await bench.process_again(records)
        assert {r.value for r in bench.log.all(topics.ALERTS.full)} == {
            bench.log.all(topics.ALERTS.full)[0].value
        }

    on_kit(body)


def test_only_many_leads_in_a_row_end_the_worker(rules: Rules) -> None:
    def answer(*_: Any) -> Decision:
        raise ValueError("broken")

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(answer), rules)
        await bench.feed(
            topics.MATCHED.full, *(of(number, rules) for number in range(FAILED_IN_A_ROW))
        )
        with pytest.raises(Fatal, match="in a row"):
            await bench.feed(topics.MATCHED.full, of(FAILED_IN_A_ROW, rules))

    on_kit(body)


def test_a_gate_that_asks_for_what_it_has_fails_and_is_not_asked_for_ever(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(
            loop, stage(lambda *_: NeedsEffects(effects={"a": ReadOwner(contact_id="1")})), rules
        )
        await bench.feed(topics.MATCHED.full, of(1, rules))
        assert kinds(bench) == ["quarantined"]
        assert bench.effector.asked == ["crm.read_owner"]

    on_kit(body)


def test_a_row_that_no_record_can_hold_is_its_leads_trouble(rules: Rules) -> None:
    def answer(record: Lead, *_: Any) -> Decision:
        return replace(
            passes(record),
            wait=WaitReason.REVIEW,
            place=Place.REVIEW,
            outcome={"x": "y" * (5 << 20)},
        )

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(answer), rules)
        await bench.feed(topics.MATCHED.full, of(1, rules))
        assert kinds(bench) == ["quarantined"]

    on_kit(body)


def test_a_tick_is_named_by_its_deadline_and_not_sent_while_one_is_under_way(rules: Rules) -> None:
    """Each look was a new cause, and each cause an escalation."""

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, sla.make(), rules)
        clock = SlaClock(lead=lead(rules=rules.hash), started=EPOCH, deadline=EPOCH + 10.0)
        await bench.state.write(0, [CLOCKS.row("p1", clock)])
        bench.timers.assign([0])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        await asyncio.sleep(75.0)
        ticks = bench.log.all(topics.SLA_TICKS.full)
        assert len(ticks) == 3  # at once, and again while nobody has taken it up
        assert len({tick.value for tick in ticks}) == 1
        bench.effector.answers = [EffectResult(ok=False, retry_after=500.0)]
        await bench.process_again(ticks[:1])
        await asyncio.sleep(200.0)
        assert len(bench.log.all(topics.SLA_TICKS.full)) == 3

    on_kit(body)


def test_a_batch_that_found_no_room_is_handed_over_again(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(passes), rules)
        send, refusals = bench.producer.send_batch, [KafkaTimeoutError(), KafkaTimeoutError()]

        async def send_batch(*args: Any, **kwargs: Any) -> Any:
            if refusals:
                raise refusals.pop()
            return await send(*args, **kwargs)

        vars(bench.producer)["send_batch"] = send_batch
        await bench.feed(topics.MATCHED.full, of(1, rules))
        assert kinds(bench) == ["passed"]

    on_kit(body)


class Holding:
    """A gate that holds a lead and looks again each minute; a test changes what it finds."""

    def __init__(self) -> None:
        self.why = "no owner"
        self.looks: list[int] = []

    def __call__(
        self, record: Lead, _: Any, done: dict[str, EffectResult]
    ) -> Decision | NeedsEffects:
        if "read" not in done:
            return NeedsEffects(effects={"read": ReadOwner(contact_id="1")})
        self.looks.append(record.step)
        if record.review_decisions:
            return passes(record)
        return Decision(
            kind="held",
            place=Place.HELD,
            lead=record,
            wait=WaitReason.HELD,
            until=EPOCH + 60.0 * len(self.looks),
            trace=(Reason(rule="owner", decisive=True, why=self.why),),
        )


def held_stage(gate: Holding) -> Stage:
    """A stage that also takes decisions."""
    return dataclasses.replace(
        stage(gate), inputs={topics.MATCHED: Lead, topics.REVIEW_DECISIONS: ReviewDecision}
    )


async def look_again(bench: Bench, records: list[LogRecord]) -> list[LogRecord]:
    """Wait until the stage's timer has sent the lead again, and process it; what was sent."""
    before = records[-1].offset + 1
    while not (sent := bench.log.read(topics.MATCHED.full, 0, before)):
        await asyncio.sleep(1.0)
    await bench.process_again(sent[:1])
    return sent[:1]


def items(bench: Bench) -> list[dict[str, Any]]:
    """The review items so far."""
    return [json.loads(r.value or b"") for r in bench.log.all(topics.REVIEW_QUEUE.full)]


def test_a_look_that_finds_nothing_new_writes_no_event_and_no_item(rules: Rules) -> None:
    gate = Holding()

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, held_stage(gate), rules)
        bench.timers.assign([0])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        records = await bench.feed(topics.MATCHED.full, of(1, rules))
        looked = [records]
        for _ in range(3):
            looked.append(await look_again(bench, looked[-1]))
        assert kinds(bench) == ["held"]
        assert len(items(bench)) == 1
        assert len(gate.looks) == 4
        assert bench.effector.asked == ["crm.read_owner"] * 4, "it does look"
        parked = bench.state.read(0, bench.stage.parked, "l1")
        assert parked is not None
        assert parked.lead is not None
        assert parked.lead.step == items(bench)[0]["step"], "it stays at its step, however often"
        for again in looked:  # in whatever order they come once more, nobody is called
            await bench.process_again(again)
        assert len(bench.effector.asked) == 4
        assert {json.loads(r.value or b"")["kind"] for r in bench.log.all(topics.AUDIT.full)} == {
            "held"
        }
        gate.why = "an inactive owner"
        looked.append(await look_again(bench, looked[-1]))
        events = bench.log.all(topics.AUDIT.full)
        whys = [json.loads(r.value or b"")["trace"][0]["why"] for r in events]
        assert whys[-1] == "an inactive owner"
        assert items(bench)[-1]["reasons"][0]["why"] == "an inactive owner"
        assert items(bench)[-1]["step"] == items(bench)[0]["step"] + 1

    on_kit(body)


def test_an_answer_settles_a_question_that_was_looked_at_since(rules: Rules) -> None:
    gate = Holding()

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, held_stage(gate), rules)
        bench.timers.assign([0])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        records = await bench.feed(topics.MATCHED.full, of(1, rules))
        for _ in range(2):
            records = await look_again(bench, records)
        [asked] = items(bench)
        answer = ReviewDecision(
            decision_id="d",
            lead_id="l1",
            stage="probe",
            step=asked["step"],
            action="redrive",
            actor="olga",
            reason="why",
            at=bench.clock.now(),
        )
        await bench.feed(topics.REVIEW_DECISIONS.full, encode(answer))
        assert kinds(bench) == ["held", "reviewed", "passed"]
        assert items(bench)[-1]["kind"] == "moved"

    on_kit(body)


@pytest.mark.parametrize("changed", ["alert", "note", "change", "shadow"])
def test_a_look_that_has_done_something_is_told(rules: Rules, changed: str) -> None:
    gate = Holding()

    def answer(record: Lead, there: Nothing, done: Any) -> Decision | NeedsEffects:
        found = gate(record, there, done)
        if isinstance(found, NeedsEffects) or record.trigger is None:
            return found
        if changed == "note":
            return replace(found, notes=(AuditNote(kind="noted"),))
        if changed == "alert":
            alert = Alert(alert_id="a", kind="ops", to="#ops", text="look", at=1.0)
            return replace(found, alerts=(alert,))
        return found

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(answer), rules)
        bench.timers.assign([0])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        records = await bench.feed(topics.MATCHED.full, of(1, rules))
        if changed == "change":
            change = Change(contact_id="1", wrote={"owner": "2"}, before={})
            bench.effector.answers = [EffectResult(ok=True, changes=(change,))]
        if changed == "shadow":
            bench.runner._live = False
        await look_again(bench, records)
        assert kinds(bench).count("held") == 2

    on_kit(body)

"""An order that this site has not signed is a dead letter, reported once, and the lead waits on."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, OutputRecord, WaitReason
from leads.records import Alert, Lead, Place, ReviewDecision, Signal, encode
from leads.rule_versions import RuleVersions
from leads.rules import Rules
from leads.signatures import Headers, Signatures
from streams.ports import Fatal
from streams.runner.model import Stage
from streams.runner.rules_versions import RulesRegistry
from streams.stages import signals
from streams.testing.loop import VirtualLoop
from tests.leads.test_gates import lead
from tests.leads.test_rule_versions import newer
from tests.streams.kit import Bench, FixedGate, on_kit

MATCHED, DECISIONS = topics.MATCHED.full, topics.REVIEW_DECISIONS.full


def answer(record: Lead, *_: Any) -> Decision:
    """Asks a person once, and then passes the lead on."""
    if not record.review_decisions:
        return Decision(kind="asked", place=Place.REVIEW, lead=record, wait=WaitReason.REVIEW)
    to = OutputRecord(topic=topics.WRITTEN.full, key="k", record=record)
    return Decision(kind="passed", place=Place.IN_FLIGHT, lead=record, outputs=(to,))


STAGE = Stage(
    gate=FixedGate("write", answer),
    inputs={topics.MATCHED: Lead, topics.REVIEW_DECISIONS: ReviewDecision},
    load_state=lambda *_: Signal(signal_id="", kind="", at=0.0, source=""),
    state_type=Signal,
    retry_topic=topics.MATCHED,
)


def decision(asked: Lead, **fields: Any) -> ReviewDecision:
    """A person's answer about the lead."""
    given: dict[str, Any] = {
        "decision_id": "d1",
        "lead_id": asked.lead_id,
        "stage": "write",
        "step": asked.step,
        "action": "approve",
        "actor": "olga",
        "reason": "",
        "at": 1.0,
    }
    return ReviewDecision(**(given | fields))


def waiting(rules: Rules, number: int = 1) -> Lead:
    """A lead for the stage."""
    return replace(lead(lead_id=f"l{number}", person_key=f"p{number}"), rules=rules.hash)


def whys(bench: Bench) -> list[str]:
    """The reasons of the dead letters."""
    return [json.loads(r.value or b"")["why"] for r in bench.log.all(topics.DEAD.full)]


def alerts(bench: Bench) -> list[Alert]:
    """The alerts that were sent."""
    found = bench.log.all(topics.ALERTS.full)
    return [Alert(**json.loads(r.value or b"")) for r in found]


def forgeries(bench: Bench, value: bytes) -> dict[str, Headers]:
    """Headers of somebody without the site secret; the key of the records is `k`."""
    return {
        "no signature": (),
        "another secret": Signatures("other").headers(DECISIONS, b"k", value),
        "another topic": bench.signatures.headers(topics.SIGNALS.full, b"k", value),
        "another key": bench.signatures.headers(DECISIONS, b"l", value),
        "another value": bench.signatures.headers(DECISIONS, b"k", value + b" "),
    }


def test_a_forged_decision_is_not_obeyed_and_a_signed_one_is(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, STAGE, rules)
        asked = waiting(rules)
        await bench.feed(MATCHED, encode(asked))
        value = encode(decision(asked, actor="mallory", decision_id="forged"))
        forged = forgeries(bench, value)
        for headers in forged.values():
            await bench.feed_as(DECISIONS, [value], [headers])
        assert bench.log.all(topics.WRITTEN.full) == []
        assert len(whys(bench)) == len(forged)
        assert all("not obeyed" in why and "signature" in why for why in whys(bench))
        assert "write refused" in bench.metrics.outcomes
        assert len({alert.alert_id for alert in alerts(bench)}) == 1, "one report of a day"
        assert alerts(bench)[0].to == rules.ops_channel
        assert f"{DECISIONS}/0@0" in alerts(bench)[0].text
        await bench.feed(DECISIONS, encode(decision(asked)))
        [passed] = bench.log.all(topics.WRITTEN.full)
        assert b"mallory" not in (passed.value or b"")

    on_kit(body)


def test_a_copy_of_a_true_decision_settles_no_other_wait(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, STAGE, rules)
        one, other = waiting(rules), waiting(rules, 2)
        await bench.feed(MATCHED, encode(one), encode(other))
        [record] = await bench.feed(DECISIONS, encode(decision(one)))
        again = replace(one, step=one.step + 5, cause="again")
        await bench.feed(MATCHED, encode(again))
        for partition in (0, 1):
            await bench.feed_as(DECISIONS, [record.value or b""], [record.headers], partition)
        assert len(bench.log.all(topics.WRITTEN.full)) == 1
        assert whys(bench) == []

    on_kit(body)


def test_a_decision_for_another_stage_is_reported_there_and_one_for_none_by_the_first(
    rules: Rules,
) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, STAGE, rules)
        others = [encode(decision(waiting(rules), stage=name)) for name in ("routing", "nowhere")]
        await bench.feed_as(DECISIONS, others, [])
        assert whys(bench) == []
        first = Bench(loop, replace_gate("intake"), rules)
        await first.feed_as(DECISIONS, others, [])
        assert len(whys(first)) == 1

    on_kit(body)


def replace_gate(name: str) -> Stage:
    """The stage under another name."""
    return Stage(
        gate=FixedGate(name, answer),
        inputs=STAGE.inputs,
        load_state=STAGE.load_state,
        state_type=STAGE.state_type,
        retry_topic=STAGE.retry_topic,
    )


def test_an_unsigned_decision_that_was_obeyed_before_a_crash_is_finished(rules: Rules) -> None:
    """An earlier release has written the row, and died before it sent what it had decided."""

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, STAGE, rules)
        asked = waiting(rules)
        await bench.feed(MATCHED, encode(asked))
        [record] = await bench.feed(DECISIONS, encode(decision(asked)))
        old = record._replace(headers=())
        await bench.process_again([old])
        assert len(bench.log.all(topics.WRITTEN.full)) == 2, "a replay sends the same again"
        assert whys(bench) == []
        await bench.feed_as(DECISIONS, [old.value or b""], [()])
        assert len(whys(bench)) == 1, "the same bytes at another place are a forgery"

    on_kit(body)


@pytest.mark.parametrize("kind", ["undone", "released", "taken", "bounce"])
def test_signals_of_people_need_a_signature_and_facts_do_not(rules: Rules, kind: str) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, signals.make(), rules)
        value = encode(
            Signal(signal_id="s", kind=kind, at=1.0, source="x", address_key="k", person_key="k")
        )
        await bench.feed_as(topics.SIGNALS.full, [value], [])
        relayed = len(bench.log.all(topics.ROUTED_SIGNALS.full))
        assert (relayed, len(whys(bench))) == ((1, 0) if kind == "bounce" else (0, 1))
        await bench.feed(topics.SIGNALS.full, value)
        assert len(bench.log.all(topics.ROUTED_SIGNALS.full)) == 1

    on_kit(body)


def test_what_a_worker_sends_again_to_a_topic_of_orders_is_signed(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, STAGE, rules)
        await bench.outbox.deliver(
            [bench.outbox.put(topic, b"k", b"v", 0) for topic in (DECISIONS, MATCHED)]
        )
        [signed], [plain] = bench.log.all(DECISIONS), bench.log.all(MATCHED)
        assert bench.signatures.number_of(DECISIONS, b"k", b"v", signed.headers) == 0
        assert not plain.headers

    on_kit(body)


def test_a_lead_whose_rules_are_forged_is_not_decided_by_them(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        asked, site = newer(rules), Signatures("kit")
        wrong = newer(rules, 8).model_dump_json().encode()

        async def fetch() -> RuleVersions:
            found = RuleVersions()
            found.take(site, asked.hash.encode(), wrong, ())
            return found

        registry = RulesRegistry(rules, fetch)
        with pytest.raises(Fatal, match=r"not the hash of its content.*leadgate provision"):
            await registry.ensure(asked.hash)
        assert not registry.knows(asked.hash)
        assert loop.time() >= 59.0, "it waits for a true record first"

    on_kit(body)

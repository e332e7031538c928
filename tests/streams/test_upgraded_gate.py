"""A worker whose gate has another version of its logic finds attempts of the release before."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from leads import topics
from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult
from leads.effects import Effect, LeaveList
from leads.records import Lead
from leads.rules import Rules
from streams.ports import Fatal
from streams.testing.loop import VirtualLoop
from tests.streams.kit import Bench, on_kit
from tests.streams.test_runner import kinds, of, passes, stage


def with_logic(bench: Bench, logic: int) -> None:
    """The worker's release is another one from here on."""
    gate: Any = bench.stage.gate
    gate.logic = logic


def leaves_two_lists(record: Lead, _: object, done: dict[str, EffectResult]) -> Any:
    """Two effects, one after the other, and then on."""
    for name in ("first", "second"):
        if name not in done:
            effects: dict[str, Effect] = {name: LeaveList(contact_id="1", list_name=name)}
            return NeedsEffects(effects=effects)
    return passes(record)


def test_an_open_attempt_goes_on_by_the_new_version_which_is_said(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(leaves_two_lists), rules)
        bench.effector.answers = [EffectResult(ok=True), EffectResult(ok=False, retry_after=3.0)]
        records = await bench.feed(topics.MATCHED.full, of(1, rules))
        assert (kinds(bench), len(bench.effector.asked)) == ([], 2)
        with_logic(bench, 2)
        with capture_logs() as logs:
            await bench.process_again(records)
        assert [(one["event"], one["logic"]) for one in logs] == [
            ("an attempt of another version goes on", 1)
        ]
        [event] = [json.loads(r.value or b"") for r in bench.log.all(topics.AUDIT.full)]
        assert (event["kind"], event["logic"]) == ("passed", 2)
        assert len(bench.effector.asked) == 3, "what was done is not done again"

    on_kit(body)


def test_what_another_version_has_decided_is_not_decided_again(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(passes), rules)
        records = await bench.feed(topics.MATCHED.full, of(1, rules))
        await bench.process_again(records)
        assert kinds(bench) == ["passed"] * 2
        with_logic(bench, 2)
        with pytest.raises(Fatal, match="version 1 of its logic, and this release has version 2"):
            await bench.process_again(records)
        assert kinds(bench) == ["passed"] * 2
        with_logic(bench, 1)
        await bench.process_again(records)
        assert kinds(bench) == ["passed"] * 3, "the earlier release sends what it has decided"

    on_kit(body)


def test_what_a_gate_could_not_decide_is_quarantined_by_any_version(rules: Rules) -> None:
    def raises(*_: Any) -> Decision:
        raise KeyError("title")

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage(raises), rules)
        records = await bench.feed(topics.MATCHED.full, of(1, rules))
        with_logic(bench, 2)
        await bench.process_again(records)
        assert kinds(bench) == ["quarantined"] * 2

    on_kit(body)

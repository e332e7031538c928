"""What anybody may write to a public topic, and what becomes of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import topics
from leads.keys import Keys
from leads.rules import Rules
from streams.ports import Fatal
from streams.runner.decoding import MAX_DEPTH, MAX_RECORD, refusal
from streams.runner.outgoing import LARGEST
from streams.stages import identity, intake
from streams.testing.loop import VirtualLoop
from tests.streams.kit import Bench, on_kit

DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000


@given(st.integers(0, 200), st.text())
def test_only_brackets_outside_of_texts_are_nesting(depth: int, text: str) -> None:
    value = json.dumps({"text": text + "[{" * 100 + '"'}).encode()
    nested = b"[" * depth + value + b"]" * depth
    assert bool(refusal(nested)) is (depth + 1 > MAX_DEPTH)


def test_a_record_that_is_too_deep_or_too_large_is_a_dead_letter_and_the_run_goes_on(
    rules: Rules,
) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, intake.make(Keys("k")), rules)
        await bench.feed(
            topics.CAPTURED.full, DEEP, b"x" * (MAX_RECORD + 1), b"x" * (LARGEST + 1), b"\xff"
        )
        letters = sorted(
            (json.loads(r.value or b"") for r in bench.log.all(topics.DEAD.full)),
            key=lambda one: str(one["where"]),
        )
        assert len(letters) == 4
        assert [letter.get("size") for letter in letters[:3]] == [
            len(DEEP),
            MAX_RECORD + 1,
            LARGEST + 1,
        ]
        assert len(letters[2]["value"]) < 100_000
        assert "nested 3000 deep" in letters[0]["why"]
        assert len(bench.log.all(topics.AUDIT.full)) == 4

    on_kit(body)


def test_a_dead_letter_that_comes_again_is_the_same_event(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, intake.make(Keys("k")), rules)
        records = await bench.feed(topics.CAPTURED.full, b"{")
        await bench.process_again(records)
        first, second = bench.log.all(topics.AUDIT.full)
        assert (first.key, first.value) == (second.key, second.value)

    on_kit(body)


def test_many_unusable_records_in_a_row_end_nothing(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, intake.make(Keys("k")), rules)
        await bench.feed(topics.CAPTURED.full, *[b"{"] * 700)
        assert len(bench.log.all(topics.DEAD.full)) == 700

    on_kit(body)


def test_an_unreadable_record_on_a_topic_of_our_own_is_fatal(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, identity.make(), rules)
        with pytest.raises(Fatal, match="no other program writes this topic"):
            await bench.feed(topics.VALIDATED.full, b"{")

    on_kit(body)

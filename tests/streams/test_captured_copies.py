"""Intake with its runner: captured bytes that come again after another revision are the same fact,
and change nothing."""

import asyncio
import json

import msgspec
import pytest
from msgspec.structs import replace

from leads import topics
from leads.corrections import resubmit
from leads.keys import Keys
from leads.records import Captured, Company, Lead, encode
from leads.rules import Rules
from streams.runner.attempts import MOST_EARLIER
from streams.stages import intake
from streams.testing.log import LogRecord
from streams.testing.loop import VirtualLoop
from tests.leads.test_gates import lead
from tests.samples import captured
from tests.streams.kit import Bench, on_kit

# of a source that says nothing of its own clock
A = captured(1, updated_at=None)
B = captured(1, updated_at=None, title="Chief Sales Officer")
_COMPANY = Company(name="sample1 Inc.", domain="sample1.com")
_WAITED = lead(source=A.source, source_id=A.source_id, captured_at=1.0, company=_COMPANY)
CORRECTED = resubmit(_WAITED, {"title": "VP Sales"}, "a person's decision", 1.0)
UNUSABLE = replace(A, format="reject", raw={"why": "no fields"})
FIRSTS = {"a revision": A, "a correction": CORRECTED, "an unusable record": UNUSABLE}


@pytest.mark.parametrize("name", list(FIRSTS))
def test_bytes_that_come_again_after_another_revision_change_nothing(
    name: str, rules: Rules
) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, intake.make(Keys("secret")), rules)
        first = await capture(bench, FIRSTS[name])
        await capture(bench, B)
        before = events(bench), titles(bench)
        again = await capture(bench, FIRSTS[name])
        await bench.process_again([*again, *first])
        assert (events(bench), titles(bench)) == before
        assert titles(bench)[-1] == "Chief Sales Officer"

    on_kit(body)


def test_bytes_that_were_quarantined_are_quarantined_once(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = intake.make(Keys("secret"))
    decide = stage.gate.decide

    def fails(record: Captured, *others: object) -> object:
        if record == A:
            raise KeyError("title")
        return decide(record, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.gate, "decide", fails)

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, stage, rules)
        for record in (A, B, A):
            await capture(bench, record)
        assert [kind for kind in events(bench).values() if kind == "quarantined"] == ["quarantined"]

    on_kit(body)


def test_another_capture_of_what_was_there_before_is_a_revision(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, intake.make(Keys("secret")), rules)
        for record in (A, B, replace(A, captured_at=A.captured_at + 9.0)):
            await capture(bench, record)
        assert titles(bench) == ["VP Sales", "Chief Sales Officer", "VP Sales"]

    on_kit(body)


def test_so_many_captures_are_remembered(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, intake.make(Keys("secret")), rules)
        for number in range(MOST_EARLIER + 1):
            await capture(bench, replace(A, captured_at=float(number)))
        await capture(bench, B)
        before = len(titles(bench))
        await capture(bench, replace(A, captured_at=1.0))
        assert len(titles(bench)) == before
        stage = bench.stage
        [row] = [
            r.value
            for r in bench.log.all(topics.CHANGELOG)
            if (r.key or b"").startswith(stage.attempts.name.encode())
        ][-1:]
        assert row is not None
        assert len(stage.attempts.decode(row).earlier) == MOST_EARLIER

    on_kit(body)


async def capture(bench: Bench, record: Captured) -> list[LogRecord]:
    """Have intake decide a record, a second after the one before."""
    await asyncio.sleep(1.0)
    return await bench.feed(topics.CAPTURED.full, encode(record))


def events(bench: Bench) -> dict[bytes, str]:
    """The kinds of the events so far, by id; one id has one content."""
    known: dict[bytes, bytes] = {}
    for record in bench.log.all(topics.AUDIT.full):
        value = record.value or b""
        assert known.setdefault(record.key or b"", value) == value
    return {key: json.loads(value)["kind"] for key, value in known.items()}


def titles(bench: Bench) -> list[str]:
    """The titles of the revisions that have passed, in order."""
    passed: dict[int, str] = {}
    for record in bench.log.all(topics.VALIDATED.full):
        sealed = msgspec.json.decode(record.value or b"", type=Lead)
        one = bench.state.sealing.open(sealed)
        passed[one.step] = one.person.title
    return list(passed.values())

"""Every decision computed again from its own audit event, byte for byte (promise P6).

An event holds what its stage saw, the results of its acts, the rules' version and the time; a captured record is read
from its topic. Notes and the decision's own event must come out as they were written.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from app.kafka import consuming, ends, read_to
from app.rulesfile import fetch_rules
from app.settings import Settings
from leads import names
from leads.decision import Decision, Result
from leads.keys import Keys
from leads.records import Audit, Captured, Lead, Person, Record, Signal, Tick
from leads.rules import Rules
from streams import events
from streams.jobs import Job, Stage
from streams.stages.all import make_stages

_MARKS: dict[str, type[Record]] = {"lead_id": Lead, "signal_id": Signal, "tick_id": Tick}
_NOT_DECIDED = frozenset({"ruled", "dead", "restored"})


class Recomputed(Record, frozen=True, kw_only=True):
    """How it went: `same` of `decisions`; the others' ids and why."""

    decisions: int
    same: int
    different: dict[str, str]


async def recompute(settings: Settings) -> Recomputed:
    """Read audit, captured records and rules, and decide everything again."""
    stages = {s.name: s for s in make_stages(Keys(settings.site_secret.get_secret_value()))}
    rules = await fetch_rules(settings)
    async with consuming(settings) as consumer:
        captured = {}
        decoder = msgspec.json.Decoder(Captured)
        async for record in read_to(consumer, await ends(consumer, [names.CAPTURED.full])):
            try:
                one = decoder.decode(record.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            captured[events.subject_of(one, record)[2]] = one
        written = {r.key.decode(): r.value async for r in read_to(consumer, await ends(consumer, [names.AUDIT.full])) if r.value}
    found = [msgspec.json.decode(value, type=Audit) for value in written.values()]
    decided = [event for event in found if event.kind not in _NOT_DECIDED and isinstance(event.inputs, dict)]
    different = {e.id: why for e in decided if (why := _compare(e, stages[e.stage], captured, rules, written))}
    return Recomputed(decisions=len(decided), same=len(decided) - len(different), different=different)


def _compare(
    event: Audit, stage: Stage, captured: dict[str, Captured], rules: dict[str, Rules], written: dict[str, bytes]
) -> str:
    """'' if the event, and the notes with it, come out as they were written; else what is different."""
    try:
        record = _record(event, captured)
    except KeyError:
        return "the captured record isn't kept any more"
    if event.rules not in rules:
        return f"the rules {event.rules} aren't kept any more"
    seen = events.with_person(msgspec.convert(event.inputs["seen"], stage.seen), event.person or Person())
    done = {name: msgspec.convert(value, Result) for name, value in event.inputs["done"].items()}
    answer = stage.gate.decide(record, seen, done, rules[event.rules], event.at)
    if not isinstance(answer, Decision):
        return f"it asks for {', '.join(answer.acts)} now"
    subject, step, cause = event.lead, event.step, event.cause
    job = Job(record, "", 0, subject, step, cause, event.rules, event.at, done=done, answer=answer)
    job.saw_now(seen)
    return _unlike(events.audits(stage, job), written)


def _unlike(letters: Iterable[events.Letter], written: dict[str, bytes]) -> str:
    for letter in letters:
        ident, value = letter.key.decode(), letter.value or b""
        if ident not in written:
            return f"it writes {ident} now: {value.decode()[:300]}"
        if written[ident] != value:
            return f"was {written[ident].decode()}, is {value.decode()}"
    return ""


def _record(event: Audit, captured: dict[str, Captured]) -> Any:
    """What the stage had before it. Raises KeyError for a captured record that is gone."""
    plain = event.inputs["record"]
    kind = next((kind for mark, kind in _MARKS.items() if mark in plain), None)
    if kind is None:
        return captured[event.cause]
    return events.with_person(msgspec.convert(plain, kind), event.person or Person())

"""People's decisions by the console, checked and sent as `leadgate review resolve` does."""

from collections.abc import Mapping
from typing import NamedTuple

from app.base.settings import Settings
from app.review import queue
from app.review.decisions import DecisionReport
from leads.records import ReviewDecision


class Answer(NamedTuple):
    """What a person wants of a lead that waits, as it was at `step`; `fields` as DecisionRequest's.

    Answers of one actor with the same `key` are one decision.
    """

    lead: str
    step: int
    action: str
    fields: Mapping[str, str]
    actor: str
    reason: str
    key: str = ""


class SharedAnswer(NamedTuple):
    """One answer about several leads, each as it was at its step; otherwise as Answer."""

    seen: Mapping[str, int]
    action: str
    fields: Mapping[str, str]
    actor: str
    reason: str
    key: str = ""


class Sent(NamedTuple):
    """A decision that is in the log, and how many workers run: without one it waits."""

    decision: ReviewDecision
    workers: int


class DecisionRefusedError(Exception):
    """The text says why, for a person."""


async def decide_on(settings: Settings, answer: Answer, *, dry_run: bool = False) -> Sent:
    """Have a decision checked, and sent unless `dry_run`. Durable when it returns.

    Raises DecisionRefusedError, and KafkaError while the broker does not answer.
    """
    try:
        report = await queue.resolve(
            settings,
            queue.Chosen(answer.lead, answer.step),
            answer.action,
            dict(answer.fields),
            (answer.actor, answer.reason),
            key=answer.key,
            dry_run=dry_run,
        )
    except queue.NotWaitingError as error:
        raise DecisionRefusedError(str(error)) from None
    if report.refused:
        raise DecisionRefusedError("; ".join(report.refused.values()))
    [taken] = report.taken
    return Sent(taken, report.workers)


async def decide_on_several(
    settings: Settings, answer: SharedAnswer, *, dry_run: bool = False
) -> DecisionReport:
    """As `decide_on`, with the leads that are refused in the report: the others are decided about.
    Raises KafkaError while the broker does not answer."""
    return await queue.resolve(
        settings,
        queue.Chosen(seen=answer.seen),
        answer.action,
        dict(answer.fields),
        (answer.actor, answer.reason),
        key=answer.key,
        dry_run=dry_run,
    )

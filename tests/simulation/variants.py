"""The faults that the simulation was built to find, put back one at a time: they show that it can
fail."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects, Parked
from leads.effects import StopContact, StopInApollo
from leads.gates import colleagues, engage
from leads.keys import derive
from leads.matching.brands import brand_words, domain_stem
from leads.records import Lead, SlaTick, encode
from leads.retention import PartitionLog
from leads.sealing import Sealing
from leads.table_rows import Attempt
from leads.topics import SLA_TICKS
from streams.runner import attempts, stage_runner
from streams.runner.deciding import Deciding
from streams.runner.model import StageTask
from streams.runner.order_check import OrderCheck
from streams.runner.stage_runner import StageRunner
from streams.runner.timers import Timers
from streams.runner.waking import Waking
from tables.schema import CLOCKS
from tables.state import BatchView


@contextmanager
def _patched(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(patch.object(owner, name, value))
        yield


def _r1() -> AbstractContextManager[None]:
    """The gate asks for two acts by the absence of one, and reads the results of both."""

    def stop(
        end: Decision, lead: Lead, rested: Lead | None, suppression: Any, done: Any, *_: Any
    ) -> Decision | NeedsEffects:
        kind = suppression.kind if suppression else "do_not_contact"
        if "stop" in done:
            return replace(end, outcome={"crm": done["stop"].kind, "apollo": done["apollo"].kind})
        nurtured = bool(rested and rested.enrolled)
        return NeedsEffects(
            effects={
                "stop": StopContact(contact_id=lead.crm.contact_id, kind=kind, nurtured=nurtured),
                "apollo": StopInApollo(apollo_id=lead.apollo_id, kind=kind, source="crm"),
            }
        )

    return _patched((engage, "stop_everywhere", stop))


def _stale(*stages: str) -> AbstractContextManager[None]:
    """A record that was put off goes on from what its stage had read before the wait."""
    take_up, read = StageTask.take_up, Deciding._read

    def take_up_all(self: StageTask, attempt: Any, seen: type[Any], sealing: Sealing) -> None:
        take_up(self, attempt, seen, sealing)
        self.state = sealing.open(msgspec.json.decode(attempt.seen, type=seen))

    def read_once(self: Deciding, job: StageTask, view: BatchView) -> Any:
        return job.state if job.taken_up and self._stage.name in stages else read(self, job, view)

    return _patched((StageTask, "take_up", take_up_all), (Deciding, "_read", read_once))


def _r3() -> AbstractContextManager[None]:
    """Records of one lead in one run are all decided before the first one's row is there."""
    conclude = StageRunner._persist_and_send
    kept: dict[int, list[Any]] = {}

    def accept(self: Deciding, job: StageTask, view: BatchView, decision: Decision) -> None:
        job.answer = decision
        if job.replay:
            attempts.encode_outgoing(self._stage, job, view.sealing)
            return
        attempts.settle(self._stage, view, job, decision)
        kept.setdefault(id(view), []).extend(
            attempts.close_attempt(self._stage, view, job, decision)
        )

    async def conclude_late(
        self: StageRunner,
        partition: int,
        view: BatchView,
        jobs: list[StageTask],
        early: list[Parked],
    ) -> None:
        view.put_many(kept.pop(id(view), []))
        await conclude(self, partition, view, jobs, early)

    return _patched(
        (Deciding, "_accept", accept), (StageRunner, "_persist_and_send", conclude_late)
    )


def _r4() -> AbstractContextManager[None]:
    """What comes for a lead that is put off, or on its way, is dropped."""

    def drop(*_: Any) -> None:
        """Nothing is kept."""

    return _patched((Waking, "_defer", drop), (Waking, "_put_aside", drop))


def _r5() -> AbstractContextManager[None]:
    """A tick is named by when it was looked for, and sent again while an earlier one is under
    way."""

    def tick_of(self: Any, partition: int, kind: str, key: str) -> Any:
        data = self._state.get(partition, CLOCKS.key(key))
        clock = CLOCKS.decode(data) if data else None
        if (
            clock is None
            or clock.breached_at
            or clock.satisfied_at
            or (kind == "assign_by" and (clock.started or clock.alerted_at))
        ):
            return None
        at, now = clock.deadline if kind == "due" else clock.assign_by, self._clock.now()
        if at > now:
            return None
        tick = SlaTick(tick_id=derive("tick", kind, key, at, now), kind=kind, person_key=key, at=at)
        return SLA_TICKS, key.encode(), encode(tick)

    return _patched((Timers, "_tick_of", tick_of))


def _r6() -> AbstractContextManager[None]:
    """A put-off record takes the row by which people are asked about its lead."""

    def park_postponed(before: Parked | None, lead: Lead, until: float) -> Parked:
        del before
        return Parked(subject=lead.lead_id, lead=lead, until=until, put_off=True)

    return _patched((attempts, "park_postponed", park_postponed))


def _s8() -> AbstractContextManager[None]:
    """Whatever lies in a topic is obeyed."""

    async def accept(self: OrderCheck, item: Any) -> bool:
        del self, item
        return True

    return _patched((OrderCheck, "accepts", accept))


def _forgotten() -> AbstractContextManager[None]:
    """Bytes that intake has decided on are forgotten with the next revision."""

    def forget(_: Attempt) -> tuple[str, ...]:
        return ()

    return _patched((stage_runner, "remember", forget))


def _crossed() -> AbstractContextManager[None]:
    """Each record stops at its company's brands in an order of its own."""

    def stops(name: str, domain: str) -> tuple[str, ...]:
        own = dict.fromkeys((*brand_words(name), domain_stem(domain)))
        own[domain_stem(domain)] = own.pop(domain_stem(domain))
        return tuple(own)

    return _patched((colleagues, "brand_stops", stops))


def _unread() -> AbstractContextManager[None]:
    """What is old is deleted, whether or not it was read."""
    deletable = property(lambda self: max(self.begin, self.young))
    return _patched((PartitionLog, "deletable", deletable))


def _told_again() -> AbstractContextManager[None]:
    """Each look at a waiting lead is an event."""
    return _patched((attempts, "_is_unchanged", lambda *_: False))


#: By the number under which each fault was first reported.
VARIANTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "R1": _r1,
    "R2": lambda: _stale("company"),
    "R3": _r3,
    "R4": _r4,
    "R5": _r5,
    "R6": _r6,
    "S8": _s8,
    "crossed brands": _crossed,
    "captured bytes come again": _forgotten,
    "deleted unread": _unread,
    "told again": _told_again,
    "D10": lambda: _stale("identity"),
}

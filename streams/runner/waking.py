"""The beginning of step 2: which lead a signal or a review decision resumes.

What no lead can take yet is deferred, never dropped.
"""

from typing import Any

import structlog
from msgspec.structs import replace

from leads.decision import Parked
from leads.records import Lead, Record, ReviewDecision, Signal, encode
from leads.table_rows import Deferred, WaitingRow, Woken
from leads.topics import ROUTED_SIGNALS
from leads.waits import (
    LASTING,
    MOVED,
    STOPPING,
    WAKING,
    awaits,
    defer,
    early_wait,
    is_outdated,
    resume,
    wakes,
)
from streams.runner.model import Stage
from streams.runner.suppression import suppression_of
from tables.state import BatchView

log = structlog.get_logger(__name__)
#: How the keys of signals begin that have come before their leads.
EARLY = "early:"


class Waking:
    """The rows by which one stage finds the lead that a record is about."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._woken = stage.woken

    def find(self, view: BatchView, record: Record) -> Any:
        """The waiting lead as a signal or a review decision resumes it; any other record
        itself, and a signal that its gate sends elsewhere; None where nothing follows."""
        if isinstance(record, ReviewDecision):
            if record.stage != self._stage.name:
                return None
            return self._by_review_decision(view, record)
        if isinstance(record, Signal):
            if record.only not in {"", self._stage.name}:
                return None
            if self._stage.wakes_on_signal:
                return self._by_signal(view, record)
        return record

    def note(self, view: BatchView, record: Record, found: Any, now: float) -> Parked | None:
        """Store what `find` has answered, and defer the record where its lead can't take it yet.

        Answers the row of a signal that comes again after a while, for the timers.
        """
        if isinstance(record, ReviewDecision) and record.stage == self._stage.name:
            self._note_review_decision(view, record, found, now)
        elif (
            isinstance(record, Signal)
            and self._stage.wakes_on_signal
            and record.only in {"", self._stage.name}
        ):
            return self._note_signal(view, record, found, now)
        return None

    def _by_review_decision(self, view: BatchView, review_decision: ReviewDecision) -> Lead | None:
        if (
            before := view.get(
                self._woken, mark_of(review_decision.decision_id, review_decision.delivery)
            )
        ) is not None:
            return before.lead
        return resume(
            view.get(self._stage.parked, review_decision.lead_id), review_decision, self._stage.name
        )

    def _note_review_decision(
        self, view: BatchView, review_decision: ReviewDecision, lead: Lead | None, now: float
    ) -> None:
        mark = mark_of(review_decision.decision_id, review_decision.delivery)
        if view.has(self._woken, mark):
            return
        parked = view.get(self._stage.parked, review_decision.lead_id)
        if lead is not None:
            view.put(self._woken, mark, Woken(lead=lead))
        elif parked is not None and awaits(parked, review_decision):
            self._defer(view, review_decision.lead_id, review_decision, now)
        else:
            log.warning(
                "decision came too late",
                lead=review_decision.lead_id,
                stage=review_decision.stage,
                step=review_decision.step,
            )

    def _by_signal(self, view: BatchView, signal: Signal) -> Lead | Signal | None:
        before = view.get(self._woken, mark_of(signal.signal_id, signal.delivery))
        if before is not None:
            return signal if before.elsewhere else before.lead
        elsewhere = self._stage.follows_alias
        if elsewhere is not None and elsewhere(signal, view):
            return signal
        _, parked = self._parked_lead(view, signal)
        if signal.kind in STOPPING and (
            parked is None or suppression_of(parked.lead, view) is None
        ):
            return None  # another of the person's addresses: what the lead waits for is not over
        if parked is not None and parked.put_off and signal.kind in STOPPING:
            return parked.lead  # tried again now: its gate reads what stops it
        return resume(parked, signal, self._stage.name)

    def _note_signal(
        self, view: BatchView, signal: Signal, found: Lead | Signal | None, now: float
    ) -> Parked | None:
        mark = mark_of(signal.signal_id, signal.delivery)
        if signal.kind not in WAKING or view.has(self._woken, mark):
            return None
        if signal.delivery:
            view.put(self._stage.parked, _subject(signal), None)
        if isinstance(found, Signal):
            view.put(self._woken, mark, Woken(elsewhere=True))
            return None
        view.put(self._woken, mark, Woken(lead=found))
        if found is not None:
            return None
        waiting, parked = self._parked_lead(view, signal)
        if about := self._about(view, waiting, parked, signal):
            self._defer(view, about, signal, now)
        elif waiting is None and self._stage.lead_on_its_way is not None:
            return self._put_aside(view, signal, now)
        return None

    def _parked_lead(
        self, view: BatchView, signal: Signal
    ) -> tuple[WaitingRow | None, Parked | None]:
        """The pointer to the person's lead here, and the lead's row; of a lead that has moved, its
        own."""
        if signal.kind == MOVED:
            return WaitingRow(lead_id=signal.value), view.get(self._stage.parked, signal.value)
        waiting = view.get(self._stage.waiting, signal.person_key)
        if waiting is None:
            return None, None
        return waiting, view.get(self._stage.parked, waiting.lead_id)

    def _about(
        self, view: BatchView, waiting: WaitingRow | None, parked: Parked | None, signal: Signal
    ) -> str:
        """The id of the lead for which a signal is deferred, '' for none."""
        if parked is not None and parked.lead is not None and is_outdated(parked.lead, signal):
            return ""
        put_off = parked is not None and parked.put_off and wakes(parked, signal)
        if waiting is not None and put_off:
            return waiting.lead_id
        if self._stage.lead_on_its_way is None or signal.kind not in LASTING:
            return ""
        if waiting is not None:
            return waiting.lead_id
        return self._stage.lead_on_its_way(signal, view)

    def _put_aside(self, view: BatchView, signal: Signal, now: float) -> Parked | None:
        """A signal about an unclaimed person comes again after a while."""
        wait = early_wait(signal)
        if not wait:
            return None
        again = replace(signal, only=self._stage.name, delivery=signal.delivery + 1)
        parked = Parked(
            subject=_subject(signal),
            other=encode(again).decode(),
            topic=ROUTED_SIGNALS.full,
            key=signal.person_key,
            until=now + wait,
            put_off=True,
        )
        view.put(self._stage.parked, parked.subject, parked)
        return parked

    def _defer(
        self, view: BatchView, lead_id: str, record: ReviewDecision | Signal, now: float
    ) -> None:
        known: Deferred | None = view.get(self._stage.deferred, lead_id)
        view.put(self._stage.deferred, lead_id, defer(known, record, now))


def _subject(signal: Signal) -> str:
    return EARLY + signal.signal_id


def mark_of(ident: str, delivery: int) -> str:
    """The key of the row that says what a signal or a review decision did at this delivery."""
    if not delivery:
        return ident
    return f"{ident}#{delivery}"

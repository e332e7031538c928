"""Step 2's first question: whom does a signal or a ruling set going? What nobody can take yet is deferred, never dropped."""

from typing import Any

import structlog
from msgspec.structs import replace

from leads.decision import Parked
from leads.names import HEARD
from leads.records import Lead, Record, Ruling, Signal, encode
from leads.tabled import Deferred, Waiting, Woken
from leads.waits import LASTING, STOPPING, WAKING, awaits, defer, early_wait, resume, wakes
from streams.jobs import Stage
from tables.state import Kind, View

log = structlog.get_logger(__name__)


class Waking:
    """The rows by which one stage finds the lead that a record is about."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._woken = Kind(f"woken.{stage.name}", Woken)
        self._early: list[Parked] = []

    def take_early(self) -> list[Parked]:
        """The signals that were put aside since the last call; their rows lie in the views that they came with."""
        early, self._early = self._early, []
        return early

    def wake(self, view: View, record: Record, now: float) -> Any:
        """The waiting lead as a signal or a ruling sets it going; any other record itself; None where nothing follows."""
        if isinstance(record, Ruling):
            return self._by_ruling(view, record, now) if record.stage == self._stage.name else None
        if isinstance(record, Signal):
            if record.only not in {"", self._stage.name}:
                return None
            return self._by_signal(view, record, now) if self._stage.woken else record
        return record

    def lead_of(self, view: View, record: Record) -> Lead | None:
        """The lead that lies here and that a signal or a ruling may be about; a lead itself."""
        if isinstance(record, Lead):
            return record
        if isinstance(record, Ruling):
            ident = record.lead_id
        elif isinstance(record, Signal) and self._stage.woken:
            waiting = view.get(self._stage.waiting, record.person_key)
            ident = waiting.lead_id if waiting else ""
        else:
            return None
        parked = view.get(self._stage.parked, ident) if ident else None
        return parked.lead if parked else None

    def _by_ruling(self, view: View, ruling: Ruling, now: float) -> Lead | None:
        mark = _mark(ruling.ruling_id, ruling.delivery)
        if (before := view.get(self._woken, mark)) is not None:
            return before.lead
        parked = view.get(self._stage.parked, ruling.lead_id)
        lead = resume(parked, ruling, self._stage.name)
        if lead is not None:
            view.put(self._woken, mark, Woken(lead=lead))
        elif parked is not None and awaits(parked, ruling):
            self._defer(view, ruling.lead_id, ruling, now)
        else:
            log.warning("decision came too late", lead=ruling.lead_id, stage=ruling.stage, step=ruling.step)
        return lead

    def _by_signal(self, view: View, signal: Signal, now: float) -> Lead | None:
        mark = _mark(signal.signal_id, signal.delivery)
        if (before := view.get(self._woken, mark)) is not None:
            return before.lead
        waiting = view.get(self._stage.waiting, signal.person_key)
        parked = view.get(self._stage.parked, waiting.lead_id) if waiting else None
        if parked is not None and parked.put_off and signal.kind in STOPPING:
            lead = parked.lead  # tried again now: its gate reads what stops it
        else:
            lead = resume(parked, signal, self._stage.name)
        if signal.delivery:
            view.put(self._stage.parked, _subject(signal), None)
        if lead is None and (about := self._about(view, waiting, parked, signal)):
            self._defer(view, about, signal, now)
        elif lead is None and waiting is None and self._stage.expects is not None:
            self._put_aside(view, signal, now)
        if signal.kind in WAKING:
            view.put(self._woken, mark, Woken(lead=lead))
        return lead

    def _about(self, view: View, waiting: Waiting | None, parked: Parked | None, signal: Signal) -> str:
        """The id of the lead for which a signal is kept, '' for none."""
        if parked is not None and parked.put_off and wakes(parked, signal):
            return waiting.lead_id if waiting else ""
        if self._stage.expects is None or signal.kind not in LASTING:
            return ""
        return waiting.lead_id if waiting else self._stage.expects(signal, view)

    def _put_aside(self, view: View, signal: Signal, now: float) -> None:
        """A signal about somebody whom no lead has claimed comes again in a while."""
        if wait := early_wait(signal):
            again = replace(signal, only=self._stage.name, delivery=signal.delivery + 1)
            parked = Parked(
                subject=_subject(signal),
                other=encode(again).decode(),
                topic=HEARD.full,
                key=signal.person_key,
                until=now + wait,
                put_off=True,
            )
            view.put(self._stage.parked, parked.subject, parked)
            self._early.append(parked)

    def _defer(self, view: View, lead_id: str, record: Ruling | Signal, now: float) -> None:
        known: Deferred | None = view.get(self._stage.deferred, lead_id)
        view.put(self._stage.deferred, lead_id, defer(known, record, now))


def _subject(signal: Signal) -> str:
    return f"early:{signal.signal_id}"


def _mark(ident: str, delivery: int) -> str:
    return f"{ident}#{delivery}" if delivery else ident

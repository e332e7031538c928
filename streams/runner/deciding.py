"""Asks the gate and completes its answer. A record that a gate can't decide on doesn't stop the
worker.

A decision freezes what it was made from. Until then the stage's rows are read again each time,
since a record may have waited for hours (promise P6 holds: the reading that counts lies in the
closed attempt).
"""

import traceback
from pathlib import Path
from typing import Any

import structlog
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, OutputRecord, WaitReason
from leads.gates.common import erased, unread_lead
from leads.keys import derive
from leads.records import Alert, Captured, Lead, PersonalRecord, Place, Reason
from leads.sealing import KeysUnavailableError, MissingSecretError, SealError, Sealing
from streams.ports import Fatal
from streams.runner.attempts import close_attempt, encode_outgoing, settle
from streams.runner.model import UNREAD, Stage, StageTask
from streams.runner.outgoing import LARGEST
from streams.runner.rules_versions import RulesRegistry
from tables.state import BatchView

log = structlog.get_logger(__name__)

#: So many leads in a row that a gate could not decide mean that the code is broken, not the data.
FAILED_IN_A_ROW = 50
QUARANTINED = "quarantined"  # the kind of the decision that sets a record apart
FAULT = "the gate failed: "  # how its reason begins


class UndecidedError(RuntimeError):
    """A gate asks again for effects whose results it has."""


class Deciding:
    """Asks one stage's gate."""

    def __init__(self, stage: Stage, registry: RulesRegistry) -> None:
        self._stage, self._registry = stage, registry
        self._failed: set[str] = set()

    def decide(self, job: StageTask, view: BatchView) -> None:
        """Give a job its answer. A decision's rows go into `view`, its records into the job.

        Raises Fatal when one lead after another can't be decided, and what sealing raises.
        """
        job.answer = None
        if job.postponed:
            return
        try:
            self._ask(job, view)
            if self._failed:
                self._failed.clear()
        except (Fatal, SealError, KeysUnavailableError, MissingSecretError):
            raise
        except Exception as error:  # noqa: BLE001  whatever a gate raises concerns its lead only
            self._fail(job, view, error)

    def _ask(self, job: StageTask, view: BatchView) -> None:
        if job.failed:
            self._accept(
                job,
                view,
                quarantine(self._stage.name, job, self._registry.get(job.rules).ops_channel),
            )
            return
        if (ended := _erased(job, self._stage.name, view.sealing)) is not None:
            self._accept(job, view, ended)
            return
        if not job.replay and not job.has_state:
            job.keep_state(self._read(job, view), view.sealing)
        answer = self._stage.gate.decide(
            job.record, job.state, job.results, self._registry.get(job.rules), job.now
        )
        if isinstance(answer, NeedsEffects):
            missing = {name: one for name, one in answer.effects.items() if name not in job.results}
            if not missing:
                raise UndecidedError(f"the gate asks for {', '.join(answer.effects)} again")
            if len(missing) < len(answer.effects):
                answer = replace(answer, effects=missing)
            job.answer = answer
        else:
            self._accept(job, view, answer)

    def _read(self, job: StageTask, view: BatchView) -> Any:
        return self._stage.load_state(job.record, view)

    def _accept(self, job: StageTask, view: BatchView, decision: Decision) -> None:
        job.answer = decision
        if job.replay:
            job.before = None
            if decision.lead is not None:
                job.before = view.get(self._stage.parked, decision.lead.lead_id)
            encode_outgoing(self._stage, job, view.sealing)
            return
        settle(self._stage, view, job, decision)
        view.put_many(close_attempt(self._stage, view, job, decision))

    def _fail(self, job: StageTask, view: BatchView, error: Exception) -> None:
        job.failed = f"{type(error).__name__} in {_place_of(error)}: {error}"[:1000]
        log.error(
            "a gate could not decide",
            stage=self._stage.name,
            subject=job.row_key,
            why=job.failed,
            exc_info=error,
        )
        if len(job.encoded_state) > LARGEST:
            # it would not fit into the row either
            job.state, job.encoded_state = None, UNREAD
        self._failed.add(job.row_key)
        if len(self._failed) > FAILED_IN_A_ROW:
            raise Fatal(
                f"{self._stage.name} could not decide on {len(self._failed)} leads in a row:"
                f" {job.failed}"
            ) from error
        self._accept(
            job, view, quarantine(self._stage.name, job, self._registry.get(job.rules).ops_channel)
        )


def _erased(job: StageTask, stage: str, sealing: Sealing) -> Decision | None:
    """What becomes of a record whose key is destroyed: no gate sees it without its person.

    A lead ends: it was under way when the person was erased, or a source gives it again. Of
    anything else nothing comes, nor of a replay: what was decided can't be computed any more, and
    was sent before the lead had ended, and its key was destroyed.
    """
    record = job.record
    if not is_erased_subject(record, job.lead_id, sealing):
        return None
    if isinstance(record, Captured):
        record = unread_lead(record, stage, "erased")
    if isinstance(record, Lead) and not job.replay:
        return replace(erased(record, "its person was erased"), erases=())
    return Decision(kind="unchanged", place=Place.NOWHERE)


def is_erased_subject(record: Any, subject: str, sealing: Sealing) -> bool:
    """Whether the key of what is decided on is destroyed; `subject` is whose a record is that holds
    nothing personal."""
    if isinstance(record, PersonalRecord):
        subject = record.data_subject
    return sealing.is_destroyed(subject)


def quarantine(stage: str, job: StageTask, ops_channel: str) -> Decision:
    """What becomes of a record that its gate can't decide on: a lead waits for a person, another
    one is a dead letter."""
    why = Reason(rule=f"gate.{stage}", decisive=True, why=f"{FAULT}{_fault(job)}")
    # an alert that fails raises no further one
    alerts = () if stage == "notify" else (_alert(stage, job, ops_channel),)
    if isinstance(job.record, Lead):
        return Decision(
            kind=QUARANTINED,
            place=Place.REVIEW,
            trace=(why,),
            lead=job.record,
            wait=WaitReason.REVIEW,
            alerts=alerts,
        )
    lead, place = None, Place.NOWHERE
    if isinstance(job.record, Captured):
        lead, place = unread_lead(job.record, stage, job.failed), Place.DEAD
    letter = OutputRecord(topic=topics.DEAD.full, key=job.row_key, record=job.record)
    return Decision(
        kind=QUARANTINED, place=place, trace=(why,), lead=lead, outputs=(letter,), alerts=alerts
    )


def _fault(job: StageTask) -> str:
    """The kind of error and where it was raised. What its text says may come from the record, and
    stands in the stage's row alone."""
    return job.failed.partition(": ")[0]


def _alert(stage: str, job: StageTask, ops_channel: str) -> Alert:
    """One alert to ops for each fault, however many records have it."""
    text = (
        f"Leadgate can't decide on a record at {stage}: {_fault(job)}. It waits in review or among"
        " the dead letters; the log has the details."
    )
    return Alert(
        alert_id=derive("quarantine", stage, _fault(job)),
        kind="ops",
        to=ops_channel,
        text=text,
        at=job.now,
    )


def _place_of(error: Exception) -> str:
    """The function in which it was raised, without the line, which changes with each release."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    if not own:
        return "?"
    return f"{Path(own[-1].filename).name} {own[-1].name}"

"""What a stage keeps of a job: its attempt, and the lead that waits under it."""

from leads.decision import Decision, Parked, Wait
from leads.tabled import Attempt
from streams import events
from streams.jobs import Job, Stage
from tables.state import View


def attempt_of(job: Job, *, closed: bool) -> Attempt:
    """The stage's own row of a job: what it decides from, and, if `closed`, that it has decided."""
    return Attempt(
        step=job.step,
        cause=job.cause,
        now=job.now,
        rules=job.rules,
        seen=job.saw,
        done=job.done,
        started=job.started,
        closed=closed,
        waited=job.was_waiting,
        at=job.at,
    )


def close(stage: Stage, view: View, job: Job, decision: Decision) -> Parked | None:
    """Keep the decision, and the lead under this stage if it must wait; free it if it did and does no longer."""
    view.put(stage.attempts, job.subject, attempt_of(job, closed=True))
    lead = decision.lead
    if lead is None:
        if view.has(stage.parked, job.subject):
            view.put(stage.parked, job.subject, None)
        return None
    parked = None
    if decision.wait:
        held = None if decision.wait is Wait.REST else events.held(stage, job, decision, lead)
        parked = Parked(subject=lead.lead_id, lead=lead, held=held, wakes=decision.wakes, until=decision.until)
    if parked or view.has(stage.parked, lead.lead_id):
        view.put_under(stage.parked, (lead.lead_id, lead.person_key) if stage.woken else (lead.lead_id,), parked)
    return parked


def put_off(stage: Stage, view: View, job: Job, until: float) -> Parked:
    """Put a record aside whose call must wait: it is in flight, its results so far are kept, no attempt counts."""
    parked = events.put_off(job, until)
    view.put(stage.attempts, job.subject, attempt_of(job, closed=False))
    view.put(stage.parked, parked.subject, parked)
    return parked

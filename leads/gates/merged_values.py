"""What becomes of a merged record's values at the CRM write: better ones are written to the contact
of the lead that goes on.

What a merged record has written is kept beside its values, so that an unmerge gives it back.
"""

from typing import Any

from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects, TableWrite
from leads.effect_results import ContactRestored, ContactWritten, EffectResult, value_of
from leads.effects import RestoreContact, UpsertContact
from leads.gates.common import ops_alert
from leads.gates.person_values import STAGE, WriteState, bring, changes_of
from leads.keys import STEPS_A_REVISION
from leads.records import Company, CrmLink, KnownValues, Lead, PersonValues, Place, Reason
from leads.rules import Rules
from leads.survivorship import Survivors, known_values, prune, survive, with_values

_MOST_STEPS = 40  # of a merged record; more mean that aliases lead it in a loop
_MOST_WAITING = 8


def decide_values(
    lead: Lead, seen: WriteState, done: dict[str, EffectResult], rules: Rules, now: float
) -> Decision | NeedsEffects:
    """What becomes of a merged record's values, or of those of a lead that was unmerged."""
    if seen.moved_to and lead.step % STEPS_A_REVISION < _MOST_STEPS:
        return Decision(
            kind="values_waiting",
            place=Place.NOWHERE,
            lead=lead,
            outputs=(bring(lead, seen.moved_to),),
            silent=True,
        )
    if lead.parted:
        return _withdraw(lead, seen.known or PersonValues(), done)
    return _compare(lead, seen, done, rules, now)


def _compare(
    lead: Lead, seen: WriteState, done: dict[str, EffectResult], rules: Rules, now: float
) -> Decision | NeedsEffects:
    known = seen.known or PersonValues()
    own = known.own
    if own is None or (why := _obstacle(seen, known, own)):
        return _wait(lead, known, why if own else _unwritten(lead.merged_into))
    former = next((one for one in known.merged if one.lead_id == lead.lead_id), None)
    mine = known_values(lead, rules)
    if former is not None:
        mine = replace(mine, wrote=former.wrote, before=former.before)
    others = tuple(one for one in known.merged if one.lead_id != lead.lead_id)
    found = survive(own, (*others, mine), rules)
    if _content(found.values) == _content(survive(own, known.merged, rules).values):
        values = replace(known, merged=prune(own, (*others, mine), rules))
        return _left(lead, own, values)
    answer = done.get("upsert")
    if answer is None:
        written = _as_written(lead, known, found.values)
        return NeedsEffects(
            effects={
                "upsert": UpsertContact(
                    ours=known.ours, ours_on=known.contact_id, lead=written, keeps_emails=True
                )
            }
        )
    if not answer.ok or answer.kind == "would":
        return _not_written(lead, known, answer, rules, now)
    wrote, before = changes_of(answer, known.contact_id)
    mine = replace(mine, wrote={**mine.wrote, **wrote}, before={**before, **mine.before})
    merged, ours = prune(own, (*others, mine), rules), {**known.ours, **wrote}
    return _taken(lead, found, replace(known, merged=merged, ours=ours), answer)


def _obstacle(seen: WriteState, known: PersonValues, own: KnownValues) -> str:
    """Why nothing may be written to the contact now, '' if it may."""
    if seen.suppression is not None:
        return f"nothing is written: {seen.suppression.kind}"
    if not seen.holder:
        return f"nothing is written: lead {own.lead_id} has ended"
    if seen.holder != own.lead_id or not known.contact_id:
        return _unwritten(seen.holder)
    return ""


def _unwritten(lead_id: str) -> str:
    return f"lead {lead_id} is not written yet, or was by an earlier release"


def _content(values: KnownValues) -> tuple[Any, ...]:
    return values.person, values.seniority, values.function


def _as_written(lead: Lead, known: PersonValues, values: KnownValues) -> Lead:
    """The lead that goes on, with the values that survive, as the CRM write takes it."""
    written = replace(
        lead,
        lead_id=values.lead_id,
        address_key=values.address_key,
        company=Company(name=values.company, domain=values.domain),
        crm=CrmLink(contact_id=known.contact_id),
    )
    return with_values(replace(written, person=values.person), values)


def _on_values(
    kind: str, lead: Lead, trace: tuple[Reason, ...], values: PersonValues, **outcome: Any
) -> Decision:
    put = TableWrite(table="person_values", key=lead.person_key, value=values)
    return Decision(
        kind=kind, place=Place.NOWHERE, trace=trace, lead=lead, puts=(put,), outcome=outcome
    )


def _taken(lead: Lead, found: Survivors, values: PersonValues, answer: EffectResult) -> Decision:
    mine = Survivors(found.values, tuple(one for one in found.taken if one.lead_id == lead.lead_id))
    fields = [one.field for one in mine.taken]
    decision = _on_values(
        "values_taken",
        lead,
        mine.reasons(),
        values,
        into=found.values.lead_id,
        contact=values.contact_id,
        fields=fields,
    )
    written = value_of(answer, ContactWritten)
    if written is not None and written.dropped:
        decision = replace(decision, outcome={**decision.outcome, "dropped": written.dropped})
    return decision


def _left(lead: Lead, own: KnownValues, values: PersonValues) -> Decision:
    why = Reason(
        rule="survivorship",
        decisive=True,
        why=f"it says nothing better than what is known of lead {own.lead_id}",
    )
    return _on_values("values_left", lead, (why,), values, into=own.lead_id)


def _wait(lead: Lead, known: PersonValues, why: str) -> Decision:
    """Its values are kept: they are compared again once the lead that goes on was written."""
    others = tuple(one for one in known.waiting if one.lead_id != lead.lead_id)
    values = replace(known, waiting=(*others, lead)[-_MOST_WAITING:])
    reason = Reason(rule="survivorship", decisive=True, why=why)
    return _on_values("values_waiting", lead, (reason,), values, into=lead.merged_into)


def _not_written(
    lead: Lead, known: PersonValues, answer: EffectResult, rules: Rules, now: float
) -> Decision:
    """In shadow, or the CRM has refused it: with the next write of the lead it is tried again."""
    if answer.kind == "would":
        return _wait(lead, known, "effects are not live: nothing is written")
    said = f"contact {known.contact_id} did not take it: {answer.reason}"
    decision = _wait(lead, known, said)
    if answer.kind == "deleted":
        return decision  # people are asked about the contact's own lead
    text = f"What a further record says of lead {lead.merged_into} is not in the CRM: {said}"
    return replace(decision, alerts=(ops_alert(lead, STAGE, text, rules, now),))


def _withdraw(
    lead: Lead, known: PersonValues, done: dict[str, EffectResult]
) -> Decision | NeedsEffects:
    """The values of a lead that was unmerged: what they have set is given back where it still
    stands, and they count no more."""
    mine = next((one for one in known.merged if one.lead_id == lead.lead_id), None)
    values = replace(
        known,
        merged=tuple(one for one in known.merged if one is not mine),
        waiting=tuple(one for one in known.waiting if one.lead_id != lead.lead_id),
    )
    if mine is None or not mine.wrote:
        return _withdrawn(lead, values, "none of its values stood on the other one's contact")
    if "restore" not in done:
        restore = RestoreContact(contact_id=known.contact_id, wrote=mine.wrote, before=mine.before)
        return NeedsEffects(effects={"restore": restore})
    answer = done["restore"]
    values = replace(values, ours=_ours_before(known.ours, mine))
    if answer.kind == "would":
        return _withdrawn(lead, values, "effects are not live: its values stay on the contact")
    if not answer.ok:
        said = f"the CRM has refused to set contact {known.contact_id} back: {answer.reason}"
        return _withdrawn(lead, values, said)
    found = value_of(answer, ContactRestored) or ContactRestored()
    said = f"contact {known.contact_id} has no value of its any more"
    return _withdrawn(lead, values, said, set_back=found.set_back, left=found.left)


def _ours_before(ours: dict[str, Any], mine: KnownValues) -> dict[str, Any]:
    """What is ours on the contact once a record's values are gone from it."""
    left = dict(ours)
    for name, value in mine.wrote.items():
        if left.get(name) != value:
            continue
        del left[name]
        if mine.before.get(name):
            left[name] = mine.before[name]
    return left


def _withdrawn(
    lead: Lead,
    values: PersonValues,
    why: str,
    set_back: tuple[str, ...] = (),
    left: tuple[str, ...] = (),
) -> Decision:
    reason = Reason(rule="survivorship", decisive=True, why=why)
    return _on_values("values_withdrawn", lead, (reason,), values, set_back=set_back, left=left)

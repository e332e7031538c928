"""What the records of one person say, as the CRM write notes it beside its contact."""

from typing import Any

from msgspec.structs import replace

from leads import topics
from leads.decision import OutputRecord
from leads.effect_results import EffectResult
from leads.gates.common import Guarded, forward
from leads.records import KnownValues, Lead, PersonValues
from leads.rules import Rules
from leads.survivorship import Survivors, known_values, prune, survive, with_values

STAGE = "write"


class WriteState(Guarded, frozen=True, kw_only=True):
    """What stops the person, and what its records say. Of a merged record also the lead that has
    claimed the person ('' if none has any more), and the key that the person's key is an alias of
    by now."""

    known: PersonValues | None = None
    holder: str = ""
    moved_to: str = ""


def is_about_values(lead: Lead) -> bool:
    """Whether a record brings a merged lead's values, or withdraws them, and is no lead on its
    way."""
    return bool(lead.merged_into or lead.parted)


def own_values(lead: Lead, known: PersonValues | None, rules: Rules) -> KnownValues:
    """What the lead's own record says. A lead that comes again without a new revision has values
    of other records by now: then it is what was noted before."""
    before = known.own if known is not None else None
    if before is not None and (before.lead_id, before.version) == (lead.lead_id, lead.version):
        return before
    return known_values(lead, rules)


def survivors_for(lead: Lead, known: PersonValues | None, rules: Rules) -> Survivors:
    """The lead's values as they are written: with what merged records have brought already."""
    return survive(own_values(lead, known, rules), known.merged if known else (), rules)


def as_it_goes_on(lead: Lead, known: PersonValues | None, rules: Rules) -> Lead:
    """The lead as it is scored and routed: also with what is about to be written of records that
    have waited for it."""
    if known is None:
        return lead
    waiting = [known_values(one, rules) for one in known.waiting]
    found = survive(own_values(lead, known, rules), (*known.merged, *waiting), rules)
    return with_values(lead, found.values)


def noted(
    lead: Lead, known: PersonValues | None, contact_id: str, answer: EffectResult, rules: Rules
) -> tuple[PersonValues, tuple[OutputRecord, ...]]:
    """The person's values after the lead's own write to a contact ('' if it was only said), and the
    merged leads that have waited for it, as they come again."""
    own, before = own_values(lead, known, rules), known or PersonValues()
    merged = tuple(one for one in before.merged if one.lead_id != lead.lead_id)
    values = replace(before, own=own, merged=prune(own, merged, rules))
    if not contact_id:
        return values, ()
    wrote, _ = changes_of(answer, contact_id)
    ours = {**before.ours, **wrote} if before.contact_id == contact_id else wrote
    values = replace(values, contact_id=contact_id, ours=ours, waiting=())
    return values, come_again(before.waiting, lead.person_key)


def come_again(waiting: tuple[Lead, ...], person_key: str) -> tuple[OutputRecord, ...]:
    """The outputs that bring merged leads to what is known of a person once more."""
    return tuple(bring(one, person_key) for one in waiting)


def bring(lead: Lead, person_key: str) -> OutputRecord:
    moved = replace(lead, person_key=person_key)
    return forward(moved, STAGE, "values_waiting", topics.MATCHED, person_key)


def changes_of(answer: EffectResult, contact_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a write has set of what is the person's, and what stood there before. Leadgate's own
    properties are written whatever is there."""
    wrote: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for change in answer.changes:
        if change.contact_id == contact_id:
            wrote |= {
                name: value
                for name, value in change.wrote.items()
                if not name.casefold().startswith("leadgate")
            }
            before |= {name: change.before.get(name) for name in wrote}
    return wrote, before

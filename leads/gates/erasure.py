"""Erases one person: everywhere outside first, then here, by the keys of its leads."""

from collections.abc import Iterable

from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult, Erased
from leads.erase_effects import erase_steps, kept_by_rules
from leads.erasure import Erasure
from leads.erasure_order import ErasureOrder
from leads.keys import event_id
from leads.records import Lead, Place, Reason, Record, to_plain
from leads.rules import Rules

#: What people call the system of an effect, by the first part of the effect's name here.
_SYSTEMS = {
    "stop": "the CRM",
    "leave": "the CRM",
    "contact": "the CRM",
    "apollo": "Apollo",
    "message": "Slack",
    "rows": "the review sheets",
}


class ErasureState(Record, frozen=True, kw_only=True):
    """Nothing: an order holds all that it needs."""


class PersonErasure:
    """Decides nothing but the order of the steps: what an erasure is, the rules say."""

    name = "erasure"
    logic = 1

    def decide(
        self,
        record: ErasureOrder,
        seen: ErasureState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """`person_erased`, once every step is over. Its outcome is the certificate.

        A place that refuses is a line of the certificate; one that does not answer is waited for.
        """
        del seen
        if record.phase == "begin":
            return Decision(kind="unchanged", place=Place.NOWHERE)
        for step in erase_steps(record.person, rules):
            if missing := {name: one for name, one in step.items() if name not in done}:
                return NeedsEffects(effects=missing)
        parts = (*kept_by_rules(record.person, rules), *_parts(done), _keys(record))
        failed = [part for part in parts if part.outcome == "failed"]
        why = f"{record.actor} had the person erased; {len(failed)} places refused"
        return Decision(
            kind="person_erased",
            place=Place.NOWHERE,
            trace=(Reason(rule="erased", decisive=True, why=why),),
            lead=_subject(record),
            outcome={
                "leads": record.lead_ids,
                "address_keys": record.address_keys,
                "parts": to_plain(parts),
                "reason": record.reason,
                "ordered_by": record.actor,
                "ordered_at": record.at,
                "not_ended": record.waiting,
                "at": now,
            },
            erases=(*record.lead_ids, record.erasure_id),
        )


def _parts(done: dict[str, EffectResult]) -> Iterable[Erasure]:
    """The certificate's lines on what is outside."""
    for name, result in done.items():
        what, _, ident = name.partition(" ")
        if isinstance(result.value, Erased):
            yield from result.value.parts
        elif (line := _line(what, ident, result)) is not None:
            yield line


def _line(what: str, ident: str, result: EffectResult) -> Erasure | None:
    """What a step without a certificate of its own came to; None where nothing remains of it."""
    if result.ok or result.kind == "deleted":
        return None
    return Erasure(
        system=_SYSTEMS[what], what=what, outcome="failed", ids=(ident,), remains=result.reason
    )


def _keys(record: ErasureOrder) -> Erasure:
    """The line on what lies here: it is the decision itself that destroys the keys."""
    return Erasure(
        system="Leadgate",
        what="key",
        outcome="erased",
        ids=record.lead_ids,
        remains="keyed hashes of the addresses, so that the person is never taken in again",
    )


def _subject(record: ErasureOrder) -> Lead:
    """In whose story the event stands: its ids, and nothing else."""
    ident = record.lead_ids[0]
    return Lead(
        lead_id=ident,
        source="",
        source_id="",
        version="",
        step=0,
        cause=event_id(ident, PersonErasure.name, record.erasure_id, "person_erased"),
        rules="",
        captured_at=record.at,
    )

"""The sequence guard: nothing of ours starts while Apollo writes to the person, or while nobody
knows (promise P3)."""

from msgspec.structs import replace

from leads.effect_results import EffectResult, SequencesRead, value_of
from leads.records import Lead, Reason, Record, Sequences
from leads.rules import Rules

_RULE = "guard.apollo_sequence"
# what a person may have answered: look again, never approved
_ASKED = frozenset({"sequence_active", "sequence_unknown"})


class GuardVerdict(Record, frozen=True, kw_only=True):
    """free: may start. ask: Apollo must be read first. review: unknown for too long, a person
    decides."""

    sequences: Sequences
    reason: Reason
    free: bool = False
    ask: bool = False
    review: bool = False
    unknown_since: float = 0.0


def guard(lead: Lead, read: EffectResult | None, rules: Rules, now: float) -> GuardVerdict:
    """Judge by the freshest reading: `read` if Apollo was asked just now, else what the lead
    carries."""
    known = lead.sequences
    if (found := value_of(read, SequencesRead)) is not None:
        known = found.sequences
    fresh = known.state != "unknown" and known.read_at >= now - rules.sequence_fresh_seconds
    if read is None and (lead.trigger is not None or not _ASKED.isdisjoint(lead.review_decisions)):
        fresh = False  # it was set going again: what was known before says nothing about now
    if not fresh:
        if read is not None:
            return _unknown(lead, known, read, rules, now)
        return GuardVerdict(
            sequences=known,
            ask=True,
            reason=Reason(rule=_RULE, decisive=True, why="Apollo must be asked first"),
        )
    if known.state == "active":
        said = ", ".join(known.names) or "one"
        return GuardVerdict(
            sequences=known,
            reason=Reason(rule=_RULE, decisive=True, why=f"Apollo's sequence {said} is active"),
        )
    return GuardVerdict(
        sequences=known,
        free=True,
        reason=Reason(rule=_RULE, decisive=False, why="no Apollo sequence is active"),
    )


def _unknown(
    lead: Lead, known: Sequences, read: EffectResult, rules: Rules, now: float
) -> GuardVerdict:
    since = lead.unknown_since or now
    hours = (now - since) / 3600
    why = f"Apollo could not say whether a sequence is active: {read.reason}"
    verdict = GuardVerdict(
        sequences=replace(known, state="unknown"),
        unknown_since=since,
        reason=Reason(rule=_RULE, decisive=True, why=why),
    )
    return replace(verdict, review=hours >= rules.unknown_sequence_hours)

"""The known person whose records most probably are those of a new one."""

from collections.abc import Iterable
from typing import NamedTuple

from leads.matching.evidence import Evidence, MatchConfidence
from leads.records import Fingerprint, Reason
from leads.rule_models import Matching


class Match(NamedTuple):
    """Who it is, None for nobody; how sure that is; and the evidence, a line a field."""

    twin: Fingerprint | None
    confidence: MatchConfidence
    reasons: tuple[Reason, ...]


def find_match(
    mine: Fingerprint, others: Iterable[Fingerprint], limits: Matching, rule: str
) -> Match:
    """The one whose evidence is strongest, of those who are sure if any is.

    Nobody is sure of whose employer only the name's first word is shared. `rule` names the question
    in the trace.
    """
    found: list[tuple[bool, float, Fingerprint, Evidence]] = []
    for other in others:
        evidence = Evidence(mine, other)
        confidence = evidence.judge(limits)
        if confidence is not MatchConfidence.OTHER:
            sure = confidence is MatchConfidence.SURE and evidence.is_of_one_employer
            found.append((sure, evidence.bits, other, evidence))
    if not found:
        why = Reason(rule=rule, decisive=False, why="nobody alike is known there")
        return Match(None, MatchConfidence.OTHER, (why,))
    sure, _, twin, evidence = max(found, key=lambda one: one[:2])
    reasons = explain(evidence, twin, limits, rule)
    if sure:
        return Match(twin, MatchConfidence.SURE, reasons)
    if not evidence.is_of_one_employer:
        doubt = "the two share a word of their companies' names alone: it may be another employer"
        reasons = (*reasons, Reason(rule=f"{rule}.employer", decisive=True, why=doubt))
    return Match(twin, MatchConfidence.UNSURE, reasons)


def explain(
    evidence: Evidence, twin: Fingerprint, limits: Matching, rule: str
) -> tuple[Reason, ...]:
    """The table of the evidence, its sum first. It names no values: those are personal."""
    total = f"like lead {twin.lead_id}: {evidence.explain(limits)}"
    return (
        Reason(rule=rule, decisive=True, why=total),
        *(
            Reason(
                rule=f"{rule}.{one.field.replace(' ', '_')}",
                decisive=False,
                why=f"{one.field}: {one.level.replace('_', ' ')} ({one.bits:+g})",
            )
            for one in evidence.agreements
        ),
    )

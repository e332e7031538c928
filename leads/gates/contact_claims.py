"""What names a person besides addresses: each contact key is claimed in its own partition, so that
two records of one person meet whatever their addresses and companies are.

A lead passes identity once more for each of its keys, one after the other: two leads that are
captured at once can't both find a key free (promise P2).
"""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, OutputRecord, TableWrite
from leads.gates.colleagues import answer_about, forget, to_company
from leads.gates.common import (
    GOES_ON,
    answered,
    forward,
    link_output,
    move_to_person,
    overruled,
    review,
    signal_output,
)
from leads.keys import derive
from leads.matching.contact_keys import CONTACT_KINDS, SHARED_KINDS
from leads.matching.evidence import Evidence, MatchConfidence
from leads.matching.fingerprint import fingerprint
from leads.matching.kept_apart import is_another_person, keep_apart
from leads.matching.search import explain
from leads.records import IdentityLink, Intent, Lead, Place, Reason, Signal
from leads.rules import Rules
from leads.table_rows import PersonRow

_RULE = "identity.contact_key"
FREE = frozenset({"crm", "ended"})  # statuses of a row that no lead has claimed


def pass_on(lead: Lead, stage: str) -> OutputRecord:
    """The output that brings a lead to its next contact key, or on to its company."""
    left = lead.contact_keys
    if lead.claim_key:
        left = left[left.index(lead.claim_key) + 1 :]
    if left:
        return forward(replace(lead, claim_key=left[0]), stage, "unique", topics.VALIDATED, left[0])
    return to_company(lead, stage)


def claim_contact_key(lead: Lead, row: PersonRow | None, stage: str, rules: Rules) -> Decision:
    """Claim a key, or end as a further record of the person who has it; a person is asked where the
    names or the employers differ, unless the key is one that several people may have."""
    if row is None or _is_own(row, lead):
        return _claim(lead, stage, row)
    apart = is_another_person(lead, row)
    if apart and (row.status in FREE or _brought_by(lead, row)):
        return _claim(lead, stage)
    if row.status in FREE:
        return _take_over(lead, row, stage, rules)
    kind = lead.claim_key.partition(":")[0]
    named = Reason(
        rule=_RULE,
        decisive=True,
        why=f"the {CONTACT_KINDS[kind]} is that of lead {row.lead_id}",
    )
    answer = answer_about(lead, row.lead_id)
    if apart:
        return _separate(lead, row, stage, (named,))
    judged, trace = MatchConfidence.UNSURE, tuple[Reason, ...]((named,))
    if row.fingerprint is not None:
        evidence = Evidence(fingerprint(lead), row.fingerprint)
        judged = evidence.judge(rules.matching)
        trace += explain(evidence, row.fingerprint, rules.matching, f"{_RULE}.evidence")
    if answer in GOES_ON:
        why = overruled(lead, "variant", trace[:1])
        return _separate(lead, row, stage, (*trace, why))
    if answer == "merge" or judged is MatchConfidence.SURE:
        return move_to_person(answered(lead, "variant"), row.person_key, stage, trace)
    if kind in SHARED_KINDS and judged is MatchConfidence.OTHER:
        return _pass_by(lead, stage)
    asked = replace(answered(lead, "variant"), asked_about=row.lead_id)
    return review(asked, "variant", trace, row.lead_id)


def _is_own(row: PersonRow, lead: Lead) -> bool:
    return lead.lead_id == row.lead_id or lead.person_key == row.person_key


def _brought_by(lead: Lead, row: PersonRow) -> bool:
    """Whether the key is the other person's only since this lead was merged into that person's, and
    no record of that person has named it."""
    return row.fingerprint is not None and row.fingerprint.lead_id == lead.lead_id


def _claim(lead: Lead, stage: str, before: PersonRow | None = None) -> Decision:
    """`before` is the row of a key that is the lead's or its person's already: an earlier revision
    does not set its step back."""
    step = lead.step
    if before is not None and before.lead_id == lead.lead_id:
        step = max(step, before.step)
    claim = PersonRow(
        person_key=lead.person_key,
        lead_id=lead.lead_id,
        fingerprint=fingerprint(lead),
        step=step,
    )
    put = TableWrite(table="people", key=lead.claim_key, value=claim)
    return replace(_go_on(lead, stage), puts=(put,))


def _go_on(lead: Lead, stage: str) -> Decision:
    """It writes no event, unless a person has answered: `unique` has been written, and `matched`
    comes next."""
    passed = answered(lead, "variant")
    return Decision(
        kind="unique",
        place=Place.IN_FLIGHT,
        lead=passed,
        outputs=(pass_on(passed, stage),),
        silent="variant" not in lead.review_decisions,
    )


def _pass_by(lead: Lead, stage: str) -> Decision:
    """Another person has the key, too: it stays with whom it is, and nothing is asked."""
    return _go_on(lead, stage)


def _take_over(lead: Lead, row: PersonRow, stage: str, rules: Rules) -> Decision:
    """The lead that had the key has ended. Its person may have a contact in the CRM, so a further
    record of that person goes on under the same key; another person's takes the key alone."""
    known = row.fingerprint
    if known is not None:
        judged = Evidence(fingerprint(lead), known).judge(rules.matching)
        if judged is not MatchConfidence.SURE:
            return _claim(lead, stage)
    why = Reason(
        rule=_RULE, decisive=True, why=f"lead {row.lead_id} was this person's, and has ended"
    )
    return move_to_person(answered(lead, "variant"), row.person_key, stage, (why,))


def _separate(lead: Lead, row: PersonRow, stage: str, trace: tuple[Reason, ...]) -> Decision:
    """Two people, as a person says: the key stays with whom it belongs to, and nobody is asked
    about the two again."""
    passed = keep_apart(answered(lead, "variant"), (row.lead_id,))
    return Decision(
        kind="unique",
        place=Place.IN_FLIGHT,
        trace=trace,
        lead=passed,
        outputs=(pass_on(passed, stage),),
    )


def merge_lead(lead: Lead, row: PersonRow, trace: tuple[Reason, ...]) -> Decision:
    """A further record of a claimed person: it ends here, in that person's partition. Its signs of
    interest go to the person's lead, and so do its contact keys."""
    outputs = [_interest_signal(lead, intent, row.person_key) for intent in lead.intents]
    for key in lead.contact_keys:
        link = IdentityLink(
            link_id=derive("key", lead.lead_id, lead.step, key),
            address_key=key,
            person_key=row.person_key,
            lead_id=row.lead_id,
            from_lead=lead.lead_id,
            fingerprint=fingerprint(lead),
            step=row.step,
        )
        outputs.append(link_output(link))
    outputs.extend(forget(lead))
    return Decision(
        kind="merged",
        place=Place.MERGED,
        trace=trace,
        lead=lead,
        outputs=tuple(outputs),
        outcome={"into": row.lead_id},
    )


def bring_key(link: IdentityLink, row: PersonRow | None) -> Decision:
    """A merged lead's key comes to the person that it was merged into, unless another lead has
    it."""
    if row is not None and row.status not in FREE and row.lead_id != link.from_lead:
        return Decision(kind="link_refused", place=Place.NOWHERE)
    value = PersonRow(
        person_key=link.person_key,
        lead_id=link.lead_id,
        fingerprint=link.fingerprint,
        step=link.step,
    )
    return Decision(
        kind="linked",
        place=Place.NOWHERE,
        puts=(TableWrite(table="people", key=link.address_key, value=value),),
    )


def _interest_signal(lead: Lead, intent: Intent, person_key: str) -> OutputRecord:
    """A merged lead's sign of interest, for the lead that goes on."""
    ident = derive("signal", "merged", lead.lead_id, lead.version, intent.kind, intent.value)
    return signal_output(
        Signal(
            signal_id=ident,
            kind="intent",
            value=f"{intent.kind}:{intent.value}",
            at=intent.at,
            source=lead.source,
            person_key=person_key,
            address_key=person_key,
        )
    )

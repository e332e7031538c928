"""What names a person besides addresses: each contact key is claimed in its own partition, so that
two records of one person meet whatever their addresses and companies are.

A lead passes identity once more for each of its keys, one after the other: two leads that are
captured at once can't both find a key free (promise P2).
"""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, OutputRecord, TableWrite
from leads.gates.common import (
    answered,
    forward,
    free_address,
    link_output,
    merge_into,
    overruled,
    review,
    signal_output,
)
from leads.gates.intake import company_key
from leads.keys import derive
from leads.matching.contact_keys import CONTACT_KINDS
from leads.matching.evidence import Evidence, MatchConfidence
from leads.matching.fingerprint import fingerprint
from leads.matching.search import explain
from leads.records import IdentityLink, Intent, Lead, Place, Reason, Signal
from leads.rules import Rules
from leads.table_rows import PersonRow

_RULE = "identity.contact_key"
_GOES_ON = frozenset({"approve", "separate", "route"})
FREE = frozenset({"crm", "ended"})  # statuses of a row that no lead has claimed


def pass_on(lead: Lead, stage: str) -> OutputRecord:
    """The output that brings a lead to its next contact key, or on to its company."""
    left = lead.contact_keys
    if lead.claim_key:
        left = left[left.index(lead.claim_key) + 1 :]
    if left:
        return forward(replace(lead, claim_key=left[0]), stage, "unique", topics.VALIDATED, left[0])
    return forward(replace(lead, claim_key=""), stage, "unique", topics.UNIQUE, company_key(lead))


def claim_contact_key(lead: Lead, row: PersonRow | None, stage: str, rules: Rules) -> Decision:
    """Claim a key, or end as a further record of the person who has it; a person is asked where the
    names or the employers differ."""
    if row is None or _is_own(row, lead):
        return _claim(lead, stage)
    if row.status in FREE:
        return _take_over(lead, row, stage, rules)
    kind = lead.claim_key.partition(":")[0]
    named = Reason(
        rule=_RULE,
        decisive=True,
        why=f"the {CONTACT_KINDS[kind]} is that of lead {row.lead_id}",
    )
    if row.fingerprint is None:
        return merge_lead(lead, row, (named,))
    evidence = Evidence(fingerprint(lead), row.fingerprint)
    trace = (named, *explain(evidence, row.fingerprint, rules.matching, f"{_RULE}.evidence"))
    judged = evidence.judge(rules.matching)
    answer = lead.review_decisions.get("variant", "")
    if answer in _GOES_ON:
        return _separate(lead, stage, (*trace, overruled(lead, "variant", trace[1:2])))
    if answer == "merge" or judged is MatchConfidence.SURE:
        return merge_lead(lead, row, trace)
    return review(lead, "variant", trace)


def _is_own(row: PersonRow, lead: Lead) -> bool:
    return lead.lead_id == row.lead_id or lead.person_key == row.person_key


def _claim(lead: Lead, stage: str) -> Decision:
    """It writes no event: `unique` has been written, and `matched` comes next."""
    claim = PersonRow(
        person_key=lead.person_key, lead_id=lead.lead_id, fingerprint=fingerprint(lead)
    )
    return Decision(
        kind="unique",
        place=Place.IN_FLIGHT,
        lead=lead,
        outputs=(pass_on(lead, stage),),
        puts=(TableWrite(table="people", key=lead.claim_key, value=claim),),
        silent=True,
    )


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
    link = IdentityLink(
        link_id=derive("link", lead.lead_id, lead.step, row.person_key),
        address_key=lead.person_key,
        person_key=row.person_key,
    )
    moved = replace(lead, person_key=row.person_key, claim_key="")
    to = forward(moved, stage, "forwarded", topics.VALIDATED, row.person_key)
    return Decision(
        kind="forwarded",
        place=Place.IN_FLIGHT,
        trace=(why,),
        lead=lead,
        outputs=(free_address(lead, "ended"), link_output(link), to),
    )


def _separate(lead: Lead, stage: str, trace: tuple[Reason, ...]) -> Decision:
    """Two people, as a person says: the key stays with whom it belongs to."""
    lead = answered(lead, "variant")
    return Decision(
        kind="unique",
        place=Place.IN_FLIGHT,
        trace=trace,
        lead=lead,
        outputs=(pass_on(lead, stage),),
    )


def merge_lead(lead: Lead, row: PersonRow, trace: tuple[Reason, ...]) -> Decision:
    """A further record of a claimed person: it ends here, its signs of interest go to the first
    lead, and so do the address and the keys that it has claimed."""
    outputs = [_interest_signal(lead, intent, row.person_key) for intent in lead.intents]
    if lead.person_key != row.person_key:
        outputs += merge_into(lead, row.person_key, row.lead_id)
    return Decision(
        kind="merged",
        place=Place.MERGED,
        trace=trace,
        lead=lead,
        outputs=tuple(outputs),
        outcome={"into": row.lead_id},
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

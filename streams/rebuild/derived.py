"""Rows and records that no event holds as they were, from what the events do hold."""

from collections.abc import Mapping
from typing import Any

from leads.keys import STEPS_A_REVISION
from leads.matching.kept_apart import others_of
from leads.records import Audit, Lead, ReviewDecision
from leads.table_rows import SourceRow


def source_of(lead: Lead) -> SourceRow:
    """A source record's row, from the lead as intake has passed it on."""
    return SourceRow(
        lead_id=lead.lead_id,
        version=lead.version,
        revision=lead.step // STEPS_A_REVISION,
        address_key=lead.address_key,
        person_key=lead.person_key,
        company_domain=lead.company.domain,
        sequence=lead.sequences.state if lead.sequences.read_at else "",
        updated_at=max(0.0, lead.updated_at),
        apart=others_of(lead),
    )


def answer_of(event: Audit) -> ReviewDecision:
    """A person's answer, from the event that tells it. When it was given is not in it: its time is
    that of the decision to which it led."""
    outcome: Mapping[str, Any] = event.outcome
    return ReviewDecision(
        decision_id=event.cause,
        lead_id=event.lead,
        stage=event.stage,
        step=event.inputs["step"],
        action=outcome["action"],
        actor=event.actor,
        reason=outcome["reason"],
        at=event.at,
        fields=event.details.get("fields", {}),
        rules=outcome.get("rules", ""),
    )

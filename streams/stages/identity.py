"""validated, links, crm.records -> unique."""

from typing import Any

from leads import topics
from leads.gates.common import is_erased
from leads.gates.identity import Identity, IdentityState
from leads.records import CrmRecord, IdentityLink, Lead, ReviewDecision
from streams.runner.model import Stage
from streams.runner.suppression import suppression_of
from tables.schema import COMPLETE, CONTACTS, PEOPLE, SUPPRESSIONS
from tables.state import BatchView


def make() -> Stage:
    """The identity stage."""
    return Stage(
        gate=Identity(),
        inputs={
            topics.VALIDATED: Lead,
            topics.LINKS: IdentityLink,
            topics.CRM_RECORDS: CrmRecord,
            topics.REVIEW_DECISIONS: ReviewDecision,
        },
        load_state=read,
        state_type=IdentityState,
        writes=(PEOPLE,),
        retry_topic=topics.VALIDATED,
        serialize_by=by_claim,
    )


def by_claim(lead: Lead) -> str:
    """Leads that claim one contact key are decided one after another."""
    return lead.claim_key


def read(record: Any, view: BatchView) -> IdentityState:
    """The address's row, the person's contact, what stops it, and whether the snapshot is complete
    here."""
    if isinstance(record, CrmRecord):
        return IdentityState(person=view.get(PEOPLE, record.key))
    if isinstance(record, IdentityLink):
        return IdentityState(
            person=view.get(PEOPLE, record.address_key),
            suppression=view.get(SUPPRESSIONS, record.address_key),
        )
    stop = suppression_of(record, view)
    return IdentityState(
        person=view.get(PEOPLE, record.claim_key or record.person_key),
        contact=view.get(CONTACTS, record.person_key),
        # other suppressions end it at a later stage
        suppression=stop if is_erased(stop) else None,
        synced=view.has(PEOPLE, COMPLETE),
    )

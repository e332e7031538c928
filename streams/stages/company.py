"""unique, crm.records -> matched."""

from typing import Any

from leads import topics
from leads.gates.company import Companies, CompanyState
from leads.match import domain_stem
from leads.records import CrmRecord, Lead, ReviewDecision
from streams.runner.model import Stage
from tables.schema import BRANDS, COMPANIES, COMPLETE
from tables.state import BatchView


def make() -> Stage:
    """The company stage."""
    return Stage(
        gate=Companies(),
        inputs={
            topics.UNIQUE: Lead,
            topics.CRM_RECORDS: CrmRecord,
            topics.REVIEW_DECISIONS: ReviewDecision,
        },
        load_state=read,
        state_type=CompanyState,
        writes=(COMPANIES, BRANDS),
        retry_topic=topics.UNIQUE,
        serialize_by=by_brand,
    )


def by_brand(lead: Lead) -> str:
    """Leads of one brand are decided one after another: each must see who came before it."""
    return domain_stem(lead.company.domain)


def read(record: Any, view: BatchView) -> CompanyState:
    """The company's row and its brand's, and whether the snapshot is complete here."""
    domain = record.company.domain if isinstance(record, Lead) else record.key
    complete = view.has(COMPANIES, COMPLETE)
    if not domain:
        return CompanyState(synced=complete)
    return CompanyState(
        company=view.get(COMPANIES, domain),
        brand=view.get(BRANDS, domain_stem(domain)),
        synced=complete,
    )

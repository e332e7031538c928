"""unique, crm.records -> matched."""

from typing import Any

from leads import topics
from leads.gates.company import Companies, Seen
from leads.match import brand
from leads.records import CrmRecord, Lead, ReviewDecision
from streams.runner.model import Stage
from tables.schema import BRANDS, COMPANIES, COMPLETE
from tables.state import BatchView


def make() -> Stage:
    """The company stage."""
    return Stage(
        gate=Companies(),
        inputs={topics.UNIQUE: Lead, topics.CRM_RECORDS: CrmRecord, topics.DECIDED: ReviewDecision},
        read=read,
        seen=Seen,
        writes=(COMPANIES, BRANDS),
        home=topics.UNIQUE,
        serial=by_brand,
    )


def by_brand(record: Any) -> str:
    """Leads of one brand are decided one after another: each must see who came before it."""
    return brand(record.company.domain) if isinstance(record, Lead) else ""


def read(record: Any, view: BatchView) -> Seen:
    """The company's row and its brand's, and whether the snapshot is complete here."""
    domain = record.company.domain if isinstance(record, Lead) else record.key
    complete = view.has(COMPANIES, COMPLETE)
    if not domain:
        return Seen(synced=complete)
    return Seen(
        company=view.get(COMPANIES, domain), brand=view.get(BRANDS, brand(domain)), synced=complete
    )

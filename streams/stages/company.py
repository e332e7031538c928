"""unique, crm.records -> matched."""

from typing import Any

from leads import names
from leads.gates.company import Companies, Seen
from leads.match import brand
from leads.records import CrmRecord, Lead, Ruling
from leads.tabled import BrandRow, CompanyRow
from streams.jobs import Stage
from tables.state import Kind, View

COMPANIES = Kind("companies", CompanyRow)
BRANDS = Kind("brands", BrandRow)
COMPLETE = ""


def make() -> Stage:
    """The company stage."""
    return Stage(
        gate=Companies(),
        inputs={names.UNIQUE: Lead, names.CRM_RECORDS: CrmRecord, names.DECIDED: Ruling},
        read=read,
        seen=Seen,
        kinds={"companies": COMPANIES, "brands": BRANDS},
        home=names.UNIQUE,
        serial=by_brand,
    )


def by_brand(record: Any) -> str:
    """Leads of one brand are decided one after another: each must see who came before it."""
    return brand(record.company.domain) if isinstance(record, Lead) else ""


def read(record: Any, view: View) -> Seen:
    """The company's row and its brand's, and whether the snapshot is complete here."""
    domain = record.company.domain if isinstance(record, Lead) else record.key
    complete = view.has(COMPANIES, COMPLETE)
    if not domain:
        return Seen(synced=complete)
    return Seen(company=view.get(COMPANIES, domain), brand=view.get(BRANDS, brand(domain)), synced=complete)

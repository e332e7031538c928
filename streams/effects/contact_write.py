"""From a lead to what its contact in the CRM should hold."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from connectors.core.crm import ContactWrite
from leads.countries import country_name, is_country
from leads.matching.companies import plain_company
from leads.normalise import normalise_title
from leads.records import Lead

_NONE: Mapping[str, Any] = MappingProxyType({})


def contact_write(
    lead: Lead,
    more: Mapping[str, Any] = _NONE,
    overwrite: Sequence[str] = (),
    company_more: Mapping[str, Any] = _NONE,
    company_overwrite: Sequence[str] = (),
    *,
    ours: Mapping[str, Any] = _NONE,
    ours_on: str = "",
    keeps_emails: bool = False,
) -> ContactWrite:
    """What a lead wants on its contact and company; `more` is what the CRM takes of its mapped
    fields, `ours` what we have written on contact `ours_on` before."""
    p, c = lead.person, lead.company
    return ContactWrite(
        key=lead.person_key,
        emails=tuple(dict.fromkeys(filter(None, (p.email, *p.emails)))),
        known_id=lead.crm.contact_id,
        first_name=p.first_name,
        last_name=p.last_name,
        title=p.title,
        phone=p.phone,
        city=p.city,
        state=p.state,
        country=country_name(p.country),
        country_code=p.country if is_country(p.country) else "",
        company=c.name,
        domain=c.domain,
        industry=c.industry,
        employees=c.employees,
        lead_id=lead.lead_id,
        plain_title=normalise_title(p.title),
        seniority=lead.seniority,
        function=lead.function,
        plain_company=plain_company(c.name),
        more=more,
        overwrite=frozenset(overwrite),
        company_more=company_more,
        company_overwrite=frozenset(company_overwrite),
        ours=ours,
        ours_on=ours_on,
        keeps_emails=keeps_emails,
    )

"""What is remembered of a person, to recognise another record of the same one."""

from leads.matching.kept_apart import others_of
from leads.records import Fingerprint, Lead


def phone_for_matching(lead: Lead) -> str:
    """The person's number, or one that can't be called since its country is unknown."""
    return lead.person.phone or lead.unplaced_phone


def fingerprint(lead: Lead) -> Fingerprint:
    """The fingerprint of a lead's person."""
    person, company = lead.person, lead.company
    return Fingerprint(
        lead_id=lead.lead_id,
        person_key=lead.person_key,
        first_name=person.first_name,
        last_name=person.last_name,
        title=person.title,
        email=person.email,
        seniority=lead.seniority,
        function=lead.function,
        company=company.name,
        domain=company.domain,
        linkedin=person.linkedin,
        phone=phone_for_matching(lead),
        person_id=lead.apollo_person_id,
        crm_id=lead.crm.contact_id or lead.source_crm_id,
        city=person.city,
        country=person.country,
        apart=others_of(lead),
    )

"""The keys of Apollo's answers. The store keeps what the generated week says of a contact; the rest
of what the service sends is added as it is answered.

Source: the keys of recorded answers (docs/design/vendors.md Apollo 2.1).
"""

from datetime import UTC, datetime
from typing import Any

from sandbox.store import Thing

_NULLS = (
    "account_id account_phone_note call_opted_out city contact_stage_id country creator_id crm_id"
    " crm_owner_id crm_record_url direct_dial_enrichment_failed_at direct_dial_status email_source"
    " email_status_unavailable_reason email_unsubscribed extrapolated_email_confidence"
    " facebook_url formatted_address godmode_apollo_creator headline hubspot_company_id"
    " hubspot_vid intent_strength last_activity_date linkedin_uid linkedin_url merged_crm_ids"
    " organization_id owner_id person_deleted person_id photo_url postal_code present_raw_address"
    " queued_for_crm_push salesforce_account_id salesforce_contact_id salesforce_id"
    " salesforce_lead_id sanitized_phone state street_address"
    " suggested_from_rule_engine_config_id time_zone title twitter_url"
)
_FALSE = (
    "email_domain_catchall email_from_customer email_needs_tickling free_domain"
    " has_email_arcgate_request has_pending_email_arcgate_request show_intent"
    " updated_email_true_status"
)
_LISTS = (
    "contact_campaign_statuses contact_emails contact_roles emailer_campaign_ids label_ids"
    " phone_numbers"
)
_OBJECTS = "custom_field_errors typed_custom_fields"
_COMPANY_NULLS = (
    "alexa_ranking angellist_url annual_revenue annual_revenue_printed city crunchbase_url"
    " facebook_url founded_year industry_tag_id latest_funding_round_date latest_funding_stage"
    " linkedin_uid linkedin_url logo_url org_chart_sector organization_revenue"
    " organization_revenue_printed owned_by_organization_id phone postal_code"
    " publicly_traded_exchange publicly_traded_symbol raw_address retail_location_count"
    " sanitized_phone short_description street_address total_funding total_funding_printed"
    " twitter_url"
)
_COMPANY_LISTS = (
    "current_technologies funding_events industries keywords languages naics_codes"
    " org_chart_root_people_ids secondary_industries sic_codes suborganizations technology_names"
)


def stamp(at: float) -> str:
    """Apollo's time text."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def contact(found: Thing) -> Thing:
    """A contact with every key that the service sends."""
    shape: dict[str, Any] = {
        **dict.fromkeys(_NULLS.split()),
        **dict.fromkeys(_FALSE.split(), False),
        **{name: [] for name in _LISTS.split()},
        **{name: {} for name in _OBJECTS.split()},
        "existence_level": "full",
        "source_display_name": "Requested from Apollo",
    }
    emails = [_email(found)] if found.get("email") else []
    return {**shape, **found, "contact_emails": found.get("contact_emails") or emails}


def contact_in_search(found: Thing) -> Thing:
    """A contact as a search answers it."""
    return {**contact(found), "contact_job_change_event": None}


def contact_alone(found: Thing) -> Thing:
    """A contact as it is answered alone."""
    more = {"disable_flag": True, "engagement_graph": None, "next_contact_id": None}
    return {**contact(found), **more}


def _email(found: Thing) -> Thing:
    return {
        "email": found["email"],
        "email_md5": None,
        "email_sha256": None,
        "email_status": found.get("email_status"),
        "email_true_status": found.get("email_true_status"),
        "email_status_unavailable_reason": None,
        "email_needs_tickling": False,
        "extrapolated_email_confidence": None,
        "free_domain": False,
        "position": 0,
        "source": found.get("email_true_status"),
        "third_party_vendor_name": None,
        "vendor_validation_statuses": [],
    }


def organization(found: Thing | None) -> Thing | None:
    """A company with every key that the service sends; None for one that Apollo hasn't got."""
    if found is None:
        return None
    shape: dict[str, Any] = {
        **dict.fromkeys(_COMPANY_NULLS.split()),
        **{name: [] for name in _COMPANY_LISTS.split()},
        "departmental_head_count": {},
        "industry_tag_hash": {},
        "primary_phone": {},
        "num_suborganizations": 0,
        "org_chart_removed": False,
        "org_chart_show_department_filter": True,
        "snippets_loaded": True,
    }
    return {**shape, **found}

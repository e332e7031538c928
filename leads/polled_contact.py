"""A contact that Apollo's search answers: whether it is captured, and as which record."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from leads.records import Captured
from leads.rule_models import Capture


class _Account(msgspec.Struct):
    typed_custom_fields: dict[str, Any] | None = None


class ContactFields(msgspec.Struct):
    """The fields of a contact by which it is captured; intake checks the rest."""

    id: Annotated[str, msgspec.Meta(min_length=1)]
    updated_at: str
    label_ids: list[str] | None = None
    account: _Account | None = None
    typed_custom_fields: dict[str, Any] | None = None
    source: str | None = None
    contact_stage_id: str | None = None
    owner_id: str | None = None

    def custom(self) -> dict[str, Any]:
        """Custom fields by their ids: the contact's, and its account's."""
        fields: dict[str, Any] = {}
        if self.account is not None:
            fields |= self.account.typed_custom_fields or {}
        return fields | (self.typed_custom_fields or {})


class PolledContact(NamedTuple):
    """A contact as Apollo sent it, its fields, and when it was last changed."""

    raw: dict[str, Any]
    fields: ContactFields
    changed_at: float


def read_contact(raw: Any) -> PolledContact:
    """Raises ValueError for an object that is no contact; the text says why."""
    try:
        fields = msgspec.convert(raw, ContactFields)
        changed = datetime.fromisoformat(fields.updated_at.replace("Z", "+00:00"))
        return PolledContact(raw, fields, changed.timestamp())
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"the contact can't be used: {error}") from error


def came_from_crm(raw: dict[str, Any]) -> bool:
    """Whether Apollo got the contact from the CRM: to capture it would write it back there."""
    return raw.get("source") in {"crm", "salesforce", "hubspot"} and bool(
        raw.get("hubspot_vid") or raw.get("crm_id") or raw.get("salesforce_id")
    )


def is_wanted(fields: ContactFields, lists: tuple[str, ...], rule: Capture) -> bool:
    """Whether the rules capture a contact that is on lists of these names."""
    return (
        (not rule.lists or bool(set(rule.lists) & set(lists)))
        and (not rule.stages or fields.contact_stage_id in rule.stages)
        and (not rule.owners or fields.owner_id in rule.owners)
    )


def to_record(
    contact: PolledContact, lists: tuple[str, ...], custom: dict[str, Any], read_at: float
) -> Captured:
    """The record that intake reads, with the names of lists and custom fields."""
    return Captured(
        source="apollo",
        source_id=contact.fields.id,
        captured_at=read_at,
        raw=contact.raw,
        custom=custom,
        lists=lists,
        sequences_read_at=read_at,
        imported="poll",
    )

"""The rules against what the vendors have: what they want of the CRM, and what is left out on the
way."""

from collections.abc import Mapping, Sequence

from app.base.vendors import VendorClients
from connectors.core.crm import CrmRequirements
from connectors.core.errors import VendorError
from connectors.core.fields import Field, lacking
from leads.rule_models import FieldRule
from leads.rules import Rules


def requirements_of(rules: Rules) -> CrmRequirements:
    """What the rules want of the CRM."""
    own = [s.target for s in rules.sequences if s.tool == "hubspot"]
    return CrmRequirements(
        lists=rules.lists,
        fields=[_field(rule) for rule in rules.mapping if rule.object == "contact"],
        company_fields=[_field(rule) for rule in rules.mapping if rule.object == "company"],
        sequences=own,
        senders=[*rules.inboxes] if own else [],
        accounts=rules.account_owner is not None,
    )


def _field(rule: FieldRule) -> Field:
    options = tuple(dict.fromkeys(rule.values.values())) if rule.type == "choice" else ()
    return Field(
        name=rule.to,
        label=rule.to.removesuffix("__c").replace("_", " "),
        type=rule.type,
        options=options,
    )


async def mapping_gaps(vendors: VendorClients, rules: Rules) -> list[str]:
    """What leads lose: options that the CRM hasn't got, and custom fields of Apollo's that no rule
    takes along."""
    wants = requirements_of(rules)
    notes = _lacking(wants.fields, await vendors.crm.fields())
    notes += _lacking(wants.company_fields, await vendors.crm.company_fields())
    notes += await _absent_sequences(vendors, rules)
    try:
        fields = await vendors.apollo.custom_fields()
    except VendorError as error:
        return [
            *notes,
            f"Apollo's custom fields can't be read, so they are known by their ids alone: {error}",
        ]
    taken = {rule.apollo for rule in rules.mapping} | set(rules.capture.fields)
    left = [
        f.name
        for f in fields.values()
        if f.modality in {"contact", "account"} and not taken & {f.name, f.id}
    ]
    return [
        *notes,
        *(f"Apollo's custom field {name!r} is mapped to nothing" for name in sorted(left)),
    ]


def _lacking(wanted: Sequence[Field], there: Mapping[str, Field]) -> list[str]:
    return [
        f"{field.name}: the CRM has no option {', '.join(map(repr, lost))}; left out, the lead"
        " goes on"
        for field in wanted
        if field.name in there and (lost := lacking(field, there[field.name]))
    ]


async def _absent_sequences(vendors: VendorClients, rules: Rules) -> list[str]:
    """Apollo sequences that the rules name and Apollo hasn't got: their leads would wait for a
    person."""
    wanted = {s.target: s.name for s in rules.sequences if s.tool == "apollo"}
    if not wanted:
        return []
    try:
        there = await vendors.apollo.sequence_names()
    except VendorError as error:
        return [f"Apollo's sequences can't be read: {error}"]
    return [
        f"sequences.{name}: Apollo has no sequence {ident}"
        for ident, name in wanted.items()
        if ident not in there
    ]

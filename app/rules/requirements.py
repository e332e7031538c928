"""The rules compared with the vendors' data: what they need of the CRM, and what is left out."""

from collections.abc import Iterable, Mapping, Sequence

from app.base.vendors import VendorClients
from connectors.apollo.fields import CustomField
from connectors.core.crm import CrmRequirements
from connectors.core.errors import VendorError
from connectors.core.fields import Field, missing_options
from leads.rule_models import FieldRule
from leads.rules import Rules


def requirements_of(rules: Rules) -> CrmRequirements:
    """What the rules need of the CRM."""
    own = [sequence.target for sequence in rules.sequences if sequence.tool == "hubspot"]
    senders: list[str] = []
    if own:
        senders.extend(rules.inboxes)
    return CrmRequirements(
        lists=rules.lists,
        fields=_fields(rules, "contact"),
        company_fields=_fields(rules, "company"),
        sequences=own,
        senders=senders,
        accounts=rules.account_owner is not None,
        lawful_basis=rules.lawful_basis is not None,
    )


def _fields(rules: Rules, owner: str) -> list[Field]:
    """The properties that the rules map, of contacts or of companies."""
    return [_field(rule) for rule in rules.mapping if rule.object == owner]


def _field(rule: FieldRule) -> Field:
    options: tuple[str, ...] = ()
    if rule.type == "choice":
        options = tuple(dict.fromkeys(rule.values.values()))
    return Field(
        name=rule.to,
        label=rule.to.removesuffix("__c").replace("_", " "),
        type=rule.type,
        options=options,
    )


async def mapping_gaps(vendors: VendorClients, rules: Rules) -> list[str]:
    """The data that leads lose, one sentence each: options that the CRM does not have, Apollo's
    sequences that do not exist, and Apollo's custom fields that no rule maps."""
    wants = requirements_of(rules)
    notes = _missing_options(wants.fields, await vendors.crm.fields())
    notes += _missing_options(wants.company_fields, await vendors.crm.company_fields())
    notes += await _missing_sequences(vendors, rules)
    try:
        fields = await vendors.apollo.custom_fields()
    except VendorError as error:
        return [
            *notes,
            f"Apollo's custom fields can't be read, so only their ids are known: {error}",
        ]
    return notes + _unmapped(fields.values(), rules)


def _unmapped(fields: Iterable[CustomField], rules: Rules) -> list[str]:
    """Apollo's custom fields that no rule maps, by name."""
    taken = {*rules.capture.fields, *(rule.apollo for rule in rules.mapping)}
    notes = []
    for field in sorted(fields, key=lambda field: field.name):
        if field.modality in {"contact", "account"} and taken.isdisjoint((field.name, field.id)):
            notes.append(f"Apollo's custom field {field.name!r} is mapped to nothing")
    return notes


def _missing_options(wanted: Sequence[Field], there: Mapping[str, Field]) -> list[str]:
    """Options of the rules' value tables that the CRM does not have."""
    notes = []
    for field in wanted:
        if field.name in there and (missing := missing_options(field, there[field.name])):
            options = ", ".join(map(repr, missing))
            notes.append(
                f"{field.name}: the CRM has no option {options}; left out, the lead goes on"
            )
    return notes


async def _missing_sequences(vendors: VendorClients, rules: Rules) -> list[str]:
    """Apollo's sequences that the rules name and that do not exist: their leads would wait for a
    person."""
    wanted: dict[str, str] = {}  # names by Apollo's id
    for sequence in rules.sequences:
        if sequence.tool == "apollo":
            wanted[sequence.target] = sequence.name
    if not wanted:
        return []
    try:
        there = await vendors.apollo.sequence_names()
    except VendorError as error:
        return [f"Apollo's sequences can't be read: {error}"]
    notes = []
    for ident, name in wanted.items():
        if ident not in there:
            notes.append(f"sequences.{name}: Apollo has no sequence {ident}")
    return notes

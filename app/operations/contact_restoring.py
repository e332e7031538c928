"""Restores contacts of the CRM to their earlier values, except values that were changed since."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from connectors.core.crm import Crm
from connectors.core.errors import RecordRejected
from leads.text import visible
from leads.undo import ContactChanges, Restoration, restore


@dataclass(slots=True)
class ContactReport:
    """What was (or would be) set back. Contacts are given by their ids in the CRM, properties by
    the CRM's names."""

    restored: dict[str, list[str]] = field(default_factory=dict)
    changed_since: dict[str, list[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def outcome(self, contact: str) -> dict[str, Any]:
        """What an audit event says of one contact."""
        return {
            "contact": contact,
            "set_back": self.restored.get(contact, []),
            "left": self.changed_since.get(contact, []),
            "refused": self.refused.get(contact, ""),
        }

    def summary(self) -> str:
        """How much is set back."""
        fields = sum(map(len, self.restored.values()))
        return f"{fields} properties of {len(self.restored)} contacts are set back"

    def exceptions(self) -> list[str]:
        """A line for each contact that is left as it is, or in part."""
        lines = []
        for contact, names in self.changed_since.items():
            lines.append(f"  contact {contact}: {', '.join(names)} changed since, left alone")
        for contact, why in self.refused.items():
            lines.append(f"  contact {contact}: the CRM refused: {visible(why)}")
        if self.gone:
            lines.append(f"  deleted meanwhile: {', '.join(self.gone)}")
        return lines


async def plan_restoring(
    crm: Crm, found: dict[str, ContactChanges], report: ContactReport
) -> dict[str, Restoration]:
    """What to set back of each contact that is still there, by what the CRM shows now; fills the
    report."""
    present, plans = await _present(crm, found), {}
    for contact, traces in found.items():
        if (now := present[contact]) is None:
            report.gone.append(contact)
            continue
        plans[contact] = plan = restore(traces, now, crm.identity)
        if plan.values:
            report.restored[contact] = sorted(plan.values)
        if plan.left:
            report.changed_since[contact] = sorted(plan.left)
    return plans


async def restore_contact(crm: Crm, contact: str, plan: Restoration, report: ContactReport) -> None:
    """Set one contact back; a refusal of the CRM goes to the report."""
    if not plan.values:
        return
    try:
        await crm.restore(contact, plan.values)
    except RecordRejected as error:
        report.refused[contact] = str(error)
        report.restored.pop(contact, None)


async def _present(crm: Crm, found: dict[str, ContactChanges]) -> dict[str, dict[str, Any] | None]:
    """The present values of the written properties, None for a deleted contact. Contacts of which
    the same properties were written are read together, in batches."""
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for contact, traces in found.items():
        alike[tuple(sorted(traces.wrote))].append(contact)
    present: dict[str, dict[str, Any] | None] = {}
    for properties, contacts in alike.items():
        for start in range(0, len(contacts), crm.batch):
            some = contacts[start : start + crm.batch]
            present.update(zip(some, await crm.read(some, properties), strict=True))
    return present

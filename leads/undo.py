"""Taking an import back: from the changes that its audit events report to what is restored on each
contact, and what is left."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leads.records import Audit, Change


@dataclass(slots=True)
class ContactChanges:
    """What an import did to one contact: the value that stood first before it, and the last that it
    wrote, by property."""

    leads: set[str] = field(default_factory=set)
    made: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    wrote: dict[str, Any] = field(default_factory=dict)

    def add(self, event: Audit, change: Change) -> None:
        """Add a change of this contact that an event reports; events come in their order."""
        self.leads.add(event.lead)
        outcome = event.outcome or {}
        self.made |= (
            event.kind == "written"
            and not outcome.get("existed", True)
            and outcome.get("contact") == change.contact_id
        )
        for name, value in change.before.items():
            self.before.setdefault(name, value)
        self.wrote.update(change.wrote)


@dataclass(frozen=True, slots=True)
class Restoration:
    """For one contact: what is set back, and which properties somebody has changed since and are
    left."""

    values: dict[str, Any]
    left: tuple[str, ...]


def collect_changes(events: Iterable[Audit]) -> dict[str, ContactChanges]:
    """By contact, from an import's events in their order.

    Shadow runs changed nothing and report no changes.
    """
    found: dict[str, ContactChanges] = {}
    for event in events:
        if event.person is None:
            continue
        for change in event.person.changes:
            traces = found.setdefault(change.contact_id, ContactChanges())
            traces.add(event, change)
    return found


def restore(traces: ContactChanges, now: dict[str, Any], identity: frozenset[str]) -> Restoration:
    """What to set back, given the contact's present values.

    A contact that the import made keeps its `identity` (who it is): it is left without owner and
    score, for a person to delete or keep. No property is touched whose value before is unknown.
    """
    values: dict[str, Any] = {}
    left: list[str] = []
    for name, wrote in traces.wrote.items():
        if name not in traces.before or (traces.made and name in identity):
            continue
        before, present = traces.before[name], _plain(now.get(name))
        if present == _plain(before):
            continue
        if present == _plain(wrote):
            values[name] = before
        else:
            left.append(name)
    return Restoration(values, tuple(left))


def _plain(value: Any) -> Any:
    """A value in a form that can be compared with what a CRM returns: flags as text, numbers as
    floats, null as ''."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return float(value)
    except (TypeError, ValueError):
        return value

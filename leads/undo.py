"""Taking an import back: from the changes that its audit events tell to what is restored on each
contact, and what is left."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leads.records import Audit


@dataclass(slots=True)
class ContactChanges:
    """What an import did to one contact: the value that stood first before it, and the last that it
    wrote, by property."""

    leads: set[str] = field(default_factory=set)
    made: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    wrote: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restoration:
    """For one contact: what is set back, and which properties somebody has changed since and are
    left."""

    values: dict[str, Any]
    left: tuple[str, ...]


def collect_changes(events: Iterable[Audit]) -> dict[str, ContactChanges]:
    """By contact, from an import's events in their order.

    Shadow runs changed nothing and tell no changes.
    """
    found: dict[str, ContactChanges] = {}
    for event in events:
        for change in event.person.changes if event.person else ():
            traces = found.setdefault(change.contact_id, ContactChanges())
            traces.leads.add(event.lead)
            told = event.outcome or {}
            traces.made |= (
                event.kind == "written"
                and not told.get("existed", True)
                and told.get("contact") == change.contact_id
            )
            for name, value in change.before.items():
                traces.before.setdefault(name, value)
            traces.wrote.update(change.wrote)
    return found


def restore(traces: ContactChanges, now: dict[str, Any], identity: frozenset[str]) -> Restoration:
    """What to set back, given the contact's present values.

    A contact that the import made keeps its `identity` (who it is): it is left without owner and
    score, for a person to delete or keep. No property is touched whose value before is unknown.
    """
    known = [n for n in traces.wrote if n in traces.before and not (traces.made and n in identity)]
    differ = [n for n in known if _plain(now.get(n)) != _plain(traces.before[n])]
    values = {n: traces.before[n] for n in differ if _plain(now.get(n)) == _plain(traces.wrote[n])}
    return Restoration(values, tuple(n for n in differ if n not in values))


def _plain(value: Any) -> Any:
    """A value so that it equals what a CRM tells back of it: numbers and truths as text, nothing as
    null or ''."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return float(value)
    except (TypeError, ValueError):
        return value

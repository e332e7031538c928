"""Taking a merge back: from the audit's stories to the merged lead's new revision, and to what
stays with the lead that it was merged into."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from leads.corrections import resubmit
from leads.keys import STEPS_A_REVISION, derive, fold_email
from leads.matching.kept_apart import keep_apart
from leads.records import Audit, Captured, Lead, Person, Place
from leads.times import format_time
from leads.undo import ContactChanges, collect_changes

_COMPARES_VALUES = 4  # the version of identity's logic from which merged values are compared
_COMPARED = frozenset({"values_taken", "values_left", "values_waiting"})


class NotUnmergedError(ValueError):
    """The merge can't be taken back. The message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A lead as it was merged, and the id of the lead that it was merged into.

    `path` holds the keys of the persons in whose partitions it was, its own first; `intents` the
    signs of interest that it has brought, as signals name them, each with its time.
    """

    lead: Lead
    event: Audit
    into: str
    path: tuple[str, ...]
    intents: frozenset[tuple[str, float]]

    @property
    def ident(self) -> str:
        """Names the request to take this merge back: once more it is the same request."""
        return derive("unmerge", self.lead.lead_id, self.event.id)


@dataclass(slots=True)
class OtherPerson:
    """Who a lead was merged into: the lead named by the merge, then the one that that lead was
    merged into itself, and so on."""

    stories: dict[str, Sequence[Audit]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    # the present addresses, folded, and their keys
    addresses: set[str] = field(default_factory=set)
    address_keys: set[str] = field(default_factory=set)

    @property
    def last(self) -> str:
        """The id of the lead that the person's records have come to."""
        return list(self.stories)[-1]

    def add(self, lead: str, story: Sequence[Audit]) -> str:
        """Add one lead's story; answers the id of the lead to add next, '' if there is none."""
        self.stories[lead] = story
        for event in story:
            record = _record_of(event)
            self.keys |= {record.get("person_key", ""), record.get("address_key", "")} - {""}
        last = last_place(story)
        if last is None:
            return ""
        record = _record_of(last)
        self.address_keys |= {record.get("person_key", ""), record.get("address_key", "")} - {""}
        if last.person is not None:
            emails = (last.person.email, *last.person.emails)
            self.addresses |= {*map(fold_email, emails)} - {""}
        into = _into(last)
        return "" if into in self.stories else into


def last_place(story: Sequence[Audit]) -> Audit | None:
    """The event that says where a lead is, None if no event does. Within a step, a place of rest
    comes before `in_flight`."""
    placed = filter(lambda event: event.place, story)
    return max(placed, key=lambda e: (e.step, e.place != Place.IN_FLIGHT), default=None)


def find_merge(story: Sequence[Audit]) -> Merge:
    """The merge by which a lead has ended. Raises NotUnmergedError."""
    last = last_place(story)
    if last is None or last.place != Place.MERGED:
        raise NotUnmergedError(_no_merge(last))
    if last.person is None or not last.person.email:
        raise NotUnmergedError(
            "the audit doesn't hold its record any more: capture it again (leadgate poll --since,"
            " leadgate import --again)"
        )
    lead = replace(msgspec.convert(_record_of(last), Lead), person=_plain(last.person))
    return Merge(lead, last, _into(last), _path(story, last), frozenset(_intents(story)))


def _path(story: Iterable[Audit], last: Audit) -> tuple[str, ...]:
    """The keys of the persons that a lead's last revision was of, in order."""
    revision = last.step // STEPS_A_REVISION
    keys = []
    for event in sorted(story, key=lambda event: event.step):
        record = _record_of(event)
        if event.step // STEPS_A_REVISION == revision and "lead_id" in record:
            keys.append(str(record.get("person_key", "")))
    return tuple(dict.fromkeys(filter(None, keys)))


def _intents(story: Iterable[Audit]) -> Iterator[tuple[str, float]]:
    for event in story:
        if event.place == Place.MERGED:
            for intent in _record_of(event).get("intents", ()):
                yield f"{intent['kind']}:{intent['value']}", intent["at"]


def is_carried_out(story: Iterable[Audit], merge: Merge) -> bool:
    """Whether the CRM write has compared the values of a merged lead with the other one's. Before
    version 4 of identity's logic they were not compared."""
    if merge.event.logic < _COMPARES_VALUES:
        return True
    return any(event.step > merge.event.step and event.kind in _COMPARED for event in story)


def taken_back(story: Iterable[Audit]) -> Audit | None:
    """The event by which the lead's last merge was taken back, None if it wasn't."""
    merges = filter(lambda event: event.place == Place.MERGED, story)
    last = max(merges, key=lambda event: event.step, default=None)
    for event in story:
        if last is not None and event.kind == "unmerged" and event.inputs["merge"] == last.id:
            return event
    return None


def separate_revision(merge: Merge, other: OtherPerson) -> Captured:
    """The lead as it comes in once more, kept apart from the person whom it was merged into.

    The other person's addresses are left out of its further ones: the CRM knows one contact by an
    address. Raises NotUnmergedError where both have one main address.
    """
    lead = merge.lead
    if lead.address_key in other.address_keys:
        raise NotUnmergedError(
            f"lead {merge.into} has the same address, by which the CRM knows one contact: give one"
            " of the two another address in its source, let it come in again, and unmerge then"
        )
    others = {*other.stories, *other.keys, *merge.path[1:]} - {lead.lead_id, lead.address_key}
    emails = tuple(e for e in lead.person.emails if fold_email(e) not in other.addresses)
    separate = replace(keep_apart(lead, sorted(others)), person=replace(lead.person, emails=emails))
    return resubmit(separate, {}, merge.ident, lead.captured_at)


def changes_of_other(story: Iterable[Audit]) -> dict[str, ContactChanges]:
    """What a lead's writes changed on contacts that turned out to be another person's, and what its
    values changed on the contact of the person whom it was merged into, by contact."""
    found = []
    for event in story:
        if event.kind in {"rekeyed", "values_taken"} and event.person is not None:
            contact = _contact_written(event)
            mine = [change for change in event.person.changes if change.contact_id == contact]
            found.append(replace(event, person=replace(event.person, changes=tuple(mine))))
    return collect_changes(found)


def what_stays(merge: Merge, other: OtherPerson) -> tuple[str, ...]:
    """What can't be taken back of what the merge has caused for the other person's leads, a line
    each."""
    lines: list[str] = []
    for lead, story in other.stories.items():
        counted = False
        for event in story:
            if not counted and (sign := _counted(event, merge)):
                counted = True
                lines.append(f"lead {lead} was scored for its interest ({sign}): the points stay")
            if counted and not event.shadow:
                lines += _reached(event)
        last = last_place(story)
        if last is not None and last.place == Place.SUPPRESSED and last.at > merge.event.at:
            lines.append(f"lead {lead} is suppressed: an opt-out or bounce is not taken back")
    return tuple(dict.fromkeys(lines))


def _counted(event: Audit, merge: Merge) -> str:
    """The sign of interest of the merged lead that an event takes up, '' for none."""
    trigger = _record_of(event).get("trigger") or {}
    sign = str(trigger.get("value", ""))
    mine = trigger.get("kind") == "intent" and trigger.get("source") == merge.lead.source
    return sign if mine and (sign, trigger.get("at")) in merge.intents else ""


def _reached(event: Audit) -> list[str]:
    """Who and what an event's decision has reached, a line each."""
    at, outcome = format_time(event.at), event.outcome or {}
    lines = []
    done = _part(event.inputs, "done")
    for name in ("task", "note"):
        value = _part(done.get(name), "value")
        if ident := value.get("task_id") or value.get("note_id"):
            lines.append(f"{name} {ident} of {at} stays in the CRM")
    if event.kind == "noticed":
        lines.append(f"the message to {outcome.get('to')} of {at} is sent")
    if event.kind == "enrolled":
        lines.append(f"sequence {outcome.get('sequence')}, entered on {at}, goes on")
    return lines


def _no_merge(last: Audit | None) -> str:
    if last is None:
        return "nothing was decided about it yet: run the command again when it has come in"
    if last.place == Place.IN_FLIGHT:
        return "it is under way: run the command again when it has arrived"
    if last.place == Place.UNDONE:
        return "it was taken back with its import: import it again (leadgate import --again)"
    return f"it was not merged: it is {last.place.replace('_', ' ')} (leadgate why shows its story)"


def _into(event: Audit) -> str:
    if event.place != Place.MERGED:
        return ""
    return str(_part(event.outcome, "").get("into", ""))


def _contact_written(event: Audit) -> str:
    result = _part(_part(event.inputs, "done").get("upsert"), "value")
    return str(result.get("contact_id", ""))


def _record_of(event: Audit) -> dict[str, Any]:
    return _part(event.inputs, "record")


def _part(whole: Any, name: str) -> dict[str, Any]:
    """A part of an object by its name, the object itself without one; {} where it is none."""
    part = whole.get(name) if name and isinstance(whole, dict) else whole
    return part if isinstance(part, dict) else {}


def _plain(person: Person) -> Person:
    """The person alone, of an event that lists changes beside it."""
    names = Person.__struct_fields__
    return Person(**{name: value for name, value in asdict(person).items() if name in names})

"""The result of `audit verify`: the place of every captured lead, and the faults found."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from leads.records import Place

#: So many examples of each fault are stored, however often it occurs.
EXAMPLES = 10


class Fault(StrEnum):
    """What can be wrong with the log, by name."""

    SKIPPED = "skipped"  # a captured record is committed, and nothing was decided about it
    DELETED = "deleted"  # records were deleted from a log before anybody read them
    # a log starts past what Leadgate has deleted of it: others have deleted what was processed
    TRUNCATED = "truncated"
    CUT = "cut"  # a log ends before its committed offset: the broker has lost its end
    # a lead is in flight and no record of it is under way, or no event names its place
    LOST = "lost"
    DOUBLED = "doubled"  # a lead is in two places at once
    UNKNOWN = "unknown"  # a lead has events and was never captured
    UNSHOWN = "unshown"  # a lead waits, and no review item shows it
    UNPARKED = "unparked"  # a lead waits, and the state has no parked row of it
    MOVED_ON = "moved_on"  # a review item shows a wait that has ended


@dataclass(slots=True)
class Count:
    """How often a fault occurs, and the first leads or partitions that have it."""

    count: int = 0
    examples: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PlacementLedger:
    """The place of every lead at one cut of the log.

    `known` leads were captured or have events; each of them must be in one place. `deleted` holds
    the number of records that Leadgate has deleted on purpose, by topic: their leads are known by
    their events.
    """

    known: int = 0
    places: dict[str, str] = field(default_factory=dict)
    faults: dict[Fault, Count] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)

    def note(self, fault: Fault, about: str, what: str) -> None:
        """Count a fault. `about` is a lead's id, or a topic's partition."""
        found = self.faults.setdefault(fault, Count())
        found.count += 1
        if len(found.examples) < EXAMPLES:
            found.examples[about] = what

    def confirmed_by(self, later: "PlacementLedger") -> "PlacementLedger":
        """The later account, with only the faults that this one has, too."""
        both = PlacementLedger(later.known, later.places, deleted=later.deleted)
        for fault, found in later.faults.items():
            if (before := self.faults.get(fault)) is None:
                continue
            if min(before.count, found.count) > EXAMPLES:
                both.faults[fault] = found
                continue
            for about in found.examples.keys() & before.examples.keys():
                both.note(fault, about, found.examples[about])
        return both

    def count(self) -> dict[str, int]:
        """The number of leads in each place, zeros included."""
        counts = {str(place): 0 for place in Place if place}
        for place in self.places.values():
            counts[place] += 1
        return counts

    @property
    def conserved(self) -> bool:
        """Whether each lead is in exactly one place, and no fault was found."""
        return not self.faults and len(self.places) == self.known

    @property
    def broken(self) -> list[str]:
        """A line for each example, and one with the number of those that are not shown."""
        lines = []
        for fault, found in self.faults.items():
            for about, what in found.examples.items():
                lines.append(f"{fault}: {_subject(fault)} {about}: {what}")
            if found.count > len(found.examples):
                lines.append(f"{fault}: {found.count - len(found.examples)} more")
        return lines

    def report(self) -> dict[str, Any]:
        """The JSON of `leadgate audit verify`."""
        faults = {}
        for fault, found in self.faults.items():
            faults[str(fault)] = {"count": found.count, "examples": found.examples}
        return {
            "captured": self.known,
            "places": self.count(),
            "deleted": self.deleted,
            "conserved": self.conserved,
            "faults": faults,
            "broken": self.broken,
        }


def _subject(fault: Fault) -> str:
    """What a fault is about."""
    if fault in {Fault.DELETED, Fault.TRUNCATED, Fault.CUT}:
        return "partition"
    return "lead"

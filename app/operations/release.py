"""`leadgate release`: sends leads for which effects were withheld in shadow through the gates
again, live."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from app.audit.reader import LatestPlaces, fields_of, read_events
from app.base.settings import Settings
from app.kafka.clients import producing
from app.review.send import RESTING, send_lead_signal
from leads.records import ENDED_PLACES, Audit

#: The effects that change something outside, by the names that stages give them. Others only read.
_CHANGES = frozenset(
    {
        "upsert",
        "assign",
        "rescored",
        "enter",
        "leave",
        "task",
        "note",
        "apollo_owner",
        "stop",
        "apollo",
    }
)
_NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class ReleaseScope:
    """The leads to release: those named, those of these lists, or all if neither is given."""

    leads: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()

    def includes(self, event: Audit) -> bool:
        """Whether the lead of this event is in the scope; `event` is the one with its last
        place."""
        if not self.leads and not self.lists:
            return True
        if event.lead in self.leads:
            return True
        record = fields_of(fields_of(event.inputs).get("record"))
        return not self.lists.isdisjoint(record.get("lists", ()))


@dataclass(slots=True)
class ReleaseReport:
    """Ids of leads in shadow: `released` were at rest, `not_at_rest` wait or are under way, `ended`
    have ended."""

    released: list[str] = field(default_factory=list)
    not_at_rest: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    # leads of the scope, whether or not something was withheld
    matched: int = 0

    def report(self) -> dict[str, Any]:
        """As JSON: counts and ids."""
        return {
            "released": len(self.released),
            "not_at_rest": len(self.not_at_rest),
            "ended": len(self.ended),
            "leads": {
                "released": self.released,
                "not_at_rest": self.not_at_rest,
                "ended": self.ended,
            },
        }

    def text(self, *, dry_run: bool) -> str:
        """As sentences."""
        done = "would be released" if dry_run else "released"
        lines = [f"{len(self.released)} leads {done}{self._why_none()}"]
        if self.not_at_rest:
            lines.append(
                f"{len(self.not_at_rest)} in shadow wait or are under way: release them when they"
                " have arrived"
            )
        if self.ended:
            lines.append(
                f"{len(self.ended)} ended in shadow, so CRM and Apollo were not changed for them"
                " (--json names them)"
            )
        return "\n".join(lines)

    def _why_none(self) -> str:
        """The reason why no lead is released, where the other lines give none."""
        if self.released or self.not_at_rest or self.ended:
            return ""
        if not self.matched:
            return ": no lead matches; --list takes an Apollo list's name, in capitals as it is"
        return (
            f": nothing was withheld from the {self.matched} leads that match, or they were"
            " released already"
        )


@dataclass(slots=True)
class _Withheld:
    """For each change of a lead whether it was made or withheld the last time; events may be noted
    in any order."""

    # by stage and change: the step, and whether the change was withheld
    last: dict[str, tuple[int, bool]] = field(default_factory=dict)
    released: int = -1

    def note(self, event: Audit) -> None:
        if event.kind == "released":
            self.released = max(self.released, event.step)
        for name, withheld in changes_of(event).items():
            key = f"{event.stage} {name}"
            if event.step >= self.last.get(key, (-1, False))[0]:
                self.last[key] = (event.step, withheld)

    @property
    def is_open(self) -> bool:
        """Whether a change was withheld since the lead was last released."""
        return any(withheld and step > self.released for step, withheld in self.last.values())


@dataclass(slots=True)
class _InShadow:
    """The ids of the leads of a scope, and of those that ever had a change withheld."""

    matched: set[str] = field(default_factory=set)
    leads: set[str] = field(default_factory=set)


def changes_of(event: Audit) -> dict[str, bool]:
    """The changes that an event's decision asked for, each with whether it was withheld."""
    found = {}
    for name, result in fields_of(event.inputs).get("done", {}).items():
        if name in _CHANGES:
            found[name] = result.get("kind") == "would"
    if event.kind == "noticed":
        found[_NOTICE] = event.shadow
    return found


async def release_leads(
    settings: Settings, wanted: ReleaseScope, now: float, *, dry_run: bool = False
) -> ReleaseReport:
    """Release those leads of the scope that rest in shadow; with `dry_run` only list them.

    Each decision records whether it was made in shadow, so the present rules and settings don't
    matter. A lead that waits for a person, or is under way, can be released once it has arrived.
    """
    found = ReleaseReport()
    resting: list[Audit] = []
    shown = await _leads_with_withheld(settings, wanted)
    found.matched = len(shown.matched)
    for event in await _places_in_shadow(settings, shown, wanted):
        if event.place in RESTING:
            found.released.append(event.lead)
            resting.append(event)
        elif event.place in ENDED_PLACES:
            found.ended.append(event.lead)
        else:
            found.not_at_rest.append(event.lead)
    if not dry_run:
        async with producing(settings) as producer:
            for event in resting:
                await send_lead_signal(producer, settings.signatures, event, "released", now)
    return found


async def _places_in_shadow(
    settings: Settings, found: _InShadow, wanted: ReleaseScope
) -> list[Audit]:
    """The events with the last places of the leads in the scope that have withheld changes."""
    if not found.leads:
        return []
    places = LatestPlaces()
    withheld: defaultdict[str, _Withheld] = defaultdict(_Withheld)
    async for event in read_events(settings, found.leads):
        withheld[event.lead].note(event)
        places.note(event)
    chosen = []
    for event in places.latest.values():
        if withheld[event.lead].is_open and wanted.includes(event):
            chosen.append(event)
    return chosen


async def _leads_with_withheld(settings: Settings, wanted: ReleaseScope) -> _InShadow:
    """The leads that ever had a change withheld; only the named ones, unless lists count, too."""
    named: frozenset[str] = frozenset()
    if not wanted.lists:
        named = wanted.leads
    found = _InShadow()
    async for event in read_events(settings, named):
        if event.place and wanted.includes(event):
            found.matched.add(event.lead)
        if any(changes_of(event).values()):
            found.leads.add(event.lead)
    return found

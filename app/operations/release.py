"""`leadgate release`: leads of which something was decided in shadow are sent through the gates
again, live."""

from dataclasses import dataclass, field
from typing import Any

from app.audit.reader import LatestPlaces, read_events
from app.base.settings import Settings
from app.kafka.clients import producing
from app.review.send import RESTING, send_lead_signal
from leads.records import Audit, Place

#: What changes something outside, by a stage's name for it. Other acts only read.
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
#: From these places no lead goes on by itself.
_ENDED = frozenset({Place.SUPPRESSED, Place.UNDONE, Place.MERGED, Place.DEAD})


@dataclass(frozen=True, slots=True)
class ReleaseScope:
    """Which leads are meant: those named, those of these lists, or all if neither is given."""

    leads: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()

    def includes(self, event: Audit) -> bool:
        """Whether the lead of this event, which says where it is, is meant."""
        if not self.leads and not self.lists:
            return True
        return event.lead in self.leads or bool(
            set(event.inputs["record"].get("lists", ())) & self.lists
        )


@dataclass(slots=True)
class ReleaseReport:
    """Leads in shadow: those at rest, which can be released, those that wait or are under way, and
    those that have ended."""

    released: list[str] = field(default_factory=list)
    not_at_rest: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        """As JSON: counts, and the ids of those that nothing was done about."""
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
        """In sentences."""
        lines = [f"{len(self.released)} leads {'would be released' if dry_run else 'released'}"]
        if self.not_at_rest:
            lines.append(
                f"{len(self.not_at_rest)} in shadow wait or are under way: release them when they"
                " have arrived"
            )
        if self.ended:
            lines.append(
                f"{len(self.ended)} ended in shadow, and neither CRM nor Apollo was told (--json"
                " names them)"
            )
        return "\n".join(lines)


@dataclass(slots=True)
class _Withheld:
    """What of a lead was last done in earnest, and what was only said, in whatever order its events
    are read."""

    # by stage and change: at which step, and whether in shadow
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
        return any(withheld and step > self.released for step, withheld in self.last.values())


def changes_of(event: Audit) -> dict[str, bool]:
    """The changes that an event's decision called for, and of each whether it was withheld."""
    done = event.inputs.get("done", {}) if isinstance(event.inputs, dict) else {}
    found = {
        name: result.get("kind") == "would" for name, result in done.items() if name in _CHANGES
    }
    if event.kind == "noticed":
        found[_NOTICE] = event.shadow
    return found


async def release_leads(
    settings: Settings, wanted: ReleaseScope, now: float, *, dry_run: bool = False
) -> ReleaseReport:
    """Release the wanted leads, as far as they have come to rest in shadow; with `dry_run` only say
    which.

    Each decision says itself whether it was made in shadow, so it doesn't matter what the rules
    or settings are now. A lead that waits for a person, or is under way, can be released when it
    has arrived.
    """
    named = wanted.leads if not wanted.lists else frozenset()
    shadow = {
        event.lead
        async for event in read_events(settings, named)
        if any(changes_of(event).values())
    }
    moves = LatestPlaces()
    withheld = {lead: _Withheld() for lead in shadow}
    if shadow:
        async for event in read_events(settings, shadow):
            withheld[event.lead].note(event)
            moves.note(event)
    chosen = [e for e in moves.latest.values() if withheld[e.lead].is_open and wanted.includes(e)]
    found = ReleaseReport()
    for event in chosen:
        if event.place in RESTING:
            found.released.append(event.lead)
        elif event.place in _ENDED:
            found.ended.append(event.lead)
        else:
            found.not_at_rest.append(event.lead)
    if not dry_run:
        async with producing(settings) as producer:
            for event in chosen:
                if event.place in RESTING:
                    await send_lead_signal(producer, event, "released", now)
    return found

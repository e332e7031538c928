"""The log of a large site, as its stages have written it: eight events a lead, sealed.

Sixty days of leads, ten a company, one in seven with letters beyond ASCII in its company's name.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from msgspec.structs import asdict, replace

from leads import topics
from leads.records import (
    Audit,
    AuditPerson,
    Company,
    Lead,
    Person,
    Reason,
    ReviewItem,
    Route,
    Score,
    SlaOutcome,
)
from sandbox.people import FIRST, LAST

DAYS, DAY = 60, 86_400.0
_OWNERS = 40
_RULES = "5e1d09ab7c34f286"
_REASONS = ("variant", "unrouted", "invalid", "subsidiary", "unowned")
_SOURCES = ("apollo", "apollo", "apollo", "csv", "webhook")
_WHY = "this is what a rule of the stage has found in the lead's fields"
_TRACE = tuple(Reason(rule=f"bench.rule_{i}", decisive=i == 2, why=_WHY) for i in range(3))


class Step(NamedTuple):
    """An event on a lead's way; `decided` was decided on a lead, which its inputs hold."""

    stage: str
    kind: str
    place: str
    step: int
    decided: bool


Written: TypeAlias = Audit | ReviewItem | SlaOutcome


_WAY = (
    Step("intake", "captured", "in_flight", 0, decided=False),
    Step("intake", "validated", "in_flight", 0, decided=True),
    Step("identity", "unique", "in_flight", 1, decided=True),
    Step("company", "matched", "in_flight", 2, decided=True),
    Step("write", "written", "in_flight", 3, decided=True),
    Step("routing", "scored", "", 4, decided=False),
    Step("routing", "routed", "in_flight", 4, decided=True),
)
_ENDS = ("engaged", "nurtured", "nurtured", "merged", "suppressed")


@dataclass(frozen=True)
class Story:
    """Lead `number` of a site; the first `waiting` of them wait for a person. `now` is the time of
    the newest event."""

    number: int
    waiting: int
    now: float

    @cached_property
    def lead_id(self) -> str:
        """The lead's."""
        return _ident(f"lead {self.number}")

    @property
    def began(self) -> float:
        """When it was captured: spread over DAYS, those that wait over all of them."""
        return self.now - DAYS * DAY * ((self.number * 7919 % 100_003) / 100_003) - 60.0

    @property
    def waits(self) -> bool:
        """Whether it waits for a person."""
        return self.number < self.waiting

    @cached_property
    def last(self) -> Step:
        """The event after which it moves no more."""
        if self.waits:
            return Step("write", _REASONS[self.number % len(_REASONS)], "review", 5, decided=True)
        end = _ENDS[self.number % len(_ENDS)]
        return Step("engage", end, end, 6, decided=True)

    @cached_property
    def person(self) -> Person:
        """Who it is."""
        first, last = FIRST[self.number % len(FIRST)], LAST[self.number // 7 % len(LAST)]
        email = f"ada{self.number}@company{self.number // 10}.com"
        title, phone = "VP Sales", f"+1415{self.number:07d}"
        return Person(
            email=email, first_name=first, last_name=last, title=title, phone=phone, country="US"
        )

    @cached_property
    def audit_person(self) -> AuditPerson:
        """The same, in an event."""
        return AuditPerson(**asdict(self.person))

    @cached_property
    def company(self) -> Company:
        """Whom it works for."""
        number = self.number // 10
        name = f"Müller Straße {number}" if number % 7 == 0 else f"Company {number}, Inc."
        return Company(name=name, domain=f"company{number}.com", industry="software", employees=300)

    def lead(self, step: int) -> Lead:
        """What a stage has decided on."""
        owner = f"rep{self.number // 10 % _OWNERS}@acme.test"
        return Lead(
            lead_id=self.lead_id,
            source=_SOURCES[self.number % len(_SOURCES)],
            source_id=f"{self.number:024x}",
            version="1",
            step=step,
            cause="c",
            rules=_RULES,
            captured_at=self.began,
            imported="poll" if self.number % 5 < 3 else f"list-{self.number // 10_000}",
            lists=(f"list {self.number % 12}",),
            seniority="vp",
            person=self.person,
            company=self.company,
            score=Score(points=45, parts={"seniority": 30, "size": 15}) if step > 4 else None,
            route=Route(kind="rep", owner_email=owner) if step > 4 else None,
        )


def _ident(text: str) -> str:
    """As long as an id of Leadgate's, and in no order."""
    found = hashlib.sha256(text.encode()).hexdigest()
    return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:32]))


def records_of(story: Story) -> Iterator[Written]:
    """All that the log holds of a lead: its events, what people are asked of it, its SLA clock."""
    for number, step in enumerate((*_WAY, story.last)):
        yield _event(story, number, step)
    if story.waits:
        yield _item(story)
    if story.last.kind == "engaged":
        yield from _clock(story)


def moved_on(story: Story) -> Audit:
    """What a decision about a lead that waits comes to: it goes to nurture, now."""
    step = Step("engage", "nurtured", "nurtured", 6, decided=True)
    return replace(_event(story, len(_WAY) + 1, step), at=story.now)


def _event(story: Story, number: int, step: Step) -> Audit:
    lead, person = story.lead(step.step), story.audit_person
    return Audit(
        id=_ident(f"event {story.number} {number}"),
        lead=story.lead_id,
        stage=step.stage,
        kind=step.kind,
        step=step.step,
        place=step.place,
        at=story.began + number * 5,
        actor="leadgate",
        cause="c",
        rules=_RULES,
        inputs={"record": lead} if step.decided else None,
        trace=_TRACE if step.decided else (),
        outcome={"source": lead.source, "imported": lead.imported} if number == 0 else {},
        person=person if step.decided else None,
    )


def _item(story: Story) -> ReviewItem:
    last = story.last
    return ReviewItem(
        lead_id=story.lead_id,
        kind=last.place,
        stage=last.stage,
        partition=story.number % topics.PARTITIONS,
        step=last.step,
        since=story.began + len(_WAY) * 5,
        reasons=_TRACE,
        person=story.person,
        company=story.company,
        reason_kind=last.kind,
    )


def _clock(story: Story) -> Iterator[SlaOutcome]:
    """Nine in ten are met in time."""
    begins, late = story.began + 40, story.number % 10 == 0
    clock = f"{story.lead_id}@{begins}"
    for kind in ("opened", "breached" if late else "met"):
        yield SlaOutcome(
            outcome_id=f"{clock} {kind}",
            kind=kind,
            team="sales",
            clock_id=clock,
            deadline=begins + 1800,
        )

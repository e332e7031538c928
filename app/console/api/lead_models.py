"""Leads as the API answers with them, and its OpenAPI page shows them."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from app.console.api.figure_models import time_of
from app.console.lead_rows import LeadRow
from app.console.queue_rows import Waiting
from leads.explain import describe_event, reasons
from leads.records import Audit
from leads.records import Person as PersonRecord
from leads.text import visible


class Person(BaseModel):
    """Who a lead is."""

    name: str
    email: str
    title: str
    phone: str
    country: str

    @classmethod
    def of(cls, person: PersonRecord | None) -> "Person | None":
        """None for one that is sealed, as an erased person's record stays."""
        if person is None or not (person.name or person.email):
            return None
        shown = (person.name, person.email, person.title, person.phone, person.country)
        name, email, title, phone, country = map(visible, shown)
        return cls(name=name, email=email, title=title, phone=phone, country=country)


class WaitingLead(BaseModel):
    """A lead that waits."""

    lead: str
    place: str = Field(description="review, held or fallback")
    reason: str = Field(description="what it waits for: invalid, variant, unrouted …")
    stage: str
    step: int = Field(description="to be sent with a decision, which is about this step")
    since: datetime
    company: str
    asked_about: str = Field(description="the lead that it may be the same person as, or empty")
    why: list[str] = Field(description="what the rules say, in words")
    person: Person | None = Field(description="null without the scope `people`")

    @classmethod
    def of(cls, row: Waiting) -> "WaitingLead":
        """A row of the queue, opened for who may see it."""
        item = row.item
        return cls(
            lead=row.lead,
            place=row.place,
            reason=row.kind,
            stage=row.stage,
            step=row.step,
            since=time_of(row.since),
            company=visible(item.company.name) if item else "",
            asked_about=item.asked_about if item else "",
            why=[visible(reason.why) for reason in item.reasons] if item else [],
            person=Person.of(item.person) if item else None,
        )


class WaitingPage(BaseModel):
    """The oldest leads that wait, or those after `cursor`."""

    items: list[WaitingLead]
    next: str | None = Field(description="`cursor` of the next page; null after the last one")


class LeadSummary(BaseModel):
    """A lead without its story."""

    lead: str
    place: str
    since: datetime
    source: str
    company: str
    domain: str
    owner: str
    points: int | None
    high_intent: str
    rules: str = Field(description="hash of the rules that brought it to its place")
    shadow: bool

    @classmethod
    def of(cls, row: LeadRow) -> "LeadSummary":
        """A row of the read model."""
        return cls(
            lead=row.lead,
            place=row.place,
            since=time_of(row.since),
            source=row.source or "",
            company=visible(row.company or ""),
            domain=visible(row.domain or ""),
            owner=row.owner or "",
            points=row.points,
            high_intent=row.high_intent or "",
            rules=row.rules or "",
            shadow=bool(row.shadow),
        )


class LeadPage(BaseModel):
    """Leads of one place, in the order in which they came there."""

    items: list[LeadSummary]
    next: str | None = Field(description="`cursor` of the next page; null after the last one")


class StoryEvent(BaseModel):
    """One event of a lead."""

    id: str
    at: datetime
    stage: str
    kind: str
    step: int
    place: str = Field(description="where the lead is from here on; empty if it does not move")
    actor: str
    rules: str
    shadow: bool
    sentence: str
    reasons: list[str]

    @classmethod
    def of(cls, event: Audit) -> "StoryEvent":
        """An event, opened."""
        return cls(
            id=event.id,
            at=time_of(event.at),
            stage=event.stage,
            kind=event.kind,
            step=event.step,
            place=event.place,
            actor=visible(event.actor),
            rules=event.rules,
            shadow=event.shadow,
            sentence=describe_event(event),
            reasons=reasons(event),
        )


class Story(BaseModel):
    """A lead with all its events in order."""

    lead: LeadSummary
    person: Person | None
    events: list[StoryEvent]


def latest_person(story: Iterable[Audit]) -> Person | None:
    """The person as the last event that names one does."""
    found: Person | None = None
    for event in story:
        found = Person.of(event.person) or found
    return found

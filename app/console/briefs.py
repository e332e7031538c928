"""What the projector reads of each kind of record; the rest is not decoded."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class Company(msgspec.Struct, frozen=True):
    """Of a lead."""

    name: str = ""
    domain: str = ""


class Score(msgspec.Struct, frozen=True):
    """Of a lead."""

    points: int | None = None
    high_intent: str = ""


class Route(msgspec.Struct, frozen=True):
    """Of a lead."""

    kind: str = ""
    owner_email: str = ""


class DecidedOn(msgspec.Struct, frozen=True):
    """What a stage has decided on: a lead, or something else without `lead_id`."""

    lead_id: str = ""
    source: str = ""
    imported: str = ""
    captured_at: float = 0.0
    priority: str = "fresh"
    lists: tuple[str, ...] = ()
    seniority: str = ""
    function: str = ""
    company: Company = Company()
    score: Score | None = None
    route: Route | None = None


class Suppression(msgspec.Struct, frozen=True):
    """Of what a stage has read."""

    kind: str = ""


class Seen(msgspec.Struct, frozen=True):
    """What a stage has read."""

    suppression: Suppression | None = None


class Inputs(msgspec.Struct, frozen=True):
    """What an event was decided from."""

    record: DecidedOn | None = None
    seen: Seen | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The fields of some kinds' outcomes."""

    source: str = ""
    imported: str = ""
    owner: str = ""
    action: str = ""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """An audit event, as far as the read model holds it. What is sealed of it opens as an `Audit`
    does."""

    id: str
    lead: str
    at: float
    kind: str
    stage: str
    place: str
    step: int
    rules: str
    actor: str
    cause: str
    inputs: Inputs | UnsetType | None = UNSET
    shadow: bool = False
    logic: int = 1
    schema: int = 1
    trace: msgspec.Raw = msgspec.Raw(b"[]")
    outcome: msgspec.Raw = msgspec.Raw(b"null")
    sealed: str = ""


class CapturedBrief(msgspec.Struct, frozen=True):
    """A captured record."""

    captured_at: float
    source: str = ""
    imported: str = ""


class FallbackBrief(msgspec.Struct, frozen=True):
    """A lead in topic `fallback`."""

    lead_id: str
    step: int


class DeadBrief(msgspec.Struct, frozen=True):
    """A record of topic `dead-letters`, whatever it is."""

    lead: Any = ""
    source: str = ""
    source_id: str = ""
    stage: str = ""
    where: str = ""
    why: str = ""
    at: float = 0.0
    size: int = 0
    sealed: str = ""


class ImportBrief(msgspec.Struct, frozen=True):
    """When an import began."""

    at: float

"""What one stage is, and one record's way through it: the harness's own nouns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from leads import names
from leads.decision import Act, Decision, Gate, Need, Parked, Result
from leads.records import Record, Ruling, encode
from leads.tabled import Attempt
from tables.state import Kind, View

Seen = Any
Reader = Callable[[Any, View], Seen]


@dataclass(frozen=True)
class Stage:
    """What one stage is: its gate, its topics, what it reads, and which of its kinds of rows a `Put` may name."""

    gate: Gate
    inputs: dict[names.Topic, type[Record]]
    read: Reader
    seen: type[Any]
    kinds: dict[str, Kind[Any]]
    home: names.Topic  # where a lead comes back to when its wait ends
    serial: Callable[[Any], str] | None = None  # records of one value are never at work side by side; '' is free
    woken: bool = False  # signals wake what waits here, by person key

    @cached_property
    def name(self) -> str:
        """The gate's name, under which rows and events are filed."""
        return self.gate.name

    @cached_property
    def attempts(self) -> Kind[Attempt]:
        """The stage's own rows."""
        return Kind(f"attempt.{self.name}", Attempt)

    @cached_property
    def parked(self) -> Kind[Parked]:
        """Leads that wait under this stage, by lead id."""
        return Kind(f"parked.{self.name}", Parked)


@dataclass(frozen=True, slots=True)
class Item:
    """A decoded record and what it was decoded from."""

    decoded: Any
    raw: Any

    @property
    def at(self) -> str:
        """The record's place in the log."""
        return f"{self.raw.topic}/{self.raw.partition}@{self.raw.offset}"


@dataclass(slots=True)
class Job:
    """One record on its way through a run."""

    record: Any
    at: str
    partition: int
    subject: str
    step: int
    cause: str
    rules: str
    now: float
    seen: Seen
    done: dict[str, Result] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    answer: Decision | Need | None = None
    replay: bool = False
    postponed: float = 0.0
    was_waiting: bool = False
    ruling: Ruling | None = None
    saw: msgspec.Raw = field(init=False)  # `seen` as it is kept in the row and in the audit

    def __post_init__(self) -> None:
        self.saw = msgspec.Raw(encode(self.seen))


class Call(NamedTuple):
    """One act of a job on its way. `begun` is when an earlier attempt at it began, None if there was none."""

    job: Job
    name: str
    act: Act
    started: float
    begun: float | None

    def note(self, result: Result) -> None:
        """Keep the result, or put the job off; what surely left nothing behind counts as not begun by this attempt."""
        if not result.later:
            self.job.done[self.name] = result
            return
        self.job.postponed = max(self.job.postponed, result.later)
        if result.undone and self.begun is None:
            self.job.started.pop(self.name, None)
        elif result.undone and self.begun is not None:
            self.job.started[self.name] = self.begun

"""What the stage runner depends on, as small protocols; each has a double in the tests."""

from typing import Any, Protocol

from leads.decision import Parked
from leads.effect_results import EffectResult
from leads.effects import Effect


class Fatal(Exception):  # noqa: N818  an outcome, beside Retry and Dead, rather than an error class
    """The process must end without a commit: the code, the log or the configuration is broken."""


class Clock(Protocol):
    """The time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...


class Effector(Protocol):
    """Performs effects."""

    async def perform(
        self,
        effect: Effect,
        *,
        effect_id: str,
        since: float,
        started: float,
        again: bool,
        partition: int,
        record: Any,
        shadow: bool,
    ) -> EffectResult:
        """Make one effect that was noted as begun at `started`, or look whether it was done if
        `again`; in `shadow` only say so.

        `since` is when its stage first took up the record.

        Never raises for what the vendor answers.
        """
        ...

    def seconds_until_settled(self, begun: float) -> float:
        """Seconds until the call of an attempt begun at `begun`, maybe by a frozen worker, can no
        longer leave; 0 if that time is over."""
        ...

    async def wait_for_signals(self, partition: int) -> None:
        """Return once every signal acknowledged before this call is applied to the partition's
        state."""
        ...


class Timekeeper(Protocol):
    """Sends waiting records again when they are due."""

    def lead_parked(self, stage: Any, partition: int, parked: Parked) -> None:
        """A record waits under a stage (`model.Stage`)."""
        ...

    def row_changed(self, partition: int, key: str, value: Any) -> None:
        """A stage has changed one of its rows; only running clocks are of interest."""
        ...


class StageMetrics(Protocol):
    """Counts what happens. Its methods must not raise."""

    def passed(self, stage: str, records: int) -> None:
        """A run of so many records is through a stage."""

    def decided(self, stage: str, kinds: list[str]) -> None:
        """These decisions were taken, written and sent."""

    def arrived(self, place: str, seconds: float) -> None:
        """A lead came to rest for the first time, so long after its capture."""

    def put_off(self, stage: str, count_delta: int) -> None:
        """So many records more, or less, are put aside under a stage until a vendor answers."""

    def set_put_off(self, stage: str, count: int) -> None:
        """So many records are put aside under a stage in all: after an assignment."""

    def quarantined(self, stage: str) -> None:
        """A lead was set apart because a gate raised, or it can't be read."""

    def refused(self, stage: str) -> None:
        """An order was not obeyed, because this site has not signed it."""

    def sent(self, topic: str, records: int) -> None:
        """The broker has acknowledged so many records of a topic."""

    def retried(self, effect: str) -> None:
        """An effect is tried once more, because the vendor failed on this row."""

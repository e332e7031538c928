"""Which partitions stand still: records lie in them that nobody has settled, and nothing moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Stall(Generic[P]):
    """A partition whose `settled` has not moved for `seconds` although it ends at `end`."""

    partition: P
    settled: int
    end: int
    seconds: float


class Stalls(Generic[P]):
    """Finds partitions that have not moved for `after` seconds.

    One stall is reported once each `after` seconds.
    """

    def __init__(self, after: float) -> None:
        self._after = after
        self._since: dict[P, tuple[int, float]] = {}
        self._due: dict[P, float] = {}

    def look(self, now: float, offsets: Mapping[P, tuple[int, int]]) -> list[Stall[P]]:
        """The stalls to report at `now` (seconds of any one clock).

        `offsets`: what is settled, and the end, by partition.
        """
        behind = {p: settled for p, (settled, end) in offsets.items() if end > settled}
        for partition in self._since.keys() - behind.keys():
            del self._since[partition], self._due[partition]
        found = []
        for partition, settled in behind.items():
            if self._since.get(partition, (-1, now))[0] != settled:
                self._since[partition] = (settled, now)
                self._due[partition] = now + self._after
            elif now >= self._due[partition]:
                self._due[partition] = now + self._after
                found.append(
                    Stall(
                        partition, settled, offsets[partition][1], now - self._since[partition][1]
                    )
                )
        return found

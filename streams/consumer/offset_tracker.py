"""What one source partition has delivered, and how far it may be committed.

Faust's own book-keeping takes a hole in delivery for a compaction gap and commits past it
(docs/design/faust-facts.md 0b). Here a hole is never a gap: `admit` says to seek back, and only
what was settled without a hole from the first delivered record may be committed.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum
from operator import itemgetter


class LostRecordsError(RuntimeError):
    """The log starts past what was processed, or ends before it: records are gone that should be
    there."""


def refuse_loss(where: str, committed: int, begin: int, end: int, *, compacted: bool) -> None:
    """Raise LostRecordsError for a partition that lacks what the group has yet to read.

    `begin` and `end` are the log's; `where` names the partition.
    """
    if committed > end:
        raise LostRecordsError(
            f"{where} ends at {end}, but up to {committed} is processed: the broker has lost"
            f" {committed - end} records, and what it takes now would be passed over"
            " (docs/operations.md says how to go on)"
        )
    if committed < begin and not compacted:
        raise LostRecordsError(
            f"{where} starts at {begin}, but only {committed} is processed: {begin - committed}"
            " records were deleted unread"
        )


class FetchVerdict(Enum):
    """What to do with a fetched record."""

    DELIVER = "deliver"
    DROP = "drop"  # already delivered
    SEEK_BACK = "seek back"  # records before it are missing


@dataclass(slots=True)
class OffsetTracker:
    """Delivery and settlement of one partition since it was last (re)assigned.

    `expected` is the next offset to deliver. `committed` is what was last committed.
    `low_watermark` is the end of the contiguous settled prefix: the only offset that may be
    committed. `skip_ranges`, ranges in order, each from and up to an offset, was processed
    before and isn't wanted again: it settles unseen.
    """

    expected: int
    committed: int = -1
    skip_ranges: tuple[tuple[int, int], ...] = ()
    low_watermark: int = field(init=False)
    sought: bool = field(init=False, default=False)
    _completed: dict[int, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.low_watermark = self.expected

    def admit(self, offset: int, *, gaps: bool) -> FetchVerdict:
        """Judge a fetched offset.

        With `gaps` (a compacted topic) a hole that is still there after seeking back is real.
        """
        if offset < self.expected:
            return FetchVerdict.DROP
        if offset > self.expected:
            if not (gaps and self.sought):
                return FetchVerdict.SEEK_BACK
            self._skip(offset)
        self.sought = False
        if self._is_skipped(offset):
            self.delivered(offset)
            self.settle(offset, offset)
            return FetchVerdict.DROP
        return FetchVerdict.DELIVER

    def _is_skipped(self, offset: int) -> bool:
        place = bisect_right(self.skip_ranges, offset, key=itemgetter(0)) - 1
        return place >= 0 and offset < self.skip_ranges[place][1]

    def delivered(self, last: int) -> None:
        """Note that everything up to `last` was handed on."""
        self.expected = last + 1

    def settle(self, first: int, last: int) -> None:
        """Note that the delivered run first..last has been processed for good."""
        if first < self.low_watermark:
            return
        self._completed[first] = last + 1
        while self.low_watermark in self._completed:
            self.low_watermark = self._completed.pop(self.low_watermark)

    def committable(self) -> int | None:
        """The offset to commit, or None when there is nothing new."""
        if self.low_watermark <= self.committed:
            return None
        return self.low_watermark

    def _skip(self, offset: int) -> None:
        gap_start, self.expected = self.expected, offset
        self.settle(gap_start, offset - 1)

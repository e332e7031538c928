"""What the changelog holds, how far the state has read it, and when the two can't belong
together."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ChangelogSpan:
    """One partition: the offset of the last change stored here (None: no state), and the log from
    `start` up to `end`.

    `set_aside` are damaged databases of the partition that held rows.
    """

    partition: int
    stored: int | None
    start: int
    end: int
    database: Path
    set_aside: tuple[Path, ...] = ()


def find_mismatch(spans: Iterable[ChangelogSpan]) -> str | None:
    """Why the state can't be restored from this changelog, and what to do; None when it can."""
    for span in spans:
        if span.stored is not None and span.stored >= span.end:
            return (
                f"the state of partition {span.partition} has read its changelog up to offset"
                f" {span.stored}, but the changelog ends at {span.end}: it was made again, or the"
                f" broker lost its end. The state in {span.database} may be the only copy. Connect"
                " to the right broker, or bring the changelog back; to go on with what the"
                " changelog holds now, move that directory away yourself and start again"
            )
        if span.stored is None and span.end <= span.start and span.set_aside:
            return (
                f"the state of partition {span.partition} was damaged and is set aside, but its"
                " changelog is empty: nothing restores it. Bring the changelog back; to go on"
                f" without that state, move {span.set_aside[-1]} away yourself and start again"
            )
    return None

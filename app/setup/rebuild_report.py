"""What a rebuild of the state tells its user."""

from leads.records import Record
from streams.rebuild.finishing import Finished
from streams.rebuild.rebuilding import Rebuilding


class RebuildReport(Record, frozen=True, kw_only=True):
    """What was rebuilt: rows by table, and leads by their ids as `Finished` has them.

    `undecided` holds by event what this release decides otherwise; of it only what prevents a
    second decision is rebuilt. The same goes for what was decided about captured records that are
    in the log no more, and for the leads of erased people (`erased` counts their decisions): that
    is not listed. `erasing` are leads, one each, of people whose erasure was not over.
    """

    decisions: int
    erased: int = 0
    erasing: tuple[str, ...] = ()
    rows: dict[str, int]
    under_way: int
    lapsed: tuple[str, ...] = ()
    not_rebuilt: tuple[str, ...] = ()
    undecided: dict[str, str] = {}

    def lines(self, *, dry_run: bool) -> list[str]:
        """The same in sentences."""
        verb = "would be written" if dry_run else "are written"
        return [
            f"{sum(self.rows.values())} rows {verb}, from {self.decisions} decisions",
            f"{self.under_way} leads are under way: a worker takes them up again",
            f"{self.erased} decisions about erased people are not rebuilt",
            *(
                f"lead {one}: its person's erasure was not over: run leadgate erase {one} again"
                for one in self.erasing
            ),
            *(
                f"lead {one}: its deadline has passed: no task or escalation was made"
                for one in self.lapsed
            ),
            *(f"lead {one} is not rebuilt: capture it again" for one in self.not_rebuilt),
            *(f"{event}: not decided again: {why}" for event, why in self.undecided.items()),
        ]


def make_report(
    rebuilding: Rebuilding, finished: Finished, rows: dict[str, int], erasing: tuple[str, ...]
) -> RebuildReport:
    """The report; `rows` counts those made by table."""
    return RebuildReport(
        decisions=rebuilding.decisions,
        erased=rebuilding.erased,
        erasing=erasing,
        rows=rows,
        under_way=finished.under_way,
        lapsed=finished.lapsed,
        not_rebuilt=finished.not_rebuilt,
        undecided={
            f"{one.lead} {one.stage} {one.kind}": one.why
            for one in rebuilding.undecided
            if not one.gone
        },
    )

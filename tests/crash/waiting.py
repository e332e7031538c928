"""A worker that waits for a signal it will never be given, as one does whose signals have gone
elsewhere."""

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from faust.types import TP

from app.base.clock import SystemClock
from app.base.settings import load_settings
from app.monitoring.logs import set_up_logging
from app.rules.store import load_rules
from app.worker import process
from app.worker.signal_barrier import EndOffsets, SignalsWait


class OneMore(EndOffsets):
    """Tells of one signal more than there are."""

    async def read(self, partitions: Iterable[TP]) -> dict[TP, int]:
        """See EndOffsets."""
        ends = await super().read(partitions)
        sys.stderr.write("a stage waits\n")
        return {tp: end + 1 for tp, end in ends.items()}


if __name__ == "__main__":
    set_up_logging()
    vars(process)["EndOffsets"] = OneMore
    # nothing ends it but giving up
    vars(process)["SignalsWait"] = partial(SignalsWait, limit=600.0)
    settings = load_settings()
    sys.exit(
        process.run_worker(settings, load_rules(settings.rules), Path(sys.argv[1]), SystemClock())
    )

"""A worker whose other stages stand still, so that a test can let a lead come to any gate and no
further."""

import asyncio
import sys
from pathlib import Path

from app.base.clock import SystemClock
from app.base.settings import load_settings
from app.monitoring.logs import set_up_logging
from app.rules.store import load_rules
from app.worker import process
from streams.consumer.strict_consumer import RecordBatch
from streams.runner.stage_runner import StageRunner


def hold_others(stages: set[str]) -> None:
    """Stages that aren't named take their records and never finish them: they come again to the
    next worker."""
    process = StageRunner.process

    async def stand_still(self: StageRunner, run: RecordBatch) -> None:
        if self.stage.name not in stages:
            await asyncio.Event().wait()
        await process(self, run)

    StageRunner.process = stand_still  # type: ignore[method-assign]


if __name__ == "__main__":
    set_up_logging()
    hold_others(set(sys.argv[2].split(",")))
    settings = load_settings()
    sys.exit(
        process.run_worker(settings, load_rules(settings.rules), Path(sys.argv[1]), SystemClock())
    )

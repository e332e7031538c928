"""The same two stages on Faust's own consumer: each record an event, acknowledged and committed as Faust does it."""

from pathlib import Path
from typing import Any

from faust.app.base import App as FaustApp

from app import faustapp, worker
from app.settings import Settings
from leads.rules import Rules
from streams.ports import Clock


class OneRecord:
    """What the harness needs of a run, around one Faust message."""

    def __init__(self, message: Any) -> None:
        self.partition = message.partition
        self.records = [message]

    def settle(self) -> None:
        """Faust acknowledges by itself."""


def _nothing_more(self: worker.Worker) -> bool:
    """Faust's consumer doesn't know what is coming."""
    del self
    return False


async def _do_not_wait(self: worker.Worker, partition: int) -> None:
    """Nor how far signals are applied."""
    del self, partition


def run_on_fausts_own(settings: Settings, rules: Rules, data: Path, clock: Clock) -> int:
    """Run the worker with Faust's consumer in the strict one's place."""
    vars(faustapp)["StrictApp"] = FaustApp
    agent = worker._agent

    def on_single_records(body: Any) -> Any:
        async def one(message: Any) -> None:
            await body(OneRecord(message))

        return agent(one)

    vars(worker)["_agent"] = on_single_records
    worker.Worker._signals_applied = _do_not_wait  # type: ignore[method-assign]
    worker.Worker._more_coming = _nothing_more  # type: ignore[method-assign]
    return worker.run_worker(settings, rules, data, clock, only=("intake", "identity"))

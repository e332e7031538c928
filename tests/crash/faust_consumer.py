"""The same two stages on Faust's own consumer: each record an event, acknowledged and committed as
Faust does it."""

from pathlib import Path
from typing import Any

from faust.app.base import App as FaustApp

from app.base.settings import Settings
from app.worker import faust_app, process
from leads.rules import Rules
from streams.consumer.strict_consumer import SourceTopics
from streams.ports import Clock


class PlainApp(FaustApp):
    """Faust's own app, given what the strict one is given."""

    def __init__(self, *args: Any, source: SourceTopics, **kwargs: Any) -> None:
        self.source = source
        super().__init__(*args, **kwargs)


class OneRecord:
    """What the stage runner needs of a run, around one Faust message."""

    def __init__(self, message: Any) -> None:
        self.partition = message.partition
        self.records = [message]

    def settle(self) -> None:
        """Faust acknowledges by itself."""


def _nothing_more(self: process.Worker) -> bool:
    """Faust's consumer doesn't know what is coming."""
    del self
    return False


async def _do_not_wait(self: process.Worker, partition: int) -> None:
    """Nor how far signals are applied."""
    del self, partition


def run_on_fausts_own(settings: Settings, rules: Rules, data: Path, clock: Clock) -> int:
    """Run the worker with Faust's consumer in the strict one's place."""
    vars(faust_app)["StrictApp"] = PlainApp
    agent = process._agent

    def on_single_records(body: Any) -> Any:
        async def one(message: Any) -> None:
            await body(OneRecord(message))

        return agent(one)

    vars(process)["_agent"] = on_single_records
    process.Worker._signals_applied = _do_not_wait  # type: ignore[method-assign]
    process.Worker._has_pending_input = _nothing_more  # type: ignore[method-assign]
    return process.run_worker(settings, rules, data, clock, only=("intake", "identity"))

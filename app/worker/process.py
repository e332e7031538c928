"""The worker process: a Faust app with every stage. `run_worker` returns its exit code."""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import structlog
import uvloop
from faust.types import TP

from app.base.errors import UsageError
from app.base.fault_points import hit_fault_point
from app.base.settings import Settings
from app.base.vendors import VendorClients, make_vendors
from app.kafka.clients import make_producer
from app.monitoring.broker_watch import BrokerOutage
from app.monitoring.endpoint import serving
from app.monitoring.metrics import Metrics
from app.operations.replay import read_windows
from app.privacy.hash_key import open_keys
from app.privacy.lead_keys import open_lead_keys
from app.retention.job import RetentionJob
from app.review.erasing import SheetEraser
from app.rules.store import effects_are_live, fetch_rules
from app.worker.data_lock import lock_directory
from app.worker.faust_app import SESSION, make_app
from app.worker.signal_barrier import EndOffsets, GivenUp, SignalsWait
from app.worker.stop_limit import limit_stopping
from app.worker.worker_metrics import WorkerCollector, why_not_ready
from connectors.core.http import WORKERS_SHARE
from leads import topics
from leads.keys import Keys
from leads.rules import Rules
from streams.consumer.static_member import DuplicateWorkerError
from streams.consumer.strict_consumer import RecordBatch
from streams.pipeline import Pipeline, PipelineDependencies
from streams.ports import Clock, Fatal
from streams.runner.captured_records import is_decided
from streams.runner.rules_versions import RulesRegistry
from streams.runner.session_watchdog import SessionWatchdog
from streams.runner.stage_runner import fatal_on_error
from tables.damage import DamagedStateError
from tables.fauststore import FaustStore

log = structlog.get_logger(__name__)
FATAL_EXIT = 70


class Worker:
    """All parts of one worker, made inside its event loop.

    `only` names the stages that it runs; none means all.
    """

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        data: Path,
        clock: Clock,
        keys: Keys,
        end: Callable[[BaseException], None],
        vendors: VendorClients | None = None,
        only: Collection[str] = (),
    ) -> None:
        self.settings, self.end = settings, end
        self.app = make_app(settings, data, end)
        self.metrics = Metrics()
        self.producer = make_producer(settings)
        self.pulse = SessionWatchdog(SESSION * 0.8)
        self.vendors = vendors or make_vendors(settings, clock)
        self.pipeline = Pipeline(
            self._dependencies(clock, keys),
            settings.worker_id,
            keys,
            rules,
            RulesRegistry(rules, lambda: fetch_rules(settings)),
            live=effects_are_live(settings, rules),
            only=only,
        )
        self.metrics.registry.register(WorkerCollector(self.app, self.pipeline.effects))
        self._partitions: set[int] = set()
        self.signals_end = EndOffsets(settings)
        self.signals = SignalsWait(self.signals_end.read, self._consumer, self._mine)
        self.retention = RetentionJob(
            settings,
            rules.retention,
            clock,
            self.metrics,
            producer=self.producer,
            mine=self._settled_mine,
            check=self.pulse.check,
            decided=self._decided,
            alarm=self.pipeline.alarm,
            reached=hit_fault_point,
        )
        self._declare()

    def _dependencies(self, clock: Clock, keys: Keys) -> PipelineDependencies:
        """What the pipeline uses of this process."""
        return PipelineDependencies(
            store=FaustStore(self.app, clock.now),
            producer=self.producer,
            crm=self.vendors.crm,
            apollo=self.vendors.apollo,
            slack=self.vendors.slack,
            sheets=SheetEraser(self.settings, keys),
            clock=clock,
            metrics=self.metrics,
            check=self.pulse.check,
            signals_applied=self._signals_applied,
            share=self._share,
            has_pending_input=self._has_pending_input,
            settled_to=self._settled_to,
            reached=hit_fault_point,
            lead_keys=open_lead_keys(self.settings),
        )

    def _settled_to(self, topic: str, partition: int) -> int:
        consumer: Any = self.app.consumer
        return int(consumer.settled_up_to(TP(topic, partition)))

    def _has_pending_input(self) -> bool:
        consumer: Any = self.app.consumer
        return consumer is not None and bool(consumer.has_pending_input())

    def _consumer(self) -> Any:
        return self.app.consumer

    def _declare(self) -> None:
        bodies = fatal_on_error(self.pipeline.runners, self.end)
        for runner in self.pipeline.runners:
            body = bodies[runner.stage.name]
            topic = self.app.topic(
                *[t.full for t in runner.stage.inputs],
                key_serializer="raw",
                value_serializer="raw",
            )
            self.app.agent(topic, name=f"leadgate.{runner.stage.name}", isolated_partitions=True)(
                _agent(body)
            )
        self.app.on_rebalance_complete.connect(self._on_assigned)

    async def _on_assigned(self, *_: Any, **__: Any) -> None:
        self._partitions = set()
        for tp in self.app.consumer.assignment():
            if tp.topic == topics.CAPTURED.full:
                self._partitions.add(tp.partition)
        mine = sorted(self._mine())
        self.pipeline.timers.assign(mine)
        self.vendors.share(self._share())
        log.info("partitions assigned", partitions=mine)

    def _mine(self) -> set[int]:
        return self._partitions

    def _settled_mine(self) -> set[int]:
        """This worker's partitions, none while they are moved."""
        return set() if self.app.rebalancing else self._partitions

    def _decided(self, tp: TP, record: object) -> bool | None:
        """See old_records.Decided. A partition that has moved away has no rows here."""
        if tp.partition not in self._settled_mine():
            return None
        return is_decided(record, lambda key: self.pipeline.state.get(tp.partition, key))

    def _share(self) -> float:
        """This worker's part of the vendors' limits, by partitions
        (docs/design/interleavings.md 22)."""
        return WORKERS_SHARE * max(1, len(self._mine())) / topics.PARTITIONS

    async def _signals_applied(self, partition: int) -> None:
        await self.signals.applied(partition)

    async def start(self) -> None:
        """Start producing, then the Faust app, then the timers."""
        windows = await read_windows(self.settings)
        self.app.source.skip_ranges = {TP(*tp): ranges for tp, ranges in windows.items()}
        await self.producer.start()
        await self.signals_end.start()
        await self.app.start()
        self.pulse.start(self.end)
        self.pipeline.timers.start(self.end)
        self.retention.start(self.end)

    async def stop(self) -> None:
        """Stop in the reverse order; work in progress is finished and committed."""
        await self.retention.stop()
        await self.pipeline.timers.stop()
        await self.app.stop()
        self.pipeline.outbox.flush()
        await self.signals_end.stop()
        await self.producer.stop()
        await self.vendors.close()


def _agent(body: Callable[[RecordBatch], Any]) -> Callable[[Any], Any]:
    async def agent(stream: Any) -> None:
        async for event in stream.events():
            try:
                await body(event.message)
            except GivenUp as why:
                log.info("a run is given up; it is read again", why=str(why))

    return agent


def run_worker(
    settings: Settings,
    rules: Rules,
    data: Path,
    clock: Clock,
    make: Callable[[], VendorClients] | None = None,
    only: Collection[str] = (),
) -> int:
    """Run until SIGTERM or SIGINT (exit code 0), until a fatal error (70, without a commit), or
    until another process joins with the same worker id (2, without a commit).

    `make` is called inside the event loop and makes the vendors' clients; None makes those of the
    settings. Raises UsageError when another worker uses the directory `data`.
    """
    lock_directory(data)
    return uvloop.run(_run(settings, rules, data, clock, make, only))


async def _run(
    settings: Settings,
    rules: Rules,
    data: Path,
    clock: Clock,
    make: Callable[[], VendorClients] | None,
    only: Collection[str],
) -> int:
    _collect_seldom()
    keys = await open_keys(settings)
    worker = Worker(settings, rules, data, clock, keys, _exit, make() if make else None, only)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_soon() -> None:
        if not stopping.is_set():
            stopping.set()
            limit_stopping(_exit)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_soon)
    async with (
        serving(
            settings.metrics_address, worker.metrics.registry, lambda: why_not_ready(worker.app)
        ),
        BrokerOutage(settings).watched(),
    ):
        try:
            await worker.start()
        except Exception as error:  # noqa: BLE001  Faust's threads would keep a process alive that does nothing
            _exit(error)
        gc.freeze()
        log.info("worker ready", worker=settings.worker_id, rules=rules.hash)
        crashed = asyncio.ensure_future(_crashed(worker.app))
        stopped = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({crashed, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if crashed.done():
            _exit(crashed.result())
        await _stop(worker)
    return 0


async def _stop(worker: Worker) -> None:
    """Let what is at work end. What waits for the database of the keys would never: the process
    ends without it, and without a commit of it, as after a kill."""
    keys, stopping = open_lead_keys(worker.settings), asyncio.ensure_future(worker.stop())
    while not stopping.done():
        await asyncio.wait({stopping}, timeout=1.0)
        if keys.is_awaited and not stopping.done():
            log.warning("stopped while the database of the keys is away")
            os._exit(0)
    await stopping


def _exit(error: BaseException) -> None:
    """End the process without a commit; the traceback is logged for unexpected errors only.

    The exit code is that of a wrong setting when another worker has this one's id (started again as
    it is, it would throw the other out), and when a secret is missing.
    """
    if isinstance(error, DuplicateWorkerError):
        log.critical("duplicate worker", error=str(error))
        os._exit(UsageError.exit_code)
    if isinstance(error, UsageError):
        log.critical("wrong setting", error=str(error))
        os._exit(error.exit_code)
    traceback: BaseException | None = error
    if isinstance(error, (Fatal, DamagedStateError)):
        traceback = None
    log.critical("fatal", error=f"{type(error).__name__}: {error}", exc_info=traceback)
    os._exit(FATAL_EXIT)


def _collect_seldom() -> None:
    """Make full garbage collections rare.

    With Python's defaults the collector reads all objects a hundred times a second: a quarter of
    the worker's CPU (`make bench`), and a seventh of a restore's. Awaiting and fetching make many
    short-lived objects, and nearly none of them in cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


async def _crashed(app: Any) -> BaseException:
    while not app.crashed:
        await asyncio.sleep(0.1)
    reason: BaseException | None = app.crash_reason
    return reason or RuntimeError("the Faust app crashed without a reason")

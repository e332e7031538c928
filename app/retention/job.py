"""Retention: what is old, and what every stage is through with, is deleted from the topics that
stages read (leads/retention.py decides; docs/operations.md, Retention).

Each worker does so for the partitions that it has. It runs in the workers since `leadgate replay`,
which sets the group's offsets back, refuses while one runs.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import structlog

from app.base.settings import Settings
from app.kafka.clients import administering, consuming
from app.monitoring.lag import committed
from app.monitoring.metrics import Metrics
from app.retention.deletions import Deletions, read_deletions
from app.retention.old_records import (
    TROUBLE,
    Decided,
    Plan,
    delete_records,
    keep_undecided,
    plan,
    read_logs,
)
from leads import topics
from leads.records import encode
from leads.rule_models import Retention
from streams.ports import Clock
from streams.runner.background import BackgroundTask

log = structlog.get_logger(__name__)
#: Seconds until a pass that failed is tried again, and how many failures in a row are an alert.
AGAIN = 60.0
FAILED_IN_A_ROW = 5


class RetentionJob:
    """The retention of one worker's partitions.

    `mine` answers which they are, none while they are moved; `check` raises when this worker must
    not act any more; `decided` see old_records; `alarm` sends one text to the people who run the
    site; `reached` is called where the process may die.
    """

    def __init__(
        self,
        settings: Settings,
        retention: Retention,
        clock: Clock,
        metrics: Metrics,
        *,
        producer: Any,
        mine: Callable[[], Collection[int]],
        check: Callable[[], None],
        decided: Decided,
        alarm: Callable[[str], None],
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings, self._retention, self._clock = settings, retention, clock
        self._metrics, self._producer, self._mine, self._check = metrics, producer, mine, check
        self._decided, self._alarm, self._reached = decided, alarm, reached
        self._failures = 0
        self._looking = BackgroundTask(self._run)

    def start(self, end: Callable[[BaseException], None]) -> None:
        """Begin to look now and then; what is not the broker's trouble is fatal."""
        self._looking.start(end)

    async def stop(self) -> None:
        """Stop at once: what was begun, the next pass of any worker completes."""
        await self._looking.stop()

    async def _run(self) -> None:
        while True:
            wait = self._settings.retention_seconds
            if self._failures:
                wait = min(wait, AGAIN)
            await asyncio.sleep(wait)
            await self.look()

    async def look(self) -> dict[str, int]:
        """One pass: how many records it has deleted, by topic. What the broker refuses is logged,
        and reported when it lasts."""
        try:
            deleted = await self._delete_old()
        except TROUBLE as error:
            self._fail(f"{type(error).__name__}: {error}")
            return {}
        self._failures = 0
        self._metrics.looked_for_old(failed=False)
        if deleted:
            log.info("old records deleted", records=sum(deleted.values()), topics=deleted)
        return deleted

    def _fail(self, why: str) -> None:
        self._failures += 1
        self._metrics.looked_for_old(failed=True)
        log.warning("old records can't be deleted; trying again", why=why)
        if self._failures == FAILED_IN_A_ROW:
            self._alarm(
                f"Leadgate can't delete old records from its topics: {why}. They are kept longer"
                " than the rules say (docs/operations.md, Retention)."
            )

    async def _delete_old(self) -> dict[str, int]:
        settings, now, partitions = self._settings, self._clock.now(), sorted(self._mine())
        done = await committed(settings)
        async with consuming(settings) as consumer, administering(settings) as admin:
            known = await read_deletions(consumer)
            logs = await read_logs(consumer, partitions, done, self._retention, now)
            undecided = await keep_undecided(consumer, logs, self._decided)
            planned = plan(known, logs, self._retention, now)
            self._report(planned, undecided)
            self._check()
            await self._store(planned.deletions)
            self._reached("after deletions stored before deleted")
            deleted: Counter[str] = Counter()
            for tp in await delete_records(admin, planned.before, self._check):
                deleted[tp.topic] += logs[tp].deletable - logs[tp].begin
        for topic, records in deleted.items():
            self._metrics.deleted(topic, records)
        return dict(deleted)

    def _report(self, planned: Plan, undecided: list[str]) -> None:
        """What people must know: it is no trouble of the broker's."""
        for where in undecided:
            log.error("a captured record is committed and was never decided", where=where)
            self._alarm(
                f"Nothing was decided about the record {where}, which is committed. It is kept, and"
                " all after it. `leadgate audit verify` names its lead; `leadgate replay --act` has"
                " it decided."
            )
        for tp, records in planned.lost.items():
            where = f"{tp.topic}/{tp.partition}"
            log.error("records were deleted by others", where=where, records=records)
            self._alarm(
                f"{records} records of {where} are gone that Leadgate has not deleted: look at this"
                " topic's retention.ms, and who may delete its records."
            )

    async def _store(self, deletions: Deletions) -> None:
        """Make durable what is about to be deleted."""
        sent = []
        for one in deletions.values():
            sent.append(await self._producer.send(topics.CURSORS.full, encode(one), key=one.key))
        await asyncio.gather(*sent)

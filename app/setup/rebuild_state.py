"""The state written again from the audit, where it and its changelog are lost
(docs/design/rebuild.md)."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import Offsets, consuming, ends, read_to
from app.monitoring.lag import committed, workers
from app.privacy.hash_key import SiteKeys, open_keys
from app.privacy.lead_keys import open_sealing
from app.rules.store import fetch_rules
from app.setup.provision import provision_topics
from app.setup.rebuild_changelog import write_changelog
from app.setup.rebuild_input import RebuildInput, rebuild_in_order
from app.setup.rebuild_mark import begin_rebuild, end_rebuild, refuse_rebuild
from app.setup.rebuild_report import RebuildReport, make_report
from app.setup.rebuild_store import RebuildStore
from leads import topics
from leads.erasure_order import ErasureOrder
from leads.keys import Keys
from leads.rules import Rules
from leads.sealing import Sealing
from streams.rebuild.finishing import Finishing
from streams.rebuild.model import RebuildContext
from streams.rebuild.reading import OUTSIDE, UNREAD, RecordReader
from streams.rebuild.rebuilding import Rebuilding
from streams.rebuild.rebuilt_rows import RebuiltRows
from streams.runner.model import Stage
from streams.stages.all import make_stages

_MANY = 1000  # leads whose keys are asked for at once


async def rebuild_state(
    settings: Settings,
    rules: Rules,
    now: float,
    *,
    dry_run: bool = False,
    reached: Callable[[str], None] = lambda _: None,
) -> RebuildReport:
    """Compute the state from the other topics, and write its changelog. Makes no effect. Durable
    when it returns; a run that was cut off is begun again, and no worker starts before it is
    through. With `dry_run` nothing is written.

    Raises UsageError while workers run, and for a site whose state is not lost.
    """
    if running := await workers(settings):
        raise UsageError(f"{running} workers run; stop them first")
    if not dry_run:
        await provision_topics(settings, rules.retention)
    site_keys = await SiteKeys.read(settings)
    found = await refuse_rebuild(settings, site_keys)
    with RebuildStore() as store:
        work = _Work(settings, rules, store, await open_keys(settings))
        report = await work.compute(now)
        if not dry_run:
            mark = await begin_rebuild(settings, found, site_keys)
            reached("rebuild begun")
            await write_changelog(settings, work.rows, reached)
            await end_rebuild(settings, mark)
    return report


class _Work:
    """One computation."""

    def __init__(self, settings: Settings, rules: Rules, store: RebuildStore, keys: Keys) -> None:
        self._settings, self._rules, self._store = settings, rules, store
        self._stages: Mapping[str, Stage] = {one.name: one for one in make_stages(keys)}
        self._sealing: Sealing = open_sealing(settings)
        self._reader = RecordReader(self._stages.values(), self._sealing, keys.signatures)
        self._input = RebuildInput(store, self._stages.values(), self._reader)
        self.rows = RebuiltRows(store, self._sealing)

    async def compute(self, now: float) -> RebuildReport:
        """The rows, in the store."""
        known = (await fetch_rules(self._settings)).known | {self._rules.hash: self._rules}
        async with consuming(self._settings) as consumer:
            done = await committed(self._settings)
            await self._read(consumer, done)
            answers = await self._committed(consumer, done, topics.REVIEW_DECISIONS)
            orders = await self._committed(consumer, done, topics.ERASURES)
        rebuilding = Rebuilding(
            RebuildContext(
                stages=self._stages,
                rules=known,
                current=self._rules.hash,
                original=self._store.original,
                audited=self._store,
                places=self._input.places,
                rows=self.rows,
                sealing=self._sealing,
            )
        )
        rebuild_in_order(self._store, rebuilding, self._reader, self._sealing)
        finished = Finishing(rebuilding, now).finish(answers, self._input.signals)
        return make_report(rebuilding, finished, self._counts(), self._not_over(orders))

    def _not_over(self, orders: list[ErasureOrder]) -> tuple[str, ...]:
        """A lead of each person whose erasure has no certificate."""
        has = self._store.has
        left = {
            one.erasure_id: one.lead_ids[0]
            for one in orders
            if not has("erasure", one.lead_ids[0], one.erasure_id)
        }
        return tuple(left.values())

    async def _read(self, consumer: AIOKafkaConsumer, done: Offsets) -> None:
        """Everything into the store, with what is not committed."""
        await self._read_audit(consumer)
        wanted = [topic.full for topic in dict.fromkeys((*OUTSIDE, *UNREAD))]
        async for record in read_to(consumer, await ends(consumer, wanted)):
            self._input.take_record(record, is_committed=_is_committed(record, done))

    async def _read_audit(self, consumer: AIOKafkaConsumer) -> None:
        """The events; their leads have keys when it returns, those from before there were any,
        too."""
        leads: set[str] = set()
        async for record in read_to(consumer, await ends(consumer, [topics.AUDIT.full])):
            if record.value:
                leads.add(self._input.take_event(record.value).lead)
            if len(leads) >= _MANY:
                await self._sealing.make_keys(leads)
                leads.clear()
        await self._sealing.make_keys(leads)

    async def _committed(
        self, consumer: AIOKafkaConsumer, done: Offsets, topic: topics.Topic
    ) -> list[Any]:
        """The committed records of a topic, without dead letters."""
        found = []
        async for record in read_to(consumer, await ends(consumer, [topic.full])):
            if _is_committed(record, done):
                found.append(self._reader.read(topic, record))
        return [one for one in found if one is not None]

    def _counts(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for partition in range(topics.PARTITIONS):
            counts.update(key.split(b"\x00")[0].decode() for key, _ in self.rows.all(partition))
        return dict(sorted(counts.items()))


def _is_committed(record: Any, done: Offsets) -> bool:
    return bool(record.offset < done.get(TopicPartition(record.topic, record.partition), 0))

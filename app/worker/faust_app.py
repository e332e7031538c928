"""The Faust app, with the settings that the promises depend on (docs/design/faust-facts.md e)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust

from app.base.settings import Settings
from app.kafka.clients import connection
from connectors.core.private_files import make_private_directory
from leads import topics
from leads.keys import version
from streams.consumer.faust_overrides import ImmediateTableManager, StrictApp
from streams.consumer.strict_consumer import SourceTopics

#: Seconds after which the group assigns a silent worker's partitions to others.
SESSION = 10


def make_app(settings: Settings, data: Path, end: Callable[[BaseException], None]) -> StrictApp:
    """The Faust app, with the settings that docs/design/faust-facts.md e recommends.

    `end` ends the process (see StrictApp).
    """
    make_private_directory(data)
    return StrictApp(
        topics.APP_ID,
        source=_source_topics(),
        end=end,
        broker=_brokers(settings),
        broker_credentials=_credentials(settings),
        store="rocksdb://",
        datadir=str(data / "state"),
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=topics.PARTITIONS,
        topic_replication_factor=settings.kafka_replication,
        table_standby_replicas=0,
        TableManager=ImmediateTableManager,
        web_enabled=False,
        consumer_group_instance_id=_instance(settings),
        broker_session_timeout=SESSION,
        broker_heartbeat_interval=2,
        broker_rebalance_timeout=30,
        # joining waits for a rebalance; a request that a dying broker lost waits as long
        broker_request_timeout=40,
        broker_commit_interval=0.5,
        broker_commit_every=None,
        broker_max_poll_interval=300,
        broker_max_poll_records=2000,
        stream_buffer_maxsize=8,
        stream_wait_empty=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=2 << 20,
        producer_request_timeout=15,
    )


def _source_topics() -> SourceTopics:
    return SourceTopics(
        compacted=frozenset(topic.full for topic in topics.TOPICS if topic.cleanup == "compact"),
        lead_topics=tuple(topic.full for topic in topics.LEAD_TOPICS),
        crm_topics=frozenset({topics.MATCHED.full, topics.ROUTED.full, topics.ASSIGNED.full}),
    )


def _brokers(settings: Settings) -> str:
    """The brokers' addresses in Faust's form."""
    return "kafka://" + settings.kafka_bootstrap_servers.replace(",", ";kafka://")


def _instance(settings: Settings) -> str:
    """The static member's id.

    It changes with the set of topics: the broker returns a known static member's old assignment
    without checking whether the member now reads other topics, and nobody would read those.
    """
    return f"{settings.worker_id}-{version(*sorted(topics.BY_NAME))[:8]}"


def _credentials(settings: Settings) -> Any:
    args = connection(settings)
    context = args.get("ssl_context")
    if "sasl_mechanism" in args:
        return faust.SASLCredentials(
            username=args["sasl_plain_username"],
            password=args["sasl_plain_password"],
            mechanism=args["sasl_mechanism"],
            ssl_context=context,
        )
    if context is None:
        return None
    return faust.SSLCredentials(context)

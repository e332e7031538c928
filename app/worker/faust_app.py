"""The Faust app: what of its many settings the promises rest on (docs/design/faust-facts.md e)."""

from pathlib import Path
from typing import Any

import faust

from app.base.settings import Settings
from app.kafka.clients import ssl_context
from leads import topics
from leads.keys import version
from streams.consumer.faust_overrides import ImmediateTableManager, StrictApp
from streams.consumer.strict_consumer import SourceTopics

#: Seconds after which the group gives a silent worker's partitions away.
SESSION = 10


def make_app(settings: Settings, data: Path) -> StrictApp:
    """The Faust app: settings that hold what docs/design/faust-facts.md e recommends."""
    data.mkdir(parents=True, exist_ok=True)
    source = SourceTopics(
        compacted=frozenset(t.full for t in topics.TOPICS if t.cleanup == "compact"),
        lead_topics=tuple(t.full for t in topics.LEAD_TOPICS),
        crm_topics=frozenset(t.full for t in (topics.MATCHED, topics.ROUTED, topics.ASSIGNED)),
    )
    broker = ";".join(f"kafka://{server}" for server in settings.kafka_bootstrap_servers.split(","))
    return StrictApp(
        topics.APP_ID,
        source=source,
        broker=broker,
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
        # joining waits for a rebalance; so long does a request that a dying broker lost
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


def _instance(settings: Settings) -> str:
    """The static member's id.

    It changes with the set of topics: the broker gives a known static member its old assignment
    back without looking whether it now reads other topics, and those would lie unread.
    """
    return f"{settings.worker_id}-{version(*sorted(topics.BY_NAME))[:8]}"


def _credentials(settings: Settings) -> Any:
    protocol = settings.kafka_security_protocol
    context = ssl_context(settings) if "SSL" in protocol else None
    if protocol.startswith("SASL"):
        password = settings.kafka_sasl_password.get_secret_value()
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None

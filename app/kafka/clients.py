"""Kafka clients with the site's connection settings, and plain readers for programs beside the
worker."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from aiokafka.protocol.metadata import MetadataRequest

from app.base.settings import Settings, SettingsError
from app.kafka.refusals import find_refusal
from leads import topics

T = TypeVar("T")
Offsets = dict[TopicPartition, int]
_LAST_FLUSH = 1.0


def connection(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that every aiokafka client needs.

    Raises SettingsError if the authority's file can't be read, or a login lacks its user or
    password.
    """
    args: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if "SSL" in settings.kafka_security_protocol:
        # without a file, the system's certificate authorities
        args["ssl_context"] = _ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL"):
        settings.require("kafka_sasl_username", "kafka_sasl_password")
        args["sasl_mechanism"] = settings.kafka_sasl_mechanism
        args["sasl_plain_username"] = settings.kafka_sasl_username
        args["sasl_plain_password"] = settings.kafka_sasl_password.get_secret_value()
    return args


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    """TLS with the system's authorities, or the given one's.

    Raises SettingsError if the given file can't be read.
    """
    file = settings.kafka_ssl_cafile
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        raise SettingsError(f"KAFKA_SSL_CAFILE: {file} can't be read: {error.strerror}") from None


def make_producer(settings: Settings) -> AIOKafkaProducer:
    """A producer whose acknowledgement means that every in-sync replica has the record, once and
    in order."""
    return AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=True,
        compression_type="snappy",
        linger_ms=0,
        max_batch_size=1 << 20,
        max_request_size=8 << 20,
        request_timeout_ms=15_000,
    )


async def _start(client: Any, settings: Settings) -> None:
    """Connect. Raises BrokerRefusalError when a broker refuses the settings, KafkaConnectionError
    when none answers, so aiokafka's log line about it is left out."""
    logger = logging.getLogger("aiokafka")
    logger.addFilter(_is_no_refusal)
    try:
        await client.start()
    except KafkaConnectionError:
        if (refusal := await find_refusal(connection(settings))) is not None:
            raise refusal from None
        raise
    finally:
        logger.removeFilter(_is_no_refusal)


def _is_no_refusal(line: logging.LogRecord) -> bool:
    return not line.getMessage().startswith("Unable connect to")


@asynccontextmanager
async def producing(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer, stopped and flushed on the way out.

    After an error or a cancellation the flush has one second: a broker that is away would never
    take what is left, and its sender has seen the error.
    """
    producer = make_producer(settings)
    try:
        await _start(producer, settings)
        yield producer
    except BaseException:
        await asyncio.wait({asyncio.ensure_future(producer.stop())}, timeout=_LAST_FLUSH)
        raise
    await producer.stop()


@asynccontextmanager
async def administering(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client."""
    admin = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=15_000)
    try:
        await _start(admin, settings)
        yield admin
    finally:
        await admin.close()


@asynccontextmanager
async def consuming(
    settings: Settings, *, max_partition_fetch_bytes: int = 1 << 20
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group, to read whole topics with."""
    consumer = AIOKafkaConsumer(
        **connection(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=5000,
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=max_partition_fetch_bytes,
    )
    try:
        await _start(consumer, settings)
        yield consumer
    finally:
        await consumer.stop()


async def ends(consumer: AIOKafkaConsumer, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """The end offsets of all partitions of some topics; the broker is asked once for all topics'
    names, and once for the offsets.

    Raises TopicAuthorizationFailedError for a topic that this user may not see.
    """
    known = await consumer.topics()
    wanted: list[TopicPartition] = []
    for topic in topics:
        for partition in sorted(await _partitions(consumer, topic, known)):
            wanted.append(TopicPartition(topic, partition))
    found: dict[TopicPartition, int] = await consumer.end_offsets(wanted)
    return found


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """A topic's partitions; empty if the broker has no such topic.

    Raises TopicAuthorizationFailedError for a topic that this user may not see.
    """
    return await _partitions(consumer, topic, await consumer.topics())


async def _partitions(consumer: AIOKafkaConsumer, topic: str, known: Collection[str]) -> set[int]:
    if topic in known:
        await consumer._client._wait_on_metadata(topic)
    else:
        await _refuse_hidden(consumer, topic)
    return consumer.partitions_for_topic(topic) or set()


async def _refuse_hidden(consumer: AIOKafkaConsumer, topic: str) -> None:
    """Raise TopicAuthorizationFailedError for a topic that this user may not see: a list of all
    topics leaves it out, as it does one that isn't there."""
    client = consumer._client
    request = MetadataRequest([topic], allow_auto_topic_creation=False)
    answer = await client.send(client.get_random_node(), request)
    for code, name, *_ in answer.topics:
        if code == TopicAuthorizationFailedError.errno:
            raise TopicAuthorizationFailedError(name)


async def last_record(consumer: AIOKafkaConsumer, key: bytes, kind: type[T]) -> T | None:
    """What topic `cursors` holds under a key, decoded; None if there is nothing.

    Reads the whole topic.
    """
    found: bytes | None = None
    async for record in read_to(consumer, await ends(consumer, [topics.CURSORS.full])):
        if record.key == key:
            found = record.value
    if not found:
        return None
    return msgspec.json.decode(found, type=kind)


async def read_topic(settings: Settings, topic: str) -> AsyncIterator[Any]:
    """Every record of a topic, up to its end at the call. Read it to its end: it holds a
    connection."""
    async with consuming(settings) as consumer:
        async for record in read_to(consumer, await ends(consumer, [topic])):
            yield record


async def read_to(
    consumer: AIOKafkaConsumer,
    until: dict[TopicPartition, int],
    since: dict[TopicPartition, int] | None = None,
) -> AsyncIterator[Any]:
    """Every record of some partitions from `since` (default: the start) up to the offsets `until`,
    not included."""
    begin = await consumer.beginning_offsets(list(until))
    starts: dict[TopicPartition, int] = {}
    for tp, end in until.items():
        start = max(begin[tp], (since or {}).get(tp, 0))
        if start < end:
            starts[tp] = start
    consumer.assign(list(starts))
    for tp, start in starts.items():
        consumer.seek(tp, start)
    todo = set(starts)
    while todo:
        for tp, batch in (await consumer.getmany(timeout_ms=500)).items():
            for record in batch:
                if record.offset < until[tp]:
                    yield record
        for tp in list(todo):
            if await consumer.position(tp) >= until[tp]:
                todo.discard(tp)
                consumer.pause(tp)

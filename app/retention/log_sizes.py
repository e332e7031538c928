"""How many bytes each partition takes on the brokers' disks: Kafka's DescribeLogDirs.

aiokafka's admin client doesn't have this request, so its parts are declared here
(https://kafka.apache.org/protocol#The_Messages_DescribeLogDirs, version 1).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Int64, Schema, String


class DescribeLogDirsResponse(Response):  # type: ignore[misc]  # aiokafka is untyped
    """The directories of one broker, each with its partitions."""

    API_KEY = 35
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            Array(
                ("error_code", Int16),
                ("log_dir", String("utf-8")),
                (
                    "topics",
                    Array(
                        ("name", String("utf-8")),
                        (
                            "partitions",
                            Array(
                                ("partition_index", Int32),
                                ("size", Int64),
                                ("offset_lag", Int64),
                                ("is_future_key", Boolean),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )


class DescribeLogDirsStruct(RequestStruct):  # type: ignore[misc]
    """What is asked of one broker."""

    API_KEY = 35
    API_VERSION = 1
    RESPONSE_TYPE = DescribeLogDirsResponse
    SCHEMA = Schema(
        ("topics", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))),
    )


class DescribeLogDirsRequest(Request[DescribeLogDirsStruct]):  # type: ignore[misc]
    """The sizes of some partitions."""

    API_KEY = 35

    def __init__(self, partitions: Iterable[TopicPartition]) -> None:
        self._of: dict[str, list[int]] = defaultdict(list)
        for tp in partitions:
            self._of[tp.topic].append(tp.partition)

    def build(self, request_struct_class: type[DescribeLogDirsStruct]) -> DescribeLogDirsStruct:
        """The request as it is sent."""
        return request_struct_class(list(self._of.items()))


async def log_sizes(
    admin: AIOKafkaAdminClient, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Bytes on disk by partition: those of its largest copy. Index files don't count.

    Raises the broker's KafkaError; it wants Describe on the cluster.
    """
    sizes: dict[TopicPartition, int] = {}
    cluster: Any = await admin.describe_cluster()
    request = DescribeLogDirsRequest(partitions)
    for broker in cluster["brokers"]:
        answer: Any = await admin._send_request_to_node(broker["node_id"], request)
        for code, _directory, found in answer.results:
            if code:
                raise for_code(code)
            for topic, copies in found:
                for partition, size, _lag, _moving in copies:
                    tp = TopicPartition(topic, partition)
                    sizes[tp] = max(size, sizes.get(tp, 0))
    return sizes

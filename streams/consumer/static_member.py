"""Whether another process has joined the group under this worker's static member id.

The broker lets the newer one in and forgets the older one, which would join again and throw the
other out, and so on for ever. It answers the older one "unknown member", as after an expired
session; aiokafka 0.14 sends heartbeats without the static id, so that the broker can't say more. So
the group's members tell the two apart: a broker begins a static member's id with its static id.
"""

from collections.abc import Iterable
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import DescribeGroupsRequest

from streams.ports import Fatal

log = structlog.get_logger(__name__)
_FORGOTTEN = ""  # aiokafka's member id after the broker's "unknown member"


class DuplicateWorkerError(Fatal):
    """Another process has this worker's static member id. The setting must be corrected."""


async def refuse_duplicate(coordinator: Any) -> None:
    """Return if this process may join its group again.

    `coordinator` is aiokafka's, before it joins. Raises DuplicateWorkerError when another process
    is in the group under the same static member id. A broker that can't say passes: if there is
    another one, the next heartbeat fails, too.
    """
    static = coordinator._group_instance_id
    if not static or coordinator.member_id != _FORGOTTEN:
        return
    try:
        answer = await coordinator._send_req(DescribeGroupsRequest([coordinator.group_id]))
    except KafkaError as error:
        log.debug("the group's members are unknown", error=repr(error))
        return
    [group] = answer.groups
    members = [member[0] for member in group[5]]
    if is_static_member(static, members):
        raise DuplicateWorkerError(
            "another worker runs with this worker's LEADGATE_WORKER_ID and has its partitions now:"
            " give each worker a LEADGATE_WORKER_ID of its own"
        )


def is_static_member(static: str, members: Iterable[str]) -> bool:
    """Whether one of the member ids belongs to a static id: `STATIC-UUID`, which Kafka's brokers
    make (GroupMetadata.generateMemberId)."""
    return any(member[:-37] == static and member[-37:-36] == "-" for member in members)

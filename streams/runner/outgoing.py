"""A record on its way out of a stage, encoded."""

import msgspec

from leads import topics

#: A value may be 8 MiB on the broker, and bytes grow by a third in JSON.
LARGEST = 4 << 20


class OutgoingRecord(msgspec.Struct, frozen=True, gc=False):
    """A record about to leave.

    `home` is what its partition is found by, or `partition` itself, where that is not its key.
    """

    topic: topics.Topic
    key: bytes
    value: bytes | None
    home: bytes = b""
    partition: int = -1

"""Which decided records have sent everything that they decided.

Only then may the row that holds the decision be overwritten.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

_MANY = 5_000


class SentRecords:
    """Of one stage in one worker; see StageRunner for `settled_to`.

    A record that an earlier worker decided and did not settle comes again here, and sends then.
    """

    def __init__(self, settled_to: Callable[[str, int], int]) -> None:
        self._settled_to = settled_to
        self._known: defaultdict[str, set[int]] = defaultdict(set)  # offsets, by 'topic/partition'
        self._noted = 0
        self._changed: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)

    def note(self, partition: int, places: list[str]) -> None:
        """These records ('topic/partition@offset'), all of one run, have sent everything."""
        if not places:
            return
        source = places[0].rpartition("@")[0]
        begin = len(source) + 1
        self._known[source].update([int(place[begin:]) for place in places])
        self._noted += len(places)
        if self._noted > _MANY:
            self._forget_settled()
        self._changed.pop(partition, asyncio.Event()).set()

    def changed(self, partition: int) -> asyncio.Event:
        """Is set as soon as a further record of a partition has sent everything."""
        return self._changed[partition]

    def has(self, place: str) -> bool:
        """Whether a record has sent everything: by this worker, or it would not be settled."""
        source, _, text = place.rpartition("@")
        offset, end = int(text), self._end(source)
        return end < 0 or offset < end or offset in self._known.get(source, ())

    def _end(self, source: str) -> int:
        topic, _, partition = source.rpartition("/")
        return self._settled_to(topic, int(partition))

    def _forget_settled(self) -> None:
        for source, offsets in list(self._known.items()):
            end = self._end(source)
            self._known[source] = {offset for offset in offsets if 0 <= end <= offset}
        self._noted = 0

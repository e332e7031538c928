"""Which decided records have sent all that they decided. Only then may the row that tells what be overwritten."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

_MANY = 5_000


class Concluded:
    """Of one stage in one worker; see Harness for `settled_to`.

    A record that an earlier worker decided and did not settle comes again here, and sends then.
    """

    def __init__(self, settled_to: Callable[[str, int], int]) -> None:
        self._settled_to = settled_to
        self._known: set[str] = set()
        self._changed: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)

    def note(self, partition: int, places: list[str]) -> None:
        """These records ('topic/partition@offset') have sent everything."""
        if not places:
            return
        self._known.update(places)
        if len(self._known) > _MANY:
            self._known = {place for place in self._known if not self._is_settled(place)}
        self._changed.pop(partition, asyncio.Event()).set()

    def changed(self, partition: int) -> asyncio.Event:
        """Is set as soon as a further record of a partition has sent everything."""
        return self._changed[partition]

    def has(self, place: str) -> bool:
        """Whether a record has sent everything: by this worker, or it would not be settled."""
        return place in self._known or self._is_settled(place)

    def _is_settled(self, place: str) -> bool:
        topic, _, rest = place.rpartition("/")
        partition, _, offset = rest.partition("@")
        end = self._settled_to(topic, int(partition))
        return end < 0 or int(offset) < end

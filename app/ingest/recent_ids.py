"""A memory of names with an end."""

from collections import OrderedDict

_REMEMBERED = 200_000


class RecentIds:
    """What this process has sent lately, so that polls that overlap don't repeat it.

    Repeats are harmless, only many.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> bool:
        """Remember a name; False if it was known."""
        if name in self._names:
            return False
        self._names[name] = None
        if len(self._names) > _REMEMBERED:
            self._names.popitem(last=False)
        return True

"""A bounded set of recently used names."""

from collections import OrderedDict

_REMEMBERED = 200_000


class RecentIds:
    """The names of what this process has sent recently, so that overlapping polls don't repeat it.

    A repeat is harmless; without this there would be many.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> bool:
        """Add a name; False if it is known already."""
        if name in self._names:
            return False
        self._names[name] = None
        if len(self._names) > _REMEMBERED:
            self._names.popitem(last=False)
        return True

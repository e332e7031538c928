"""The types by which two objects can be associated: HubSpot's own, and the account's labels.

Source: HubSpot's page "Associations" (ids of types, which are of one direction each) and its API of
version 3 (names of types).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.hubspot.errors import invalid
from sandbox.hubspot.object_types import TYPES
from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One direction of a type, with the id of the other direction."""

    source: str
    target: str
    ident: int
    inverse: int
    label: str | None = None
    category: str = "HUBSPOT_DEFINED"
    name: str = ""

    @property
    def v3_name(self) -> str:
        """The name in version 3; where there is a primary type, that one has the short name."""
        if self.name:
            return self.name
        short = f"{TYPES[self.source].singular}_to_{TYPES[self.target].singular}"
        has_primary = (self.source, self.target) in _WITH_PRIMARY
        return f"{short}_unlabeled" if has_primary and self.label is None else short


#: source, target, id there, id back, label there, label back
_Pair = tuple[str, str, int, int, str | None, str | None]
_PRIMARY = "Primary"
_PAIRS: tuple[_Pair, ...] = (
    ("contacts", "companies", 279, 280, None, None),
    ("contacts", "companies", 1, 2, _PRIMARY, _PRIMARY),
    ("contacts", "contacts", 449, 449, None, None),
    ("contacts", "deals", 4, 3, None, None),
    ("companies", "companies", 450, 450, None, None),
    ("companies", "companies", 13, 14, "Child Company", "Parent Company"),
    ("companies", "deals", 342, 341, None, None),
    ("companies", "deals", 6, 5, _PRIMARY, _PRIMARY),
    ("deals", "deals", 451, 451, None, None),
)
_FIRST_OF_ACTIVITIES = {
    ("contacts", "calls"): 193,
    ("contacts", "emails"): 197,
    ("contacts", "meetings"): 199,
    ("contacts", "notes"): 201,
    ("contacts", "tasks"): 203,
    ("companies", "calls"): 181,
    ("companies", "emails"): 185,
    ("companies", "meetings"): 187,
    ("companies", "notes"): 189,
    ("companies", "tasks"): 191,
    ("deals", "calls"): 205,
    ("deals", "emails"): 209,
    ("deals", "meetings"): 211,
    ("deals", "notes"): 213,
    ("deals", "tasks"): 215,
}
_WITH_PRIMARY = frozenset(
    direction
    for source, target, _, _, label, _ in _PAIRS
    if label == _PRIMARY
    for direction in ((source, target), (target, source))
)


def _both(pair: _Pair) -> list[AssociationType]:
    source, target, there, back, label, label_back = pair
    forth = AssociationType(source, target, there, back, label)
    if (source, target, there) == (target, source, back):
        return [forth]
    return [forth, AssociationType(target, source, back, there, label_back)]


_ACTIVITY_PAIRS: tuple[_Pair, ...] = tuple(
    (source, target, first, first + 1, None, None)
    for (source, target), first in _FIRST_OF_ACTIVITIES.items()
)
_OWN = tuple(one for pair in (*_PAIRS, *_ACTIVITY_PAIRS) for one in _both(pair))
_KIND = "hubspot.association_types"


class AssociationTypes:
    """Reads the types from the store, so that new labels count at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def between(self, source: str, target: str) -> list[AssociationType]:
        """Every type of a direction, the unlabelled one first. Raises RefusedError if the two
        can't be associated."""
        made = [AssociationType(**row) for row in self._store.all(_KIND).values()]
        found = [one for one in (*_OWN, *made) if (one.source, one.target) == (source, target)]
        if not found:
            raise invalid(f"{source} can't be associated with {target}")
        return sorted(found, key=lambda one: one.label is not None)

    def targets(self, source: str) -> list[str]:
        """The types of objects that one can be associated with."""
        return [*dict.fromkeys(one.target for one in _OWN if one.source == source)]

    def unlabelled(self, source: str, target: str) -> AssociationType:
        """The type without a label."""
        return self.between(source, target)[0]

    def chosen(self, source: str, target: str, idents: Iterable[int]) -> list[AssociationType]:
        """Types by their ids, and the unlabelled one, which every association has. Raises
        RefusedError for one that isn't of this direction."""
        known = {one.ident: one for one in self.between(source, target)}
        wanted = [*idents]
        if wrong := [ident for ident in wanted if ident not in known]:
            said = f"{wrong[0]} is no type of associations from {source} to {target}"
            raise invalid(said, subCategory="crm.associations.INVALID_ASSOCIATION_TYPE")
        first = self.unlabelled(source, target)
        return [first, *(known[i] for i in dict.fromkeys(wanted) if i != first.ident)]

    def put(self, made: AssociationType) -> AssociationType:
        """Keep one direction of a label of the account's own."""
        row = {name: getattr(made, name) for name in AssociationType.__slots__}
        self._store.put(_KIND, str(made.ident), row)
        return made

    def drop(self, ident: int) -> None:
        """Remove one direction of a label of the account's own."""
        self._store.drop(_KIND, str(ident))


def direction_of(ident: int) -> tuple[str, str]:
    """The direction of a type of HubSpot's own. Raises RefusedError for one that isn't there."""
    for one in _OWN:
        if one.ident == ident:
            return one.source, one.target
    raise invalid(f"{ident} is no type of associations")

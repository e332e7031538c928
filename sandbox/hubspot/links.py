"""Associations between objects, kept in both directions with their types.

Source: HubSpot's page "Associations": a labelled association is also an unlabelled one; a contact
and a deal have one primary company.
"""

from collections.abc import Iterable

from sandbox.hubspot.association_types import AssociationType, AssociationTypes
from sandbox.store import Store, Thing

_KIND = "hubspot.links"
_ONE_PRIMARY = frozenset({"contacts", "deals"})


class Links:
    """Reads and writes associations. A row that was put in from outside may lack types."""

    def __init__(self, store: Store) -> None:
        self._store, self.types = store, AssociationTypes(store)

    def of(self, source: str, ident: str, target: str) -> list[str]:
        """The ids of the objects that one is associated with, in the order of association."""
        return [*self._row(source, ident, target)["to"]]

    def types_of(self, source: str, ident: str, target: str, other: str) -> list[AssociationType]:
        """The types of one association, the unlabelled one first."""
        chosen = self._row(source, ident, target).get("types", {}).get(other, ())
        known = {one.ident for one in self.types.between(source, target)}
        return self.types.chosen(source, target, [one for one in chosen if one in known])

    def add(
        self, source: str, a: str, target: str, b: str, types: Iterable[int] | None = None
    ) -> list[AssociationType]:
        """Add types to an association, both ways; without any the unlabelled one. Raises
        RefusedError."""
        added = self.types.chosen(source, target, types or ())
        held = self.types_of(source, a, target, b) if b in self.of(source, a, target) else []
        return self.replace(source, a, target, b, [*dict.fromkeys([*held, *added])])

    def replace(
        self, source: str, a: str, target: str, b: str, types: list[AssociationType]
    ) -> list[AssociationType]:
        """Set the types of an association, both ways."""
        self._set(source, a, target, b, [one.ident for one in types])
        self._set(target, b, source, a, [one.inverse for one in types])
        if any(one.label == "Primary" for one in types):
            self._only_primary(source, a, target, b)
            self._only_primary(target, b, source, a)
        return types

    def remove(
        self, source: str, a: str, target: str, b: str, types: Iterable[int] | None = None
    ) -> None:
        """Remove types of an association, or all of it: without types, or with the unlabelled
        one. Raises RefusedError."""
        if b not in self.of(source, a, target):
            return
        gone = {*types} if types is not None else {self.types.unlabelled(source, target).ident}
        self.types.chosen(source, target, gone)
        held = self.types_of(source, a, target, b)
        left = [one for one in held if one.ident not in gone]
        if held[0].ident in gone or not left:
            self._unset(source, a, target, b)
            self._unset(target, b, source, a)
        else:
            self.replace(source, a, target, b, left)

    def primary(self, source: str, ident: str, target: str = "companies") -> str:
        """The primary company of a contact or deal, '' for none."""
        for other in self.of(source, ident, target):
            if any(one.label == "Primary" for one in self.types_of(source, ident, target, other)):
                return other
        return ""

    def all_of(self, source: str, ident: str) -> list[tuple[str, str, list[AssociationType]]]:
        """Every association of an object: the other's type of object, its id, the types."""
        found = []
        for key in [*self._store.all(_KIND)]:
            kind, one, target = key.split(":")
            if (kind, one) == (source, ident):
                found += [
                    (target, other, self.types_of(source, ident, target, other))
                    for other in self.of(source, ident, target)
                ]
        return found

    def _only_primary(self, source: str, a: str, target: str, kept: str) -> None:
        if source not in _ONE_PRIMARY or target != "companies":
            return
        for other in self.of(source, a, target):
            types = self.types_of(source, a, target, other)
            if other != kept and any(one.label == "Primary" for one in types):
                left = [one for one in types if one.label != "Primary"]
                self.replace(source, a, target, other, left)

    def _row(self, source: str, ident: str, target: str) -> Thing:
        return self._store.get(_KIND, f"{source}:{ident}:{target}") or {"to": []}

    def _set(self, source: str, a: str, target: str, b: str, types: list[int]) -> None:
        row = self._row(source, a, target)
        to = row["to"] if b in row["to"] else [*row["to"], b]
        kept = {**row.get("types", {}), b: types}
        self._store.put(_KIND, f"{source}:{a}:{target}", {"to": to, "types": kept})

    def _unset(self, source: str, a: str, target: str, b: str) -> None:
        row = self._row(source, a, target)
        types = {other: ids for other, ids in row.get("types", {}).items() if other != b}
        to = [other for other in row["to"] if other != b]
        self._store.put(_KIND, f"{source}:{a}:{target}", {"to": to, "types": types})

"""The properties of the sandbox's account: HubSpot's own, and those that were made."""

from collections.abc import Mapping
from typing import Any

from sandbox.hubspot.definitions import Definition, built_in
from sandbox.hubspot.errors import Misfit, misfitting
from sandbox.hubspot.object_types import TYPES
from sandbox.hubspot.pipeline_stages import PipelineStages
from sandbox.hubspot.property_values import kept_value
from sandbox.store import Store

_STAGED = frozenset({"pipeline", "dealstage"})


class Schema:
    """Reads definitions from the store, so that what is put there from outside counts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stages = PipelineStages(store)

    def made(self, kind: str) -> dict[str, Definition]:
        """The properties that the account has made, by name; archived ones are not among them."""
        return {
            key.split(":", 1)[1]: definition
            for key, definition in self._store.all("hubspot.properties").items()
            if key.startswith(f"{kind}:") and not definition.get("archived")
        }

    def of(self, kind: str) -> dict[str, Definition]:
        """All properties of a type, by name."""
        return built_in(kind) | self.made(kind)

    def unique(self, kind: str) -> list[str]:
        """Names of the properties that the account has made unique."""
        return [name for name, made in self.made(kind).items() if made.get("hasUniqueValue")]

    def checked(self, kind: str, properties: Mapping[str, Any]) -> dict[str, str]:
        """Values as HubSpot keeps them. Raises RefusedError, which lists all that don't fit.

        Activities ignore what is unknown or read-only; the others refuse it
        (docs/design/vendors.md HubSpot 1.6).
        """
        known = self.of(kind)
        values: dict[str, str] = {}
        misfits: list[Misfit] = []
        for name, value in properties.items():
            if (closed := _closed(name, known.get(name))) is not None:
                misfits += [] if TYPES[kind].is_activity else [closed]
                continue
            kept = kept_value(known[name], value, self._store.all("hubspot.owners"))
            if isinstance(kept, Misfit):
                misfits.append(kept)
            else:
                values[name] = kept
        if kind == "deals" and values.keys() & _STAGED:
            misfits += self.stages.misfits(values)
        if misfits:
            raise misfitting(misfits)
        return values


def _closed(name: str, definition: Definition | None) -> Misfit | None:
    if definition is None:
        return Misfit(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if definition["modificationMetadata"]["readOnlyValue"]:
        return Misfit(name, "READ_ONLY_VALUE", f'"{name}" is a read only property')
    return None

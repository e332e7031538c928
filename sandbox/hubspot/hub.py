"""The objects of the sandbox's HubSpot: made, changed, archived and found, with their unique values.

Sources: docs/design/vendors.md HubSpot (sections at each rule) and HubSpot 5 (paths and success
statuses that the official client needs). What is unknown there is answered in the stricter way.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.hubspot.errors import Misfit, RefusedError, invalid, iso, misfitting, not_found
from sandbox.hubspot.lifecycle import stage_after
from sandbox.hubspot.links import Links
from sandbox.hubspot.object_types import TYPES
from sandbox.hubspot.schema import Schema
from sandbox.store import Store, Thing

TOKEN = "pat-sandbox-0001"  # noqa: S105  the sandbox's own
MERGED = "hs_merged_object_ids"
_MOST_VERSIONS = 20  # of a property, HubSpot's page "Contacts"
#: Of each of these a new object must have at least one.
_NEEDED = {"contacts": ("email", "firstname", "lastname"), "companies": ("name", "domain")}


class Hub:
    """The objects and their rules."""

    def __init__(self, store: Store, search_lag: float = 2.0) -> None:
        self.store, self.search_lag = store, search_lag
        self.schema, self.links_of = Schema(store), Links(store)
        self.by_email: dict[str, str] = {}
        self.by_unique: dict[tuple[str, str, str], str] = {}
        self.by_merged: dict[tuple[str, str], str] = {}
        self.reindex()

    def reindex(self) -> None:
        """Build the look-ups of unique values again, after objects were put in from outside."""
        for look_up in (self.by_email, self.by_unique, self.by_merged):
            look_up.clear()
        for kind in TYPES:
            for thing in self.store.all(f"hubspot.{kind}").values():
                if not thing["archived"]:
                    self.index(kind, thing)

    def index(self, kind: str, thing: Thing) -> None:
        """Note the unique values of one object."""
        p, ident = thing["properties"], str(thing["id"])
        if kind == "contacts":
            self.by_email |= dict.fromkeys(addresses_of(p), ident)
        for name in self.schema.unique(kind):
            if p.get(name):
                self.by_unique[(kind, name, p[name])] = ident
        for old in parts(p.get(MERGED)):
            self.by_merged[(kind, old)] = ident

    def forget(self, kind: str, thing: Thing) -> None:
        """Take one object's unique values out of the look-ups."""
        p, ident = thing["properties"], thing["id"]
        for email in addresses_of(p) if kind == "contacts" else ():
            if self.by_email.get(email) == ident:
                del self.by_email[email]
        for name in self.schema.unique(kind):
            if self.by_unique.get((kind, name, p.get(name) or "")) == ident:
                del self.by_unique[(kind, name, p[name])]

    def create(self, kind: str, properties: Any) -> Thing:
        """A new object. Raises RefusedError."""
        values = {name: value for name, value in self.checked(kind, properties).items() if value}
        self.refuse_twin(kind, values, None)
        _refuse_blank(kind, values)
        defaults = {"contacts": {"lifecyclestage": "lead"}, "deals": {"pipeline": "default"}}
        ident, now = self.store.next_id(f"hubspot.{kind}", 1001), iso()
        thing: Thing = {
            "id": ident,
            "properties": {"hs_object_id": ident, TYPES[kind].created: now},
            "createdAt": now,
            "updatedAt": now,
            "archived": False,
        }
        return self._write(kind, thing, {**defaults.get(kind, {}), **values})

    def update(self, kind: str, thing: Thing, properties: Any) -> Thing:
        """Change an object; an empty text clears a property. Raises RefusedError."""
        values = self.checked(kind, properties)
        held = thing["properties"]
        if held.get("email") in (self.store.get("control", "ownerless") or {}):
            values.pop("hubspot_owner_id", None)  # a workflow of the account clears it again
        self.refuse_twin(kind, values, thing["id"])
        if values.get("lifecyclestage"):
            present = held.get("lifecyclestage") or ""
            values["lifecyclestage"] = stage_after(present, values["lifecyclestage"])
        self.forget(kind, thing)
        return self._write(kind, thing, values)

    def checked(self, kind: str, properties: Any) -> dict[str, str]:
        """See Schema.checked. Raises RefusedError."""
        if not isinstance(properties, dict):
            raise invalid("properties must be an object of property values")
        return self.schema.checked(kind, properties)

    def _write(self, kind: str, thing: Thing, values: Mapping[str, str]) -> Thing:
        written = dict(values)
        if kind == "deals":
            written |= self.schema.stages.closing({**thing["properties"], **values})
        now = iso()
        history = thing.setdefault("history", {})
        for name, value in written.items():
            if value != (thing["properties"].get(name) or ""):
                history[name] = [[value, now], *history.get(name, ())][:_MOST_VERSIONS]
        thing["properties"] = {**thing["properties"], **written}
        return self.save(kind, thing)

    def save(self, kind: str, thing: Thing) -> Thing:
        """Keep a changed object, with the time of its change."""
        thing["updatedAt"] = iso()
        thing["properties"][TYPES[kind].changed] = thing["updatedAt"]
        self.index(kind, thing)
        return self.store.put(f"hubspot.{kind}", thing["id"], thing)

    def archive(self, kind: str, ident: str) -> None:
        """Put an object into the recycle bin. One that isn't there is no error."""
        thing = self.find(kind, ident, None)
        if thing is not None:
            self.forget(kind, thing)
            gone = {**thing, "archived": True, "archivedAt": iso()}
            self.store.put(f"hubspot.{kind}", thing["id"], gone)

    def refuse_twin(self, kind: str, values: Mapping[str, str], own: str | None) -> None:
        """Refuse addresses and unique values of another object: the first with 409 and the other's
        id (docs/design/vendors.md HubSpot 1.1), the second with 400 and
        CONFLICTING_UNIQUE_VALUE."""
        for email in addresses_of(values) if kind == "contacts" else ():
            if (other := self.by_email.get(email, own)) != own:
                said = f"Contact already exists. Existing ID: {other}"
                raise RefusedError(409, "CONFLICT", said)
        taken = [
            name
            for name in self.schema.unique(kind)
            if values.get(name) and self.by_unique.get((kind, name, values[name]), own) != own
        ]
        if taken:
            said = "propertyValue: already has that value"
            raise misfitting([Misfit(name, "CONFLICTING_UNIQUE_VALUE", said) for name in taken])

    def find(self, kind: str, ident: str, by: str | None) -> Thing | None:
        """An object that isn't archived, by its id or that of one merged into it, or by another
        unique property. Raises RefusedError for a property that isn't unique."""
        if by in {None, "", "hs_object_id"}:
            found = self.store.get(f"hubspot.{kind}", ident)
            if found is None or found["archived"]:
                heir = self.by_merged.get((kind, ident), "")
                found = self.store.get(f"hubspot.{kind}", heir)
        elif by == "email" and kind == "contacts":
            found = self.store.get("hubspot.contacts", self.by_email.get(ident.lower(), ""))
        elif by in self.schema.unique(kind):
            key = (kind, str(by), ident)
            found = self.store.get(f"hubspot.{kind}", self.by_unique.get(key, ""))
        else:
            said = f"Unable to perform read by non-unique {TYPES[kind].ident} property {by}"
            raise invalid(said)
        return None if found is None or found["archived"] else found

    def get(self, kind: str, ident: str, by: str | None = None) -> Thing:
        """As `find`. Raises RefusedError for one that isn't there."""
        if (found := self.find(kind, ident, by)) is None:
            raise not_found()
        return found

    def link(
        self, source: str, a: str, target: str, b: str, types: Iterable[int] | None = None
    ) -> None:
        """Associate two objects both ways, by the unlabelled type if none is given. Raises
        RefusedError for types that don't join these two types of objects."""
        self.links_of.add(source, a, target, b, types)
        self.show_primary(source, a, target, b)

    def unlink(
        self, source: str, a: str, target: str, b: str, types: Iterable[int] | None = None
    ) -> None:
        """Remove an association or some of its types. Raises RefusedError."""
        self.links_of.remove(source, a, target, b, types)
        self.show_primary(source, a, target, b)

    def show_primary(self, source: str, a: str, target: str, b: str) -> None:
        """Write a contact's primary company on the contact, after its associations changed."""
        ends = {source: a, target: b}
        if {*ends} != {"contacts", "companies"}:
            return
        contact = self.store.get("hubspot.contacts", ends["contacts"])
        if contact is not None:
            primary = self.links_of.primary("contacts", contact["id"])
            contact["properties"]["associatedcompanyid"] = primary
            self.store.put("hubspot.contacts", contact["id"], contact)

    def links(self, source: str, ident: str, target: str) -> list[str]:
        """The ids of associated objects."""
        return list(self.links_of.of(source, ident, target))

    def broken(self, kind: str, values: Mapping[str, Any], thing: Thing | None) -> bool:
        """A row that the account refuses to store whatever is tried (control: broken_emails)."""
        email = values.get("email") or ((thing or {}).get("properties") or {}).get("email")
        return kind == "contacts" and email in (self.store.get("control", "broken_emails") or {})


def parts(text: str | None) -> list[str]:
    """The values of a property that holds several."""
    return [part for part in (text or "").split(";") if part]


def addresses_of(properties: Mapping[str, Any]) -> list[str]:
    """All addresses of a contact's properties, in small letters."""
    listed = [properties.get("email"), *parts(properties.get("hs_additional_emails"))]
    return [email.lower() for email in listed if email]


def _refuse_blank(kind: str, values: Mapping[str, str]) -> None:
    needed = _NEEDED.get(kind, ())
    if needed and not any(values.get(name) for name in needed):
        raise invalid(f"One of these properties is needed: {', '.join(needed)}")
    if TYPES[kind].is_activity and not values.get("hs_timestamp"):
        raise misfitting([Misfit("hs_timestamp", "REQUIRED_FIELD", "hs_timestamp is needed")])

"""Fields of a query: what type they have, and what a record holds of them."""

from typing import Any

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import REFERENCES, object_of
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import Selected
from sandbox.store import Thing

_NAMES = {"Owner": frozenset({"Id", "Name", "Email", "IsActive", "Type"})}
_NUMBERS = frozenset(("int", "double"))


class Fields:
    """The fields that the org's objects have and the integration user sees."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def type_of(self, kind: str, what: Selected) -> str:
        """Raises RefusedError for a field that isn't there, or is hidden."""
        if what.function in {"COUNT", "COUNT_DISTINCT"}:
            if what.path:
                self._path_type(kind, what.path)
            return "int"
        found = self._path_type(kind, what.path)
        if what.function in {"SUM", "AVG"} and found not in _NUMBERS:
            raise malformed(
                f"field {what.path} does not support aggregate operator {what.function}"
            )
        return found

    def _path_type(self, kind: str, path: str) -> str:
        head, _, tail = path.partition(".")
        if not tail:
            if path not in self._org.visible(kind):
                raise _no_column(path, kind)
            return self._org.field_type(kind, path)
        reference = REFERENCES.get(head, "")
        good = reference in self._org.visible(kind) and tail in (
            _NAMES.get(head) or self._org.visible(head)
        )
        if not good:
            raise _no_column(path, kind)
        return self._org.field_type("User" if head == "Owner" else head, tail)

    def get(self, record: Thing, what: Selected) -> Any:
        """A field's value, through at most one reference.

        An owner's Type is its object's name (docs/design/vendors.md Salesforce 1.4).
        """
        head, _, tail = what.path.partition(".")
        if not tail:
            return record.get(what.path)
        above = self.parent(record, head)
        if above is None:
            return None
        if head == "Owner" and tail == "Type":
            return {"User": "User", "Group": "Queue"}[object_of(above["Id"])]
        return above.get(tail)

    def parent(self, record: Thing, head: str) -> Thing | None:
        """The record that a reference points to, None for none."""
        ident = record.get(REFERENCES[head]) or ""
        return self._org.record(ident) if ident else None


def _no_column(path: str, kind: str) -> RefusedError:
    said = f"No such column '{path}' on entity '{kind}'. If you are attempting to use a custom field, be sure to append the '__c'"
    return RefusedError(400, "INVALID_FIELD", said)

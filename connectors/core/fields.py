"""Properties of a CRM in one form for all CRMs: what we need, what is there, and which of a
person's values may be written."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from connectors.core.errors import RecordRejected
from connectors.core.ttl_cache import TtlCache

Type = Literal["text", "long", "number", "date", "moment", "flag", "choice", "other"]
FIELDS_SECONDS = 600.0  # seconds that a CRM's description of its fields is good for
_TEXTS = frozenset({"text", "long"})


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A property.

    `options` are a choice's, by what is written; `hidden` ones don't count. `unique`: our own
    key. `most` is the longest text that it takes, in characters; 0 where the CRM doesn't say.
    """

    name: str
    label: str
    type: Type
    options: tuple[str, ...] = ()
    unique: bool = False
    writable: bool = True
    most: int = 0


def missing(
    vendor: str, kind: str, wanted: Sequence[Field], there: Mapping[str, Field]
) -> list[Field]:
    """The properties that must be made.

    Raises RecordRejected for one that is there as something else: it isn't ours to change.
    """
    absent: list[Field] = []
    present: list[Field] = []
    for field in wanted:
        (present if field.name in there else absent).append(field)
    if faults := faults_of(vendor, kind, present, there):
        raise RecordRejected("\n".join(faults))
    return absent


def faults_of(
    vendor: str, kind: str, wanted: Sequence[Field], there: Mapping[str, Field]
) -> list[str]:
    """A line for each property that is missing, or is there as something else."""
    faults: list[str] = []
    for field in wanted:
        if fault := _fault_of(vendor, kind, field, there.get(field.name)):
            faults.append(fault)
    return faults


def _fault_of(vendor: str, kind: str, field: Field, there: Field | None) -> str:
    """What is wrong with one property, '' if nothing is."""
    name = f"{vendor} {kind}.{field.name}"
    if there is None:
        return f"{name} is missing; run leadgate provision"
    fits = (
        there.type == field.type
        or {there.type, field.type} <= _TEXTS
        or (field.type == "choice" and there.type in _TEXTS)
    )
    if not fits or (field.unique and not there.unique):
        return (
            f"{name} is there as {_said(there)}, not as {_said(field)}: rename or delete it, or map"
            " to another"
        )
    if not there.writable:
        return f"{name} can't be written: map to another"
    return ""


def _said(field: Field) -> str:
    return f"unique {field.type}" if field.unique else field.type


def by_name(fields: Iterable[Field]) -> dict[str, Field]:
    """Properties by their names; of several with one name the last."""
    return {field.name: field for field in fields}


def names_in(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names that stand in any of several records, sorted."""
    names: set[str] = set()
    for record in records:
        names.update(record)
    return sorted(names)


def missing_options(field: Field, there: Field) -> list[str]:
    """Options that the rules' value table names and the CRM doesn't have: leads go on without them
    (`doctor` lists them)."""
    if there.type != "choice":
        return []
    return [option for option in field.options if option not in there.options]


class Admission:
    """Leaves out what the CRM would refuse, so that one unknown option doesn't cost the whole row.

    The CRM's properties are read at most every ten minutes; `read` is the connector's `fields`.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Mapping[str, Field]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fields = TtlCache(read, FIELDS_SECONDS, clock)

    async def admit(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """What may be written of a person's mapped values, and a line for each that may not.

        Raises VendorError.
        """
        if not values:
            return {}, ()
        known = await self._fields.get()
        admitted: dict[str, Any] = {}
        refused: list[str] = []
        for name, value in values.items():
            if refusal := _refusal(known.get(name), value):
                refused.append(f"{name}: {refusal}")
            else:
                admitted[name] = value
        return admitted, tuple(refused)


def _refusal(field: Field | None, value: Any) -> str:
    if field is None or not field.writable:
        return "the CRM has no such property, or doesn't let it be written"
    if field.type == "choice" and not set(str(value).split(";")) <= set(field.options):
        return "the CRM has no such option"
    if field.type in _TEXTS and field.most and len(str(value)) > field.most:
        return f"longer than the {field.most} characters that the CRM's property takes"
    return ""

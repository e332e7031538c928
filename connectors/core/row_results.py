"""Values and errors among the rows of a batch."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from connectors.core.crm import Row
from connectors.core.errors import RecordRejected, VendorError

K = TypeVar("K")
T = TypeVar("T")


def is_deleted(row: object) -> bool:
    """Whether a row was refused because its object is gone."""
    return isinstance(row, RecordRejected) and row.kind == "deleted"


def raise_first(rows: Iterable[object]) -> None:
    """Raise the first error among rows, if there is one."""
    for row in rows:
        if isinstance(row, VendorError):
            raise row


def errors_by_key(keys: Iterable[K], rows: Iterable[object]) -> dict[K, VendorError]:
    """The errors among rows, by the keys that stand in the same places."""
    errors: dict[K, VendorError] = {}
    for key, row in zip(keys, rows, strict=True):
        if isinstance(row, VendorError):
            errors[key] = row
    return errors


def split_errors(rows: Mapping[K, Row[T]]) -> tuple[dict[K, T], dict[K, VendorError]]:
    """The values among rows, and the errors."""
    values: dict[K, T] = {}
    errors: dict[K, VendorError] = {}
    for key, row in rows.items():
        if isinstance(row, VendorError):
            errors[key] = row
        else:
            values[key] = row
    return values, errors


async def refusals(find: Callable[[str], Awaitable[object]], names: Iterable[str]) -> list[str]:
    """The text of each RecordRejected that `find` raises for a name."""
    lines: list[str] = []
    for name in names:
        try:
            await find(name)
        except RecordRejected as error:
            lines.append(str(error))
    return lines

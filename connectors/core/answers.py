"""A vendor's answer, read into the form that it documents.

The one place where foreign JSON becomes our data.

An answer in another form is the vendor's trouble (Unreadable); a row in another form, in an
answer that is sound otherwise, is that row's. So nothing that a vendor may answer ends a process
as a KeyError.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
import structlog

from connectors.core.errors import RecordRetryable, Unreadable

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: The largest answer that is read, in bytes. The largest that a call can have, two thousand rows of
#: thirty fields, is some 3 MB.
MOST_BYTES = 7_000_000
#: The errors of reading any JSON text: msgspec's for a wrong form, RecursionError for a text that
#: is nested too deep.
_FAULTS = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)

Scalar = str | int | float | bool | None
Name = Annotated[str, msgspec.Meta(min_length=1)]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}$")]


def decode(content: bytes, form: type[T], call: str) -> T:
    """The body of an answer as `form`; an empty body is an empty object. `call` names the call.

    Raises Unreadable for everything that is not JSON of that form.
    """
    try:
        return msgspec.json.decode(content or b"{}", type=form)
    except _FAULTS as error:
        raise Unreadable(
            f"{call}: the answer is not in the documented form ({_why(content, error)})"
        ) from None


def foreign(content: bytes) -> Any:
    """The JSON of a refusal, for its words alone; None for anything else (a page of HTML)."""
    try:
        return msgspec.json.decode(content)
    except _FAULTS:
        return None


def member(value: Any, *path: str | int) -> Any:
    """The value in foreign JSON at this path of names and numbers, None if the path ends early."""
    for step in path:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def words(value: Any, *path: str | int) -> str:
    """The text in foreign JSON at this path, '' for none; at most 300 characters."""
    found = member(value, *path)
    if not isinstance(found, str | int | float):
        return ""
    return str(found)[:300]


def token_of(body: Any) -> str:
    """The access token of a login's answer, '' for none: one that can't travel in a header is
    none."""
    token = member(body, "access_token")
    if isinstance(token, str) and token.isascii() and token.isprintable():
        return token
    return ""


def read(item: Any, form: type[T]) -> T:
    """One row of an answer.

    Raises ValueError, the text of which says what is wrong with it and where.
    """
    try:
        return msgspec.convert(item, form)
    except _FAULTS as error:
        raise ValueError(str(error)[:200]) from None


def checked(item: Any, form: type) -> dict[str, Any]:
    """A row as the object that it is, once it has proved to be of a form. Raises ValueError."""
    read(item, form)
    if not isinstance(item, dict):
        raise ValueError("the row is no object")
    return item


def sound(vendor: str, items: Iterable[Any], map_row: Callable[[Any], T]) -> list[T]:
    """The rows of a listing or a look-up that can be read; odd ones are set aside with a line in
    the log.

    `map_row` raises ValueError for a row in another form. Raises Unreadable if there are several
    and none can be read.
    """
    rows: list[T] = []
    faults: list[str] = []
    for item in items:
        try:
            rows.append(map_row(item))
        except _FAULTS as error:
            faults.append(str(error)[:200])
            log.error(
                "row set aside",
                vendor=vendor,
                row=words(item, "id") or words(item, "Id"),
                why=faults[-1],
            )
    if len(faults) > 1 and not rows:
        raise _none(vendor, len(faults), faults[0])
    return rows


def in_part(vendor: str, ident: Any, fields: Any, map_row: Callable[[dict[str, Any]], T]) -> T:
    """A row of a feed without those of its fields that can't be read; each is named in the log.

    An odd phone number must not hide an opt-out. `map_row` makes a row of some of the fields,
    and raises ValueError. Raises ValueError for a row of which nothing can be read.
    """
    if not isinstance(fields, dict):
        raise ValueError("the row has no fields")
    readable: dict[str, Any] = {}
    odd: list[str] = []
    for name, value in fields.items():
        if _fits({name: value}, map_row):
            readable[name] = value
        else:
            odd.append(name)
    row = map_row(readable)
    log.error("row read in part", vendor=vendor, row=ident, without=sorted(odd))
    return row


def _fits(fields: dict[str, Any], map_row: Callable[[dict[str, Any]], object]) -> bool:
    try:
        map_row(fields)
    except _FAULTS:
        return False
    return True


def all_of(vendor: str, items: Iterable[Any], map_row: Callable[[Any], T]) -> list[T]:
    """The rows of a look-up that decides whether something is created: one that can't be read is
    not "nobody there".

    Raises RecordRetryable for an odd row, so that the look-up is split (splitting.one_by_one), and
    Unreadable if there are several and none can be read.
    """
    rows: list[T] = []
    faults: list[str] = []
    for item in items:
        try:
            rows.append(map_row(item))
        except _FAULTS as error:
            faults.append(str(error)[:200])
    if len(faults) > 1 and not rows:
        raise _none(vendor, len(faults), faults[0])
    if faults:
        raise RecordRetryable(f"{vendor} holds a row in an unknown form: {faults[0]}")
    return rows


def each(
    vendor: str, items: Sequence[Any], map_row: Callable[[Any], T]
) -> list[T | RecordRetryable]:
    """The rows of an answer to a batch, in its order; an odd one is an error of that row alone.

    Raises Unreadable if there are several and not one can be read: that is the vendor's trouble.
    """
    rows: list[T | RecordRetryable] = []
    odd = 0
    for item in items:
        try:
            rows.append(map_row(item))
        except _FAULTS as error:
            odd += 1
            rows.append(
                RecordRetryable(
                    f"{vendor} answered about this row in an unknown form: {str(error)[:200]}"
                )
            )
    if odd > 1 and odd == len(rows):
        raise _none(vendor, odd, str(rows[0]))
    return rows


def _none(vendor: str, count: int, first: str) -> Unreadable:
    return Unreadable(f"{vendor}: not one of {count} rows of its answer can be read ({first})")


def _why(content: bytes, error: Exception) -> str:
    start = content[:60].decode("utf-8", "replace")
    return f"{str(error)[:200]}; it begins with {start!r}"

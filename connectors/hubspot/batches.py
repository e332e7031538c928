"""What all batch calls share: their parts, and what an answer says of each row."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import Row
from connectors.core.errors import RecordRejected, RecordRetryable, VendorError
from connectors.core.splitting import one_by_one
from connectors.hubspot.client import HubSpotHttp, row_error
from connectors.hubspot.forms import Batch, Linked, Thing, thing
from connectors.hubspot.records import person

MOST, MOST_LINKED = 100, 1000
MERGED = "hs_merged_object_ids"
_ONE = {"contacts": "contact", "companies": "company", "deals": "deal"}


class Unanswered(RecordRetryable):
    """A row of which an answer says nothing: whether it was done is unknown."""


def failures(body: Batch) -> dict[str, VendorError]:
    """Errors of a 207 by the trace id they were sent with."""
    return {
        trace: row_error(e) for e in body.errors or () for trace in e.about("objectWriteTraceId")
    }


def absent(body: Batch) -> set[str]:
    """Ids of which HubSpot says that nothing is there."""
    return {
        ident
        for e in body.errors or ()
        if e.category == "OBJECT_NOT_FOUND"
        for ident in e.about("ids")
    }


def mapping(kind: str) -> Callable[[Any], Thing]:
    """How a row of a kind is read. Of a contact everything is tried that is read of it later."""
    return person if kind == "contacts" else thing


def things(items: Iterable[Any], kind: str) -> list[Thing]:
    """Objects of an answer; see answers.sound."""
    return sound("HubSpot", items, mapping(kind))


class Match(NamedTuple):
    """How an object that HubSpot answers is known for what was sent: what an input is called, and
    what an object bears."""

    sent: Callable[[dict[str, Any]], str]
    answered: Callable[[Thing], str]


BY_ID = Match(lambda item: str(item["id"]), lambda one: one.id)


def by_property(name: str) -> Match:
    """By a unique property of ours."""
    return Match(
        lambda item: str(item["properties"].get(name) or ""),
        lambda one: one.properties.get(name) or "",
    )


async def write_all(
    http: HubSpotHttp, kind: str, verb: str, inputs: list[dict[str, Any]], match: Match, **more: Any
) -> list[Row[Thing]]:
    """Write objects: for each input what HubSpot made of it, or its own error.

    Each has an `objectWriteTraceId`.

    Nothing is believed by its place: HubSpot doesn't document an order. A call that is refused
    for one of them is split (splitting.one_by_one).
    """

    async def call(some: Any) -> list[Row[Thing]]:
        body = await http.batch(kind, verb, list(some), **more)
        failed, made = (
            failures(body),
            {match.answered(one): one for one in things(body.results, kind)},
        )
        nothing = f"HubSpot answered nothing about this of the {kind}"
        return [
            failed.get(i["objectWriteTraceId"]) or made.get(match.sent(i)) or Unanswered(nothing)
            for i in some
        ]

    return await one_by_one(inputs, call, MOST)


async def linked(
    http: HubSpotHttp, source: str, target: str, ids: Collection[str]
) -> dict[str, list[str]]:
    """Ids of what objects are associated with, by their own; read by key, for search lags."""
    found: dict[str, list[str]] = {}

    async def call(some: Any) -> list[Row[str]]:
        body = await http.associate(source, target, "read", [{"id": i} for i in some])
        for row in all_of("HubSpot", body.results, lambda item: read(item, Linked)):
            found.setdefault(row.source.id, []).extend(row.ids)
        return list(some)

    for row in await one_by_one([*dict.fromkeys(ids)], call, MOST_LINKED):
        if isinstance(row, VendorError) and not isinstance(row, RecordRejected):
            # a refused id has no associations, but one whose are unknown must not be taken for
            # alone
            raise row
    return found


async def read_by(
    http: HubSpotHttp, kind: str, by: str, values: Collection[str], properties: Iterable[str]
) -> tuple[list[Thing], dict[str, VendorError]]:
    """Objects by another unique property, and the errors of values that can't be looked up; they
    cost the others nothing."""
    found: list[Thing] = []

    async def call(some: Any) -> list[Row[str]]:
        body = await http.batch(
            kind, "read", [{"id": i} for i in some], properties=[*properties], idProperty=by
        )
        found.extend(all_of("HubSpot", body.results, mapping(kind)))
        return list(some)

    asked = [*dict.fromkeys(values)]
    rows = await one_by_one(asked, call, MOST)
    return found, {
        value: row for value, row in zip(asked, rows, strict=True) if isinstance(row, VendorError)
    }


async def read_all(
    http: HubSpotHttp, kind: str, ids: Collection[str], properties: Iterable[str]
) -> dict[str, Row[Thing]]:
    """Objects by their ids as they are now; a contact that was merged is the one into which it was.

    RecordRejected 'deleted' is the answer for one of which HubSpot says that it isn't there,
    RecordRetryable for one of which it says nothing. An id that can't be looked up, or whose object
    can't be read, costs the others nothing.
    """
    found: dict[str, Thing] = {}
    gone: set[str] = set()
    wanted = [*properties, *([MERGED] if kind == "contacts" else [])]

    async def call(some: Any) -> list[Row[str]]:
        body = await http.batch(kind, "read", [{"id": i} for i in some], properties=wanted)
        found.update(by_every_id(all_of("HubSpot", body.results, mapping(kind))))
        gone.update(absent(body))
        return list(some)

    asked = [*dict.fromkeys(ids)]
    rows = await one_by_one(asked, call, MOST)
    return {
        i: row if isinstance(row, VendorError) else _looked_up(kind, i, found, gone)
        for i, row in zip(asked, rows, strict=True)
    }


def by_every_id(there: Iterable[Thing]) -> dict[str, Thing]:
    """Objects by their ids and by those of what was merged into them; an object's own id comes
    first."""
    merged: dict[str, Thing] = {}
    own: dict[str, Thing] = {}
    for item in there:
        own[item.id] = item
        merged.update(dict.fromkeys((item.properties.get(MERGED) or "").split(";"), item))
    return {**merged, **own}


def _looked_up(kind: str, ident: str, found: dict[str, Thing], gone: set[str]) -> Row[Thing]:
    if (item := found.get(ident)) is not None:
        return item
    what = f"{_ONE.get(kind, kind)} {ident}"
    if ident in gone:
        return RecordRejected(f"{what} is deleted", "deleted")
    return RecordRetryable(f"HubSpot answered nothing about {what}")

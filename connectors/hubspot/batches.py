"""Batch calls of HubSpot: their inputs, and what an answer says of each row."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import Row
from connectors.core.errors import RecordRejected, RecordRetryable, VendorError
from connectors.core.row_results import errors_by_key
from connectors.core.splitting import one_by_one
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import Batch, HubSpotObject, Linked, read_object
from connectors.hubspot.records import person
from connectors.hubspot.refusals import row_error

MOST, MOST_LINKED = 100, 1000
MERGED = "hs_merged_object_ids"
_ONE = {"contacts": "contact", "companies": "company", "deals": "deal"}


class Unanswered(RecordRetryable):
    """A row of which an answer says nothing: whether it was done is unknown."""


def change_input(
    ident: str, properties: Mapping[str, str], trace: str | None = None
) -> dict[str, Any]:
    """The input of an update. An error in the answer names it by `trace`, the id by default."""
    return {"id": ident, "properties": properties, "objectWriteTraceId": trace or ident}


def read_inputs(ids: Iterable[str]) -> list[dict[str, str]]:
    """The inputs of a read."""
    return [{"id": ident} for ident in ids]


def failures(body: Batch) -> dict[str, VendorError]:
    """Errors of a 207 by the trace ids of their inputs."""
    failed: dict[str, VendorError] = {}
    for error in body.errors or ():
        failed.update(dict.fromkeys(error.about("objectWriteTraceId"), row_error(error)))
    return failed


def absent(body: Batch) -> set[str]:
    """Ids of which HubSpot says that nothing is there."""
    idents: set[str] = set()
    for error in body.errors or ():
        if error.category == "OBJECT_NOT_FOUND":
            idents.update(error.about("ids"))
    return idents


def mapping(kind: str) -> Callable[[Any], HubSpotObject]:
    """The function that reads a row of a kind; a contact's checks everything that is read later."""
    return person if kind == "contacts" else read_object


def read_objects(items: Iterable[Any], kind: str) -> list[HubSpotObject]:
    """Objects of an answer; see answers.sound."""
    return sound("HubSpot", items, mapping(kind))


class Match(NamedTuple):
    """How answered objects are matched with inputs: the key of an input, and that of an object."""

    sent: Callable[[dict[str, Any]], str]
    answered: Callable[[HubSpotObject], str]


BY_ID = Match(lambda item: str(item["id"]), lambda one: one.id)


def by_property(name: str) -> Match:
    """By a unique property of ours."""
    return Match(
        lambda item: str(item["properties"].get(name) or ""),
        lambda one: one.text(name),
    )


async def write_all(
    http: HubSpotHttp, kind: str, verb: str, inputs: list[dict[str, Any]], match: Match, **more: Any
) -> list[Row[HubSpotObject]]:
    """Write objects: for each input the object as HubSpot answers it, or the input's own error.

    Each input has an `objectWriteTraceId`. Objects are not matched by their places: HubSpot doesn't
    document an order. A call that is refused for one input is split (splitting.one_by_one).
    """

    async def call(some: Any) -> list[Row[HubSpotObject]]:
        body = await http.batch(kind, verb, list(some), **more)
        failed = failures(body)
        made = {match.answered(one): one for one in read_objects(body.results, kind)}
        rows: list[Row[HubSpotObject]] = []
        for sent in some:
            row = failed.get(sent["objectWriteTraceId"]) or made.get(match.sent(sent))
            rows.append(row or Unanswered(f"HubSpot answered nothing about this of the {kind}"))
        return rows

    return await one_by_one(inputs, call, MOST)


async def linked(
    http: HubSpotHttp, source: str, target: str, ids: Collection[str]
) -> dict[str, list[str]]:
    """The ids of associated objects, by the ids of the objects; read by key, since search lags."""
    found: dict[str, list[str]] = {}

    async def call(some: Any) -> list[Row[str]]:
        body = await http.associate(source, target, "read", read_inputs(some))
        for row in all_of("HubSpot", body.results, lambda item: read(item, Linked)):
            found.setdefault(row.source.id, []).extend(row.ids)
        return list(some)

    for row in await one_by_one([*dict.fromkeys(ids)], call, MOST_LINKED):
        if isinstance(row, VendorError) and not isinstance(row, RecordRejected):
            # a refused id has no associations; one of unknown associations may have some
            raise row
    return found


async def read_by(
    http: HubSpotHttp, kind: str, by: str, values: Collection[str], properties: Iterable[str]
) -> tuple[list[HubSpotObject], dict[str, VendorError]]:
    """Objects by another unique property, and the errors of values that can't be looked up; they
    cost the others nothing."""
    found: list[HubSpotObject] = []

    async def call(some: Any) -> list[Row[str]]:
        body = await http.batch(
            kind, "read", read_inputs(some), properties=[*properties], idProperty=by
        )
        found.extend(all_of("HubSpot", body.results, mapping(kind)))
        return list(some)

    asked = [*dict.fromkeys(values)]
    return found, errors_by_key(asked, await one_by_one(asked, call, MOST))


async def read_all(
    http: HubSpotHttp, kind: str, ids: Collection[str], properties: Iterable[str]
) -> dict[str, Row[HubSpotObject]]:
    """Objects by their ids as they are now; a contact that was merged is the one into which it was.

    RecordRejected 'deleted' is the answer for one of which HubSpot says that it isn't there,
    RecordRetryable for one of which it says nothing. An id that can't be looked up, or whose object
    can't be read, costs the others nothing.
    """
    found: dict[str, HubSpotObject] = {}
    gone: set[str] = set()
    wanted = [*properties]
    if kind == "contacts":
        wanted.append(MERGED)

    async def call(some: Any) -> list[Row[str]]:
        body = await http.batch(kind, "read", read_inputs(some), properties=wanted)
        found.update(by_every_id(all_of("HubSpot", body.results, mapping(kind))))
        gone.update(absent(body))
        return list(some)

    asked = [*dict.fromkeys(ids)]
    shown: dict[str, Row[HubSpotObject]] = {}
    for ident, row in zip(asked, await one_by_one(asked, call, MOST), strict=True):
        if isinstance(row, VendorError):
            shown[ident] = row
        else:
            shown[ident] = _looked_up(kind, ident, found, gone)
    return shown


def by_every_id(there: Iterable[HubSpotObject]) -> dict[str, HubSpotObject]:
    """Objects by their ids and by those of what was merged into them; an object's own id comes
    first."""
    merged: dict[str, HubSpotObject] = {}
    own: dict[str, HubSpotObject] = {}
    for item in there:
        own[item.id] = item
        merged.update(dict.fromkeys(item.text(MERGED).split(";"), item))
    return {**merged, **own}


def _looked_up(
    kind: str, ident: str, found: dict[str, HubSpotObject], gone: set[str]
) -> Row[HubSpotObject]:
    if (item := found.get(ident)) is not None:
        return item
    what = f"{_ONE.get(kind, kind)} {ident}"
    if ident in gone:
        return RecordRejected(f"{what} is deleted", "deleted")
    return RecordRetryable(f"HubSpot answered nothing about {what}")

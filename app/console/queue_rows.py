"""The queue of what waits: by pages, and one lead of it."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Select, and_, select, tuple_

from app.console.schema import EVENTS, ITEMS, LEADS
from leads.records import WAITING_PLACES, Place, ReviewItem

_WAITS = tuple(sorted(map(str, WAITING_PLACES)))
_ITEM = msgspec.json.Decoder(ReviewItem)


class Waiting(NamedTuple):
    """A lead in the queue; `item` is what people are asked, None while it is on its way. Its person
    is sealed."""

    since: float
    lead: str
    place: str
    kind: str
    stage: str
    step: int
    item: ReviewItem | None

    @property
    def position(self) -> tuple[float, str]:
        """What the queue is sorted by."""
        return self.since, self.lead


def queue_page(
    connection: Connection,
    limit: int,
    after: tuple[float, str] | None = None,
    *,
    kind: str = "",
    places: Collection[str] = (Place.REVIEW,),
) -> list[Waiting]:
    """So many waiting leads, the oldest first, behind the `since` and `lead` of the last one of the
    page before."""
    c = LEADS.c
    leads = select(c.lead).where(c.place.in_([str(place) for place in places]))
    if kind:
        leads = leads.where(c.place_kind == kind)
    if after is not None:
        leads = leads.where(tuple_(c.place_at, c.lead) > tuple_(*after))
    order = (c.place_at, c.lead)
    asked = _rows().where(c.lead.in_(leads.order_by(*order).limit(limit)))  # an index has the order
    return [_waiting(tuple(row)) for row in connection.execute(asked.order_by(*order))]


def find_waiting(connection: Connection, lead: str) -> Waiting | None:
    """What a lead waits for, None if it doesn't wait."""
    asked = _rows().where(LEADS.c.lead == lead, LEADS.c.place.in_(_WAITS))
    row = connection.execute(asked).one_or_none()
    return None if row is None else _waiting(tuple(row))


def find_several_waiting(connection: Connection, leads: Collection[str]) -> list[Waiting]:
    """What those of some leads wait for that do, the oldest first."""
    c = LEADS.c
    asked = _rows().where(c.lead.in_(leads), c.place.in_(_WAITS)).order_by(c.place_at, c.lead)
    return [_waiting(tuple(row)) for row in connection.execute(asked)]


def decided_already(
    connection: Connection, seen: Mapping[str, int], actor: str, action: str
) -> set[str]:
    """Those of some leads, by the step at which each was seen, for which a person's decision has
    been carried out from that step on: a form that is sent twice finds its own."""
    c = EVENTS.c
    asked = select(c.lead, c.step).where(c.lead.in_(seen), c.kind == "reviewed")
    found = connection.execute(asked.where(c.actor == actor, c.action == action))
    return {lead for lead, step in found if step >= seen[lead]}


def _rows() -> Select[Any]:
    c = LEADS.c
    now = (ITEMS.c.lead == c.lead, ITEMS.c.stage == c.place_stage, ITEMS.c.step == c.place_step)
    columns = (c.place_at, c.lead, c.place, c.place_kind, c.place_stage, c.place_step)
    return select(*columns, ITEMS.c.record).join_from(LEADS, ITEMS, and_(*now), isouter=True)


def _waiting(row: tuple[Any, ...]) -> Waiting:
    since, lead, place, kind, stage, step, item = row
    return Waiting(since, lead, place, kind, stage, step, _ITEM.decode(item) if item else None)

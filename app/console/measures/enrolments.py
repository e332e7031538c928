"""Leads that were enrolled, against those that are held for want of an owner."""

from sqlalchemy import Connection, and_, select

from app.console.measures.cohorts import Condition, Window, count_alike, first_events, has_later
from app.console.measures.counting import Counted
from app.console.schema import LEADS
from leads.records import Place

_CAME_TO_ROUTING = Condition(("routed", "unrouted"))
_ENROLLED = Condition(("enrolled",))
_NO_OWNER = ("unrouted", "unowned")


def count_enrolled(connection: Connection, window: Window) -> list[Counted]:
    """Leads by the day on which routing first decided about them."""
    cohort, c = first_events(window, _CAME_TO_ROUTING), LEADS.c
    held = and_(c.place == str(Place.HELD), c.place_kind.in_(_NO_OWNER), ~c.place_shadow)
    rows = select(
        cohort.c.day,
        cohort.c.rules,
        held.label("held"),
        has_later(cohort, _ENROLLED).label("enrolled"),
    ).join_from(cohort, LEADS, c.lead == cohort.c.lead)
    return [
        Counted(day, became(held=is_held, enrolled=is_enrolled), rules, leads=leads)
        for day, rules, is_held, is_enrolled, leads in count_alike(connection, rows)
    ]


def became(*, held: bool, enrolled: bool) -> str:
    """The outcome, by its key in definitions.py."""
    if held:
        return "held"
    return "enrolled" if enrolled else "other"

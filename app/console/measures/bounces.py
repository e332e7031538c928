"""Bounces among the leads that entered a sequence, by Apollo list."""

from sqlalchemy import Connection, func, select

from app.console.measures.cohorts import Condition, Window, count_alike, first_events, has_later
from app.console.measures.counting import Counted
from app.console.schema import LISTS

_ENROLLED = Condition(("enrolled",))
_BOUNCED = Condition(("suppressed",), suppression="bounce")


def count_bounces(connection: Connection, window: Window) -> list[Counted]:
    """Leads by the day on which they first entered a sequence."""
    cohort = first_events(window, _ENROLLED)
    bounced = has_later(cohort, _BOUNCED).label("bounced")
    rows = select(cohort.c.day, cohort.c.rules, bounced)
    return [
        Counted(day, became(bounced=is_so), rules, leads=leads)
        for day, rules, is_so, leads in count_alike(connection, rows)
    ]


def count_bounces_by_list(connection: Connection, window: Window) -> list[Counted]:
    """The same, once for each list that a lead has been on, or for the window's list; '' for those
    on none."""
    cohort = first_events(window, _ENROLLED)
    bounced = has_later(cohort, _BOUNCED).label("bounced")
    name = func.coalesce(LISTS.c.list, "").label("list")
    rows = select(cohort.c.day, cohort.c.rules, name, bounced)
    rows = rows.join_from(cohort, LISTS, LISTS.c.lead == cohort.c.lead, isouter=True)
    if window.list:
        rows = rows.where(LISTS.c.list == window.list)
    return [
        Counted(day, became(bounced=is_so), rules, name, leads)
        for day, rules, name, is_so, leads in count_alike(connection, rows)
    ]


def became(*, bounced: bool) -> str:
    """The outcome, by its key in definitions.py."""
    return "bounced" if bounced else "kept"

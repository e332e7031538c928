"""Routing accuracy: whether the CRM, read back, shows the rep that the rules have chosen."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, or_

from app.console.measures.cohorts import Window
from app.console.measures.counting import Counted
from app.console.measures.lead_steps import LeadStep, by_lead, lead_steps
from app.console.schema import EVENTS

#: The rule of a route that a person has chosen.
_BY_PERSON = "review_decision"
#: What the stage that writes the owner finds; `assigned` names the owner that the CRM shows.
_FOUND = {
    "unowned": "no_owner",
    "another_automation": "automation",
    "fallback": "refused",
}


def count_routings(connection: Connection, window: Window) -> list[Counted]:
    """Leads by the day on which the rules first gave them to a rep."""
    c = EVENTS.c
    checks = and_(c.stage == "assign", c.kind.in_(("assigned", *_FOUND)))
    wanted = and_(or_(c.kind == "routed", checks), ~c.shadow)
    return judge_routings(lead_steps(connection, window, ("routed",), wanted), window)


def judge_routings(steps: Iterable[LeadStep], window: Window) -> list[Counted]:
    """The same from events that were not decided in shadow."""
    found = map(_judge, by_lead(steps))
    return [one for one in found if one is not None and window.first <= one.day <= window.last]


def _judge(steps: Sequence[LeadStep]) -> Counted | None:
    """What became of a lead's first route to a rep by the rules; None if it never had one."""
    routed = next((i for i, one in enumerate(steps) if _is_to_rep(one)), None)
    if routed is None:
        return None
    route = steps[routed]
    # of the next route another check tells
    check = next(iter(steps[routed + 1 :]), None)
    return Counted(route.day, _outcome(route, check), route.rules)


def _is_to_rep(step: LeadStep) -> bool:
    route = step.outcome
    return step.kind == "routed" and route.kind == "rep" and route.rule != _BY_PERSON


def _outcome(route: LeadStep, check: LeadStep | None) -> str:
    if check is None or check.kind == "routed":
        return "unchecked"
    if check.kind == "assigned":
        return "right" if check.owner.casefold() == route.owner.casefold() else "other"
    return _FOUND[check.kind]

"""SLA clocks as rows of the read model. None here was opened in shadow."""

from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, tuple_

from app.console.schema import CLOCKS, LEADS

#: What became of a clock; `opened` while it runs.
State: TypeAlias = Literal["opened", "met", "breached", "withdrawn"]


class ClockRow(NamedTuple):
    """A clock with the owner and the company of its lead, '' if it has none."""

    clock: str
    lead: str
    started_at: float
    deadline: float
    state: str
    team: str
    owner: str
    company: str

    @property
    def position(self) -> tuple[float, str]:
        """What clocks are sorted by."""
        return self.deadline, self.clock


class ClockFilter(NamedTuple):
    """Clocks of a state; with a team or an owner's address, those of them; with deadlines from
    `since` to `until`, where one is given."""

    state: State
    team: str = ""
    owner: str = ""
    since: float = 0.0
    until: float | None = None


class ClockCounts(NamedTuple):
    """How many clocks run, how many of them are due soon or late already, and how many have
    ended."""

    running: int = 0
    due: int = 0
    breached: int = 0
    met: int = 0

    def plus(self, other: "ClockCounts") -> "ClockCounts":
        """Both together."""
        return ClockCounts(*(mine + others for mine, others in zip(self, other, strict=True)))


def clocks_page(
    connection: Connection, wanted: ClockFilter, limit: int, after: tuple[float, str] | None = None
) -> list[ClockRow]:
    """So many clocks behind the `position` of the last one of the page before: of those that run
    the one that is due first, of others the latest deadline first."""
    c = CLOCKS.c
    asked = _rows().where(_is_live(), c.state == wanted.state, c.deadline >= wanted.since)
    if wanted.until is not None:
        asked = asked.where(c.deadline <= wanted.until)
    for column, value in ((c.team, wanted.team), (LEADS.c.owner, wanted.owner)):
        if value:
            asked = asked.where(column == value)
    place, runs = tuple_(c.deadline, c.clock), wanted.state == "opened"
    if after is not None:
        asked = asked.where(place > tuple_(*after) if runs else place < tuple_(*after))
    order = (c.deadline, c.clock) if runs else (c.deadline.desc(), c.clock.desc())
    found = connection.execute(asked.order_by(*order).limit(limit))
    return [ClockRow(*row) for row in found]


def count_clocks(
    connection: Connection, due: float, since: float, owner: str = ""
) -> dict[str, ClockCounts]:
    """By team, how many clocks run, and have a deadline until `due`; and how many of those with a
    deadline from `since` on were breached or met. With an owner, only those of its leads."""
    c = CLOCKS.c
    soon = func.sum(case((c.deadline <= due, 1), else_=0))
    asked = select(c.team, c.state, func.count(), soon)
    if owner:
        asked = asked.join_from(CLOCKS, LEADS, LEADS.c.lead == c.lead).where(LEADS.c.owner == owner)
    ended = and_(c.state.in_(("breached", "met")), c.deadline >= since)
    asked = asked.where(_is_live(), or_(c.state == "opened", ended))
    found: dict[str, ClockCounts] = {}
    for team, state, clocks, late in connection.execute(asked.group_by(c.team, c.state)):
        counts = {"running": clocks, "due": late} if state == "opened" else {state: clocks}
        found[team] = found.get(team, ClockCounts())._replace(**counts)
    return found


def sum_of(counts: dict[str, ClockCounts]) -> ClockCounts:
    """All teams together."""
    whole = ClockCounts()
    for one in counts.values():
        whole = whole.plus(one)
    return whole


def _rows() -> Select[Any]:
    """The columns of ClockRow."""
    c, of_lead = CLOCKS.c, LEADS.c
    owner, company = func.coalesce(of_lead.owner, ""), func.coalesce(of_lead.company, "")
    columns = (c.clock, c.lead, c.started_at, c.deadline, c.state, c.team, owner, company)
    return select(*columns).join_from(CLOCKS, LEADS, of_lead.lead == c.lead, isouter=True)


def _is_live() -> ColumnElement[bool]:
    return ~func.coalesce(CLOCKS.c.opened_shadow, CLOCKS.c.shadow)

"""Tasks and notes made once, and owners' first activities: the same in every CRM."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite

W = TypeVar("W", TaskWrite, NoteWrite)

#: A contact's id, the id of the owner who did something, and when.
Activity = tuple[str, str, float]


async def make_once(
    writes: Sequence[W],
    find: Callable[[Sequence[W]], Awaitable[Mapping[str, str]]],
    make: Callable[[Sequence[W], float], Awaitable[Sequence[Row[str]]]],
) -> list[Row[str]]:
    """The ids of tasks or notes, those of earlier attempts included.

    `find` answers, by effect id, those that earlier attempts made; only writes with `look_first`
    are looked up. `make` makes the rest in one call, which leaves before the earliest `until`, and
    answers in their order.
    """
    rows: dict[str, Row[str]] = {}
    if looked := [write for write in writes if write.look_first]:
        rows.update(await find(looked))
    if rest := [write for write in writes if write.effect_id not in rows]:
        made = await make(rest, min(write.until for write in rest))
        for write, row in zip(rest, made, strict=True):
            rows[write.effect_id] = row
    return [rows[write.effect_id] for write in writes]


def first_activities(asked: Sequence[ActivityAsked], done: Iterable[Activity]) -> list[float]:
    """For each question the time of the owner's first activity since then, 0 for none."""
    times: dict[tuple[str, str], list[float]] = {}
    for contact_id, owner_id, at in done:
        times.setdefault((contact_id, owner_id), []).append(at)
    found: list[float] = []
    for question in asked:
        own = times.get((question.contact_id, question.owner_id), ())
        found.append(min((at for at in own if at >= question.since), default=0.0))
    return found

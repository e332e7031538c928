"""Leads by the beginnings of their ids, as people type them."""

from collections.abc import Iterable

#: The fewest characters of an id that stand for it.
SHORTEST_PREFIX = 8
_LENGTH = 36


class AmbiguousIdError(ValueError):
    """Several leads' ids begin with the text. The message names them."""


def is_whole(text: str) -> bool:
    """Whether a text is as long as a lead's id."""
    return len(text) == _LENGTH


def match_id(text: str, leads: Iterable[str]) -> str:
    """The one lead of `leads` that a text stands for: by its id in any case, or by the first
    SHORTEST_PREFIX or more characters of it; '' if there is none.

    Raises AmbiguousIdError.
    """
    wanted, known = text.strip().casefold(), set(leads)
    for lead in known:
        if lead.casefold() == wanted:
            return lead
    if len(wanted) < SHORTEST_PREFIX:
        return ""
    found = sorted(lead for lead in known if lead.startswith(wanted))
    if len(found) > 1:
        raise AmbiguousIdError(
            f"{text} begins the ids of {len(found)} leads: {', '.join(found[:5])}; write more of it"
        )
    return found[0] if found else ""

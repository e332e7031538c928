"""Places in a reading of people who are of several kinds, in turn: `kind place`."""

from collections.abc import Iterator, Sequence


def in_turn(kinds: Sequence[str], after: str) -> Iterator[tuple[str, str, str]]:
    """The kinds that are left after a place: each with where it begins ('' for its start), and what follows its end."""
    begun, _, place = after.partition(" ")
    left = kinds[kinds.index(begun) :] if begun else kinds
    for kind, following in zip(left, [*(f"{k} " for k in left[1:]), ""], strict=True):
        yield kind, place if kind == begun else "", following

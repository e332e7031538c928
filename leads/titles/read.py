"""What a job title says: the noun that governs it, not any word that occurs in it.

A title is a list of positions ("Founder, CTO"), a position has parts ("VP Sales & Marketing"). In a
part, the last rank before a preposition governs: "Executive Assistant to the CEO" is an assistant,
"Sales Director" a director. The highest position counts.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from leads.titles.fold import LONGEST, fold_title
from leads.titles.function_words import ASSISTANTS, STRONG, WEAK
from leads.titles.phrase_table import Phrases
from leads.titles.positions import LEADING, Position, held_positions
from leads.titles.rank_words import FIXED, IMPLIED, SENIORITIES

_STRONG, _WEAK = Phrases(STRONG), Phrases(WEAK)
_FIXED, _IMPLIED = Phrases(FIXED), Phrases(IMPLIED)


class Title(NamedTuple):
    """What a title says; '' where it has no word of it."""

    seniority: str
    function: str

    def or_else(self, other: "Title") -> "Title":
        """This, with what it leaves open from another opinion."""
        return Title(self.seniority or other.seniority, self.function or other.function)


#: No opinion of a title.
UNREAD = Title("", "")
#: Of a title that says no more, and of a position that is not held.
OTHER = Title("other", "other")


def read_title(title: str) -> Title:
    """The seniority (one of SENIORITIES) and function (one of FUNCTIONS) of the highest position
    that a title names; a position that is over or only wished for is `other`."""
    return _read(title[:LONGEST])


@lru_cache(maxsize=16384)
def _read(title: str) -> Title:
    folded = fold_title(title)
    positions, over = held_positions(folded)
    if positions:
        seniority = min((p.seniority for p in positions), key=SENIORITIES.index)
        return Title(seniority, _function_of(positions, seniority))
    if over:
        return OTHER
    words = f"{folded.main} {folded.brackets}".split()
    return Title("", _first_meaning(_STRONG, words) or _first_meaning(_WEAK, words))


def _function_of(positions: Sequence[Position], seniority: str) -> str:
    found = [_position_function(position) for position in positions]
    for function in found:
        if function not in {"", "executive"}:
            return function
    if "executive" in found or seniority in LEADING:
        return "executive"
    return ""


def _position_function(position: Position) -> str:
    """By the field's words, else by the rank, else by words that say little."""
    fixed = _FIXED.meaning_of(position.phrase)
    if fixed:
        return fixed
    strong = _first_meaning(_STRONG, position.words)
    if strong:
        return strong
    implied = _IMPLIED.meaning_of(position.phrase) or _IMPLIED.ending_of(position.phrase)
    if implied in {"", "executive"} or position.phrase in ASSISTANTS:
        return _first_meaning(_WEAK, position.words) or implied
    return implied


def _first_meaning(table: Phrases, words: Sequence[str]) -> str:
    """What the first phrase of a table among the words means, '' if there is none."""
    for at in range(len(words)):
        match = table.match(words, at)
        if match:
            return match.meaning
    return ""

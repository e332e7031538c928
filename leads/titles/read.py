"""What a job title says: the noun that governs it, not any word that occurs in it.

A title is a list of positions ("Founder, CTO"), a position has parts ("VP Sales & Marketing"). In a
part, the last rank before a preposition governs: "Executive Assistant to the CEO" is an assistant,
"Sales Director" a director. The highest position counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from leads.titles.fold import PART, POSITION, fold_title
from leads.titles.functions import ASSISTANTS, STRONG, WEAK
from leads.titles.phrases import Phrases
from leads.titles.ranks import ENDINGS, IMPLIED, NOT_HELD, RANKS, SENIORITIES

_RANKS, _ENDINGS, _IMPLIED = Phrases(RANKS), Phrases(ENDINGS), Phrases(IMPLIED)
_STRONG, _WEAK = Phrases(STRONG), Phrases(WEAK)
_PREPOSITIONS = frozenset(
    """of to for at in de der des du d da do dos das del della delle di von vom im fur van til till
    av af""".split()
)
#: What follows these is somebody or something else than the position's field.
_OUTSIDE = frozenset({"to", "at"})
_TOP = frozenset({"founder", "c_suite"})
_LED = frozenset({"founder", "c_suite", "vp"})
#: A rank only where the part has no other: in "Directeur Commercial" it is the field.
_FIELD_OR_RANK = frozenset({"commercial"})


class Title(NamedTuple):
    """What a title says; '' for a seniority of which it has no word."""

    seniority: str
    function: str


@dataclass(slots=True)
class _Rank:
    phrase: str
    seniority: str
    start: int
    length: int


@dataclass(slots=True)
class _Position:
    """A rank with the words of its part and of the parts without a rank that follow."""

    seniority: str
    phrase: str
    words: list[str]


@lru_cache(maxsize=16384)
def read_title(title: str) -> Title:
    """The seniority (one of SENIORITIES) and function (one of FUNCTIONS) of the highest position
    that a title names; a position that is over or only wished for is `other`."""
    positions, ended = _positions(fold_title(title))
    if not positions:
        return Title("other", "other") if ended else Title("", _field(title))
    seniority = min((p.seniority for p in positions), key=SENIORITIES.index)
    return Title(seniority, _function_of(positions, seniority))


def _field(title: str) -> str:
    """The function of a title without a rank, '' if no word names one."""
    words = fold_title(title).split()
    return _first_meaning(_STRONG, words) or _first_meaning(_WEAK, words)


def _positions(folded: str) -> tuple[list[_Position], bool]:
    """The positions that are held, and whether one is over."""
    found: list[_Position] = []
    ended = False
    for text in folded.split(POSITION):
        parts = [part.split() for part in text.split(PART) if part.strip()]
        if any(word in NOT_HELD for word in _before_preposition(parts[0] if parts else [])):
            ended = True
            continue
        for words in parts:
            rank = _governing(words)
            if rank is None:
                if found:
                    found[-1].words += _within(words)
            elif found and _only_names(rank, words):
                found[-1].words += _within(words[rank.start + rank.length :])
            else:
                found.append(_Position(rank.seniority, rank.phrase, _field_words(rank, words)))
                if _serves(rank, words):
                    return found, ended
    return found, ended


def _before_preposition(words: Sequence[str]) -> list[str]:
    for i, word in enumerate(words):
        if word in _PREPOSITIONS:
            return list(words[:i])
    return list(words)


def _governing(words: Sequence[str]) -> _Rank | None:
    """The last rank before a preposition."""
    ranks = list(_ranks(words))
    others = [rank for rank in ranks if rank.phrase not in _FIELD_OR_RANK]
    return next(reversed(others or ranks), None)


def _ranks(words: Sequence[str]) -> Iterator[_Rank]:
    at = 0
    while at < len(words) and words[at] not in _PREPOSITIONS:
        match = _RANKS.match(words, at)
        if match:
            yield _Rank(match.phrase, match.meaning, at, match.length)
            at += match.length
            continue
        seniority = _ENDINGS.ending_of(words[at])
        if seniority:
            yield _Rank(words[at], seniority, at, 0)  # its beginning names the field
        at += 1


def _only_names(rank: _Rank, words: Sequence[str]) -> bool:
    """Whether a further position names somebody only: the CEO of "Director, CEO Communications"."""
    follows = len(_before_preposition(words)) > rank.start + rank.length
    return rank.seniority in _TOP and rank.length == 1 and follows


def _serves(rank: _Rank, words: Sequence[str]) -> bool:
    """Whether what follows is who is served: "Assistant to the CEO and CFO"."""
    prepositions = [word for word in words if word in _PREPOSITIONS]
    if rank.phrase in ASSISTANTS:
        return bool(prepositions)
    return rank.seniority == "other" and "to" in prepositions


def _field_words(rank: _Rank, words: Sequence[str]) -> list[str]:
    kept = [*words[: rank.start], *words[rank.start + rank.length :]]
    if rank.phrase in ASSISTANTS:
        return _before_preposition(kept)
    return _within(kept)


def _within(words: Sequence[str]) -> list[str]:
    """The words up to one after which somebody else is named."""
    for i, word in enumerate(words):
        if word in _OUTSIDE:
            return list(words[:i])
    return list(words)


def _function_of(positions: Sequence[_Position], seniority: str) -> str:
    found = [_position_function(position) for position in positions]
    for function in found:
        if function not in {"", "executive"}:
            return function
    if "executive" in found or seniority in _LED:
        return "executive"
    return "other"


def _position_function(position: _Position) -> str:
    """By the field's words, else by the rank, else by words that say little."""
    strong = _first_meaning(_STRONG, position.words)
    if strong:
        return strong
    implied = _IMPLIED.meaning_of(position.phrase) or _IMPLIED.ending_of(position.phrase)
    if implied in {"", "executive"}:
        return _first_meaning(_WEAK, position.words) or implied
    return implied


def _first_meaning(table: Phrases, words: Sequence[str]) -> str:
    """What the first phrase of a table among the words means, '' if there is none."""
    for at in range(len(words)):
        match = table.match(words, at)
        if match:
            return match.meaning
    return ""

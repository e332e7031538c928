"""What a job title says: the noun that governs it, not any word that occurs in it.

A title is a list of positions ("Founder, CTO"), a position has parts ("VP Sales & Marketing"). In a
part, the last rank before a preposition governs: "Executive Assistant to the CEO" is an assistant,
"Sales Director" a director. The highest position counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from leads.titles.fold import PART, POSITION, Folded, fold_title
from leads.titles.functions import ASSISTANTS, STRONG, WEAK
from leads.titles.phrases import Phrases
from leads.titles.ranks import (
    ENDINGS,
    FIXED,
    IMPLIED,
    NOT_HELD,
    NOT_HELD_BEGINNINGS,
    OWNED,
    RANKS,
    SENIORITIES,
)

_RANKS, _ENDINGS, _IMPLIED = Phrases(RANKS), Phrases(ENDINGS), Phrases(IMPLIED)
_FIXED = Phrases(FIXED)
_STRONG, _WEAK = Phrases(STRONG), Phrases(WEAK)
_PREPOSITIONS = frozenset(
    """of to for at in de der des du d da do dos das del dell della delle dello dall di von vom im
    fur van til till av af""".split()
)
#: What follows these is somebody or something else than the position's field.
_OUTSIDE = frozenset({"to", "at"})
#: "Recruiter - VP roles" recruits them.
_ROLES = frozenset("role roles org orgs position positions search searches office offices".split())
#: "CEO North America" is one.
_PLACES = frozenset(
    """america americas emea apac europe uk us usa dach benelux nordics iberia mena latam germany
    france spain italy ireland netherlands sweden asia africa pacific east west north south central
    international global region regions""".split()
)
_TOP = frozenset({"founder", "c_suite"})
_LED = frozenset({"founder", "c_suite", "vp"})
#: A rank only where the part has no other: in "Directeur Commercial" it is the field.
_FIELD_OR_RANK = frozenset({"commercial"})


class Title(NamedTuple):
    """What a title says; '' for a seniority of which it has no word."""

    seniority: str
    function: str


#: No opinion of a title.
UNREAD = Title("", "")


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
    folded = fold_title(title)
    positions, ended = _held(folded)
    if ended and not positions:
        return Title("other", "other")
    if not positions:
        return Title("", _field(f"{folded.main} {folded.aside}".split()))
    seniority = min((p.seniority for p in positions), key=SENIORITIES.index)
    return Title(seniority, _function_of(positions, seniority))


def _field(words: Sequence[str]) -> str:
    """The function of a title without a rank, '' if no word names one."""
    return _first_meaning(_STRONG, words) or _first_meaning(_WEAK, words)


def _held(folded: Folded) -> tuple[list[_Position], bool]:
    """The positions that are held, and whether one is over. A rank in brackets counts only where
    there is no other."""
    if folded.main.startswith(NOT_HELD_BEGINNINGS):
        return [], True
    found, ended = _positions(folded.main)
    if not found and not ended:
        return _positions(folded.aside)
    if found:
        found[0].words += folded.aside.split()
    return found, ended


def _positions(folded: str) -> tuple[list[_Position], bool]:
    found: list[_Position] = []
    ended = False
    for text in folded.split(POSITION):
        parts = [part.split() for part in text.split(PART) if part.strip()]
        if any(word in NOT_HELD for word in _before_preposition(parts[0] if parts else [])):
            ended = True
        elif _add_position(found, parts):
            break
    return found, ended


def _add_position(found: list[_Position], parts: Sequence[Sequence[str]]) -> bool:
    """Add what the parts of one position say; whether all that follows is who is served."""
    ignored = _named_only(parts) if found else frozenset()
    for words in parts:
        rank = _governing(words)
        if rank and rank.seniority not in ignored:
            found.append(_Position(rank.seniority, rank.phrase, _field_words(rank, words)))
            if _serves(rank, words):
                return True
        elif found:
            found[-1].words += _within(words)
    return False


def _named_only(parts: Sequence[Sequence[str]]) -> frozenset[str]:
    """The seniorities that a further position only names: "Director, CEO Communications" is no CEO,
    a "Recruiter - VP roles" no vice president."""
    last = _before_preposition(parts[-1]) if parts else []
    if not last:
        return frozenset()
    if last[-1] in _ROLES:
        return frozenset(SENIORITIES)
    ends_in_rank = bool(_RANKS.match(last, len(last) - 1)) or last[-2:] == ["c", "officer"]
    if ends_in_rank or last[-1] in _PLACES:
        return frozenset()
    return _TOP


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
            seniority = match.meaning
            if match.phrase == "owner" and not _owns_company(words, at):
                seniority = "other"
            yield _Rank(match.phrase, seniority, at, match.length)
            at += match.length
            continue
        seniority = _ENDINGS.ending_of(words[at])
        if seniority:
            yield _Rank(words[at], seniority, at, 0)  # its beginning names the field
        at += 1


def _owns_company(words: Sequence[str], at: int) -> bool:
    """Whether the owner at a place owns a company, not a product or a platform."""
    before = words[at - 1] if at else ""
    return not before or before in OWNED or bool(_RANKS.match(words, at - 1))


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

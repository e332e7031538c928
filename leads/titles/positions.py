"""The positions that a title names and its bearer holds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from leads.titles.fold import PART, POSITION, Folded
from leads.titles.function_words import ASSISTANTS
from leads.titles.governing_rank import (
    TOP,
    after_preposition,
    before_preposition,
    ends_in_rank,
    field_words,
    governing_rank,
    ranks_of,
    within_field,
)
from leads.titles.rank_words import NOT_HELD, NOT_HELD_BEGINNINGS, SENIORITIES

#: "Recruiter - VP roles" recruits them.
_ROLES = frozenset("role roles org orgs position positions search searches".split())
#: "CEO North America" is one.
_PLACES = frozenset(
    """america americas emea apac europe uk us usa dach benelux nordics iberia mena latam germany
    france spain italy ireland netherlands sweden asia africa pacific east west north south central
    international global region regions""".split()
)
#: They are `executive` where nothing names a field.
LEADING = frozenset({"founder", "c_suite", "vp"})
#: A rank after one of these is that of the person whom they work for: "Chief of Staff, CEO".
_SERVING = ASSISTANTS | {
    "chief of staff",
    "executive business partner",
    "headhunter",
    "intern",
    "recruiter",
    "speechwriter",
    "trainee",
}


@dataclass(slots=True)
class Position:
    """A rank with the words of its part and of the parts without a rank that follow."""

    seniority: str
    phrase: str
    words: list[str]


def held_positions(folded: Folded) -> tuple[list[Position], bool]:
    """The positions that are held, and whether one is over. A rank in brackets counts only where
    there is no other."""
    brackets = folded.brackets.split()
    if folded.main.startswith(NOT_HELD_BEGINNINGS) or (brackets and brackets[0] in NOT_HELD):
        return [], True
    found, over = _positions(folded.main)
    if not found and not over:
        return _positions(folded.brackets)
    if found:
        found[0].words += brackets
    return found, over


def _positions(folded: str) -> tuple[list[Position], bool]:
    """The positions of a folded text. "CEO, retired" and "Retired - CEO" are over as a whole, of
    "VP Finance, former CFO" the second."""
    found: list[Position] = []
    over = over_next = False
    for text in folded.split(POSITION):
        parts = [part.split() for part in text.split(PART) if part.strip()]
        if parts and all(word in NOT_HELD for word in parts[0]):
            over, over_next = True, not found
            del found[-1:]
        elif over_next:
            over_next = False
        else:
            held = _held_parts(parts)
            over = over or len(held) < len(parts)
            if _add_position(found, held):
                break
    return found, over


def _held_parts(parts: Sequence[list[str]]) -> Sequence[list[str]]:
    """The parts before one that is over."""
    for i, words in enumerate(parts):
        if any(word in NOT_HELD for word in before_preposition(words)):
            return parts[:i]
    return parts


def _add_position(found: list[Position], parts: Sequence[list[str]]) -> bool:
    """Add what the parts of one position say. True if the rest of the title only names the people
    whom the bearer assists."""
    ignored = _named_only(found, parts)
    for words in parts:
        rank = governing_rank(words)
        if rank and rank.seniority not in ignored:
            found.append(Position(rank.seniority, rank.phrase, list(field_words(rank, words))))
            named = after_preposition(words)
            if rank.phrase in ASSISTANTS and (named or _has_rank(words, TOP)):
                return True
            if _has_rank(named, LEADING):
                return False
        elif found:
            found[-1].words += within_field(words)
    return False


def _has_rank(words: Sequence[str], seniorities: Collection[str]) -> bool:
    return any(rank.seniority in seniorities for rank in ranks_of(words))


def _named_only(found: Sequence[Position], parts: Sequence[list[str]]) -> frozenset[str]:
    """The seniorities that a further position only names: "Director, CEO Communications" is no CEO,
    a "Recruiter - VP roles" no vice president."""
    if not found or not parts:
        return frozenset()
    if found[-1].phrase in _SERVING:
        return LEADING
    last = before_preposition(parts[-1])
    if not last:
        return frozenset()
    if last[-1] in _ROLES:
        return frozenset(SENIORITIES)
    if ends_in_rank(last) or last[-1] in _PLACES:
        return frozenset()
    return TOP

"""The rank that governs one part of a position, and the words that name the field."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from leads.titles.function_words import ASSISTANTS
from leads.titles.phrase_table import Match, Phrases
from leads.titles.rank_words import ENDINGS, OWNED, RANKS

_RANKS, _ENDINGS = Phrases(RANKS), Phrases(ENDINGS)
#: Before what the position is about: "Head of Sales".
_OF = frozenset(
    """of for in de der des du d da do dos das del dell della delle dello di von vom im fur van per
    para pour por pra com dla af av""".split()
)
#: Before another person or thing than the position's field: "Assistant to the CEO".
_TO = frozenset(
    """to at with supporting supports assisting au aux al alla allo dall zu zum zur aan till til
    pres""".split()
)
_PREPOSITIONS = _OF | _TO
#: A rank before one of these is not the bearer's: "CFO Services", "founder-led sales".
_OTHER_BEARER = frozenset(
    """communications services office offices relations advisory search led whisperer
    community network club""".split()
)
TOP = frozenset({"founder", "c_suite"})
#: A rank only where the part has no other: in "Directeur Commercial" it is the field.
_FIELD_OR_RANK = frozenset({"commercial"})


class Rank(NamedTuple):
    """A rank among the words of a part. `length` counts the words that say nothing of the field:
    0 for a compound word such as "vertriebsleiter"."""

    phrase: str
    seniority: str
    start: int
    length: int


def _first(words: Sequence[str], wanted: Collection[str]) -> int:
    """The position of the first of the wanted words; behind the last word if there is none."""
    return next((i for i, word in enumerate(words) if word in wanted), len(words))


def before_preposition(words: Sequence[str]) -> Sequence[str]:
    """The words before the first preposition; all of them if there is none."""
    return words[: _first(words, _PREPOSITIONS)]


def after_preposition(words: Sequence[str]) -> list[str]:
    """The words after the first preposition, without further ones."""
    rest = words[_first(words, _PREPOSITIONS) :]
    return [word for word in rest if word not in _PREPOSITIONS]


def governing_rank(words: Sequence[str]) -> Rank | None:
    """The last rank before a preposition, but the assistant in "Assistante PDG"."""
    ranks = [rank for rank in ranks_of(words) if not _has_other_bearer(rank, words)]
    for rank in ranks[:-1]:
        if rank.phrase in ASSISTANTS and ranks[-1].seniority in TOP:
            return rank
    others = [rank for rank in ranks if rank.phrase not in _FIELD_OR_RANK]
    return next(reversed(others or ranks), None)


def _has_other_bearer(rank: Rank, words: Sequence[str]) -> bool:
    end = rank.start + rank.length
    named = end < len(words) and words[end] in _OTHER_BEARER
    return named and rank.length == 1 and rank.seniority in TOP


def ranks_of(words: Sequence[str]) -> Iterator[Rank]:
    """The ranks before the first preposition, in their order."""
    at = 0
    while at < len(words) and words[at] not in _PREPOSITIONS:
        match = _RANKS.match(words, at)
        if match:
            yield Rank(match.phrase, _seniority(match, words, at), at, match.length)
            at += match.length
            continue
        seniority = _ENDINGS.ending_of(words[at])
        if seniority:
            yield Rank(words[at], seniority, at, 0)  # its beginning names the field
        at += 1


def _seniority(match: Match, words: Sequence[str], at: int) -> str:
    """Of a phrase at its place: a platform's owner owns no company, and "Dr. Who, MD" leads
    none."""
    if match.phrase == "owner" and not _owns_company(words, at):
        return "other"
    if match.phrase == "md" and at:
        return "other"
    return match.meaning


def _owns_company(words: Sequence[str], at: int) -> bool:
    before = words[at - 1] if at else ""
    return not before or before in OWNED or bool(_RANKS.match(words, at - 1))


def field_words(rank: Rank, words: Sequence[str]) -> Sequence[str]:
    """The words of a part that may name the field of its governing rank."""
    kept = [*words[: rank.start], *words[rank.start + rank.length :]]
    if rank.phrase in ASSISTANTS:
        return before_preposition(kept)
    return within_field(kept)


def within_field(words: Sequence[str]) -> Sequence[str]:
    """The words before a preposition that introduces another person or thing."""
    return words[: _first(words, _TO)]


def ends_in_rank(words: Sequence[str]) -> bool:
    """Whether the last word is a rank, or ends one: "c officer"."""
    return bool(_RANKS.match(words, len(words) - 1)) or list(words[-2:]) == ["c", "officer"]

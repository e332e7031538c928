"""How alike two people's names are, as a careful reader sees them."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from leads.matching.fold import consonants, sound
from leads.matching.nicknames import is_one_name


class NameLevel(StrEnum):
    """How two given or two family names agree, the best first."""

    SAME = "same"
    SPELLING = "spelling"  # another transliteration, or letters that sound alike
    SHORT_FORM = "short_form"  # Bob and Robert, Kasia and Katarzyna, Juan and John
    PART = "part"  # one of several names is left out
    TYPO = "typo"
    INITIAL = "initial"
    UNKNOWN = "unknown"  # one has none, or it can't be read
    LOOSE = "loose"  # the same consonants: Rashad and Rashid, Mohammed and Muhamad
    OTHER_ENDING = "other_ending"  # Maria and Mario, Novák and Nováková
    OTHER_SECOND = "other_second"  # Juan Pablo and Juan Carlos, García López and García Ruiz
    DIFFERENT = "different"


RANK = {level: rank for rank, level in enumerate(NameLevel)}
_AGREES = RANK[NameLevel.INITIAL]
_SHORTEST_TYPO = 5
_LONG = 10
_SHORTEST_LOOSE = 3  # consonants
_FEMALE_FAMILY = ("ova", "eva", "a", "ska", "aia", "aya")
_MALE_FAMILY = ("", "y", "i", "o", "e")

_ENDINGS = ({"a", "o"}, {"a", "e"}, {"a", "i"}, {"a", "y"}, {"o", "e"})

Words = tuple[str, ...]


@lru_cache(maxsize=65536)
def compare_words(a: str, b: str, *, given: bool) -> NameLevel:
    """Two folded names of one word each."""
    if a == b:
        return NameLevel.SAME
    short, long = sorted((a, b), key=len)
    if len(short) == 1:
        return NameLevel.INITIAL if long[0] == short else NameLevel.DIFFERENT
    if _other_ending(short, long) if given else _other_ending_family(a, b):
        return NameLevel.OTHER_ENDING
    if sound(a) == sound(b):
        return NameLevel.SPELLING
    if given and (is_one_name(a, b) or (len(short) >= _SHORTEST_TYPO and long.endswith(short))):
        return NameLevel.SHORT_FORM
    if _is_typo(short, long):
        return NameLevel.TYPO
    if len(short) > 2 and long.startswith(short):
        return NameLevel.LOOSE if given or len(short) < 2 * _SHORTEST_LOOSE else NameLevel.TYPO
    if len(consonants(a)) >= _SHORTEST_LOOSE and consonants(a) == consonants(b):
        return NameLevel.LOOSE
    return NameLevel.DIFFERENT


def _is_typo(short: str, long: str) -> bool:
    if len(short) < _SHORTEST_TYPO or short[0] != long[0]:
        return False
    limit = 2 if len(short) >= _LONG else 1
    return OSA.distance(short, long, score_cutoff=limit) <= limit


def _other_ending(short: str, long: str) -> bool:
    """Whether two given names differ by an ending that tells a woman from a man."""
    if len(short) == len(long):
        return short[:-1] == long[:-1] and {short[-1], long[-1]} in _ENDINGS
    if long[-1] in "ae" and long[:-1] in {short, short[:-1], short + "in", short[:-1] + "in"}:
        return True
    # Jean and Jeanne, Stéphane and Stéphanie, Luca and Lucia
    return long in {short + short[-1] + "e", short[:-1] + "i" + short[-1], short + "ne"}


def _other_ending_family(a: str, b: str) -> bool:
    """Whether one is the other's form for a woman, in Slavic languages."""
    return _is_female_of(a, b) or _is_female_of(b, a)


def _is_female_of(woman: str, man: str) -> bool:
    for ending in _FEMALE_FAMILY:
        stem = woman.removesuffix(ending)
        if stem != woman and len(stem) > 2 and any(man == stem + end for end in _MALE_FAMILY):
            return True
    return False


def compare_names(a: Words, b: Words, *, given: bool) -> NameLevel:
    """Two given or two family names of any number of words."""
    if not a or not b:
        return NameLevel.UNKNOWN
    if (whole := compare_words("".join(a), "".join(b), given=given)) in {
        NameLevel.SAME,
        NameLevel.SPELLING,
    }:
        return whole
    if len(a) == 1 and len(b) == 1:
        return whole
    if _are_initials(a, b) or _are_initials(b, a):
        return NameLevel.INITIAL
    first = compare_words(a[0], b[0], given=given)
    if RANK[first] <= _AGREES:
        return _weigh_rest(a, b, first, given=given)
    if best(compare_words(x, y, given=given) for x in a for y in b) in {
        NameLevel.SAME,
        NameLevel.SPELLING,
        NameLevel.SHORT_FORM,
    }:
        return NameLevel.PART
    return first if whole is NameLevel.DIFFERENT else whole


def _weigh_rest(a: Words, b: Words, first: NameLevel, *, given: bool) -> NameLevel:
    """The level of names whose first words agree."""
    if len(a) > 1 and len(b) > 1:
        rest = best(compare_words(x, y, given=given) for x in a[1:] for y in b[1:])
        return first if RANK[rest] <= _AGREES else NameLevel.OTHER_SECOND
    if given:
        return first
    return max(first, NameLevel.PART, key=RANK.__getitem__)


def _are_initials(short: Words, long: Words) -> bool:
    """'kj' for karl johan, 'j p' for juan pablo."""
    letters = "".join(short)
    return len(long) > 1 and letters == "".join(word[0] for word in long)


def best(levels: Iterable[NameLevel]) -> NameLevel:
    """The level that agrees most."""
    return min(levels, key=RANK.__getitem__)

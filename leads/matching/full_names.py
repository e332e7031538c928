"""Given and family names of two people, in whatever order and fields they are written."""

from typing import NamedTuple

from leads.matching.fold import sound
from leads.matching.names import RANK, NameLevel, best, compare_names
from leads.matching.person_name import PersonName
from leads.matching.profile import Profile

_UNKNOWN = RANK[NameLevel.UNKNOWN]
_ARTICLES = ("al", "el", "de", "di")  # glued to a family name, or left out


class FullNameLevel(NamedTuple):
    """How two full names agree; `swapped` if the given name of one is the other's family name."""

    given: NameLevel
    family: NameLevel
    swapped: bool = False


def compare_full_names(a: Profile, b: Profile) -> FullNameLevel:
    """The alignment of two names that agrees most."""
    x, y = a.name, b.name
    if _is_rotated(x, y):
        return FullNameLevel(NameLevel.SAME, NameLevel.SAME, swapped=True)
    found = FullNameLevel(_compare_given(a, b), _compare_family(x, y))
    if _worst(found) <= _UNKNOWN:
        return found
    if RANK[found.family] > _UNKNOWN and _is_within(x, y):
        return FullNameLevel(NameLevel.PART, NameLevel.PART, swapped=True)
    turned = FullNameLevel(
        compare_names(x.family, y.given, given=True),
        compare_names(x.given, y.family, given=True),
        swapped=True,
    )
    if _worst(turned) < _UNKNOWN:
        return turned
    if x.unreadable != y.unreadable:
        return FullNameLevel(_at_worst_unknown(found.given), _at_worst_unknown(found.family))
    return found


def _worst(level: FullNameLevel) -> int:
    return max(RANK[level.given], RANK[level.family])


def _at_worst_unknown(level: NameLevel) -> NameLevel:
    return level if RANK[level] < _UNKNOWN else NameLevel.UNKNOWN


def _is_rotated(x: PersonName, y: PersonName) -> bool:
    """'Wang Xiao' 'Ming' and 'Xiaoming' 'Wang'."""
    if not (x.given and x.family and y.given and y.family):
        return False
    mine, other = "".join(x.given + x.family), "".join(y.given + y.family)
    return mine != other and len(mine) == len(other) and mine in other + other


def _is_within(x: PersonName, y: PersonName) -> bool:
    """Whether all words of one name, two at least, occur in the other's."""
    short, long = sorted(({*x.given, *x.family}, {*y.given, *y.family}), key=len)
    return len(short) > 1 and short <= long


def _compare_given(a: Profile, b: Profile) -> NameLevel:
    """In their fullest forms: Chris whose address says Christina is not Christopher."""
    x, y = a.name, b.name
    level = compare_names(x.given, y.given, given=True)
    if level is NameLevel.UNKNOWN:
        return level
    if a.fuller_given or b.fuller_given:
        full = compare_names(
            (a.fuller_given,) if a.fuller_given else x.given,
            (b.fuller_given,) if b.fuller_given else y.given,
            given=True,
        )
        if RANK[full] > _UNKNOWN:
            return full
        level = best((level, full))
    if RANK[level] > _UNKNOWN:
        aside = [compare_names((word,), y.given, given=True) for word in x.aside]
        aside += [compare_names((word,), x.given, given=True) for word in y.aside]
        level = best((level, *aside))
    return level


def _compare_family(x: PersonName, y: PersonName) -> NameLevel:
    level = compare_names(x.family, y.family, given=False)
    if level is NameLevel.UNKNOWN:
        return level
    if sound(x.glued) == sound(y.glued):
        return NameLevel.SAME
    if RANK[level] <= _UNKNOWN:
        return level
    if _has_article(x.glued, y.glued) or _has_article(y.glued, x.glued):
        return NameLevel.SPELLING
    if _is_former(x, y) or _is_former(y, x):
        return NameLevel.PART
    return level


def _has_article(long: str, short: str) -> bool:
    return any(long == article + short for article in _ARTICLES)


def _is_former(one: PersonName, other: PersonName) -> bool:
    """Whether one bears the other's family name as a further given name or in brackets."""
    return not {*one.given[1:], *one.aside}.isdisjoint(other.family)

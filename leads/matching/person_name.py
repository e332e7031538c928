"""A person's name as it is compared: words of the given and the family name, without titles."""

import re
from contextlib import suppress
from functools import lru_cache

from leads.matching.fold import fold, is_ambiguous
from leads.records import Record

_LEADING = frozenset(
    "dr prof professor mr mrs ms miss mx sir dame ing dipl mag herr frau señor senor senora sra mgr"
    " engr eng mme mlle avv dott dottssa rev capt lt ra ir drs doc".split()
)
_TRAILING = frozenset(
    "mba phd md cpa cfa acca pmp esq jd llm msc bsc mphil cima cipd fca aca shrm cpsm dds csc"
    " fcca cissp rer nat habil".split()
)
GENERATIONS = {
    **dict.fromkeys("jr jun junior jnr filho hijo hija fils ii ml".split(), "jr"),
    **dict.fromkeys("sr sen senior snr pere padre st".split(), "sr"),
    **dict.fromkeys(("iii", "neto"), "iii"),
    "iv": "iv",
}
_PARTICLES = frozenset(
    "de del della dello di da das do dos du des la las le les los el al van von vom zu zur der den"
    " dem ter ten te het bin binti ibn bint of af av e i y nee geb".split()
)
_BETWEEN = frozenset({"de", "del", "da", "do", "dos", "das", "di", "bin", "ibn"})  # given names
_NOBODY = frozenset(
    """n/a none null unknown undefined test admin user info sales office contact firstname lastname
    vorname nachname xxx""".split()
)
_ASIDE = re.compile(r"[(\[\"“„«]([^)\]\"”“»]*)[)\]\"”“»]")
_LOST = str.maketrans("", "", "?\ufffd")


class PersonName(Record, frozen=True, kw_only=True):
    """Folded words. `aside` are names in brackets, which may stand for either part."""

    given: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    glued: str = ""  # the family name as one word, its particles included
    generation: str = ""
    unreadable: bool = False  # in a script that leaves its reading open


@lru_cache(maxsize=16384)
def read_person_name(first: str, last: str) -> PersonName:
    """The name out of what a source calls first and last name."""
    first, last = _in_order(_repair(first), _repair(last))
    aside = tuple(word for found in _ASIDE.findall(f"{first} {last}") for word in fold(found))
    given, family = _words(first), _words(last.partition(",")[0])
    generation = _generation(fold(last)) or _generation(fold(first))
    given, family = _split(given, family)
    given = tuple(word for word in given if word not in _BETWEEN) or given
    return PersonName(
        given=given,
        family=tuple(word for word in family if word not in _PARTICLES) or family,
        aside=aside,
        glued="".join(family),
        generation=generation,
        unreadable=is_ambiguous(first + last),
    )


def _repair(text: str) -> str:
    """Undo what wrong decoding did, as far as it can be."""
    if "Ã" in text or "Å" in text or "Ä" in text:
        with suppress(UnicodeError):
            text = text.encode("cp1252").decode()
    return text.replace("ª", "aria").translate(_LOST)


def _in_order(first: str, last: str) -> tuple[str, str]:
    """'Rosenthal, Abby' in one field is Abby Rosenthal."""
    family, comma, given = (first or last).partition(",")
    if comma and not (first and last) and not _TRAILING & set(fold(given)):
        return given, family
    return first, last


def _words(text: str) -> tuple[str, ...]:
    if "@" in text or text.strip(" .").casefold() in _NOBODY:
        return ()
    words = [word for word in fold(_ASIDE.sub(" ", text.partition(",")[0])) if not word.isdigit()]
    while len(words) > 1 and words[0] in _LEADING:
        del words[0]
    while len(words) > 1 and (words[-1] in _TRAILING or words[-1] in GENERATIONS):
        del words[-1]
    return tuple(words)


def _generation(words: tuple[str, ...]) -> str:
    if len(words) > 1 or (words and words[-1] in {"jr", "sr", "jun", "sen"}):
        return GENERATIONS.get(words[-1], "")
    return ""


def _split(given: tuple[str, ...], family: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Bring particles to the family name, and part a name that stands in one field."""
    whole = given
    while len(given) > 1 and given[-1] in _PARTICLES and len(given[-1]) > 1:
        given, family = given[:-1], (given[-1], *family)
    if not family and len(whole) > 1:
        return whole[:-1], whole[-1:]
    if not given and len(family) > 1 and family[0] not in _PARTICLES:
        return family[:-1], family[-1:]
    return given, family

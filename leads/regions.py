"""States, provinces and regions of a country: `CA`, `CALIFORNIA` and `Calif.` are one, in records
as in rules.

pycountry has ISO 3166-2, in each country's own languages; what English and Apollo call a region,
and older abbreviations, are in region_names.py.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pycountry

from leads.matching.fold import fold
from leads.region_names import REGION_NAMES
from leads.text import LONGEST_NAME

_POINTED = re.compile(r"\b(\w)\.\s?(?=\w\b)")
_MARKED = re.compile(r"[\[(/]")
_LONGEST_CODE = 3
_MACRON = "\u0304"  # of transliterations, which no picklist has
_ENGLISH = frozenset({"US", "CA", "AU"})
Words = tuple[str, ...]
_lookup: Callable[..., Any] = pycountry.subdivisions.get


def state_code(text: str, country: str) -> str:
    """ISO 3166-2, as `US-CA`, of a region's code, name or usual abbreviation in a country by ISO
    code; '' where the country has none of that name."""
    if not text or not country:
        return ""
    return _by_name(country).get(_words(text), "")


def spell_state(text: str, country: str) -> str:
    """The region as its source names it; by its name where the source has a code, an abbreviation
    or all capitals."""
    code = state_code(text, country)
    if not code:
        return text
    short = len(text) <= _LONGEST_CODE or text.endswith(".") or text.upper() == code
    if short or _is_abbreviation(text, country):
        return _name_of(code)
    return text.title() if text.isupper() or text.islower() else text


def is_state(text: str, wanted: str, country: str) -> bool:
    """Whether a record's region is the one that the rules name."""
    if code := state_code(text, country):
        return code == state_code(wanted, country)
    return _words(text) == _words(wanted)


def _is_abbreviation(text: str, country: str) -> bool:
    """Whether it is the beginning of the region's name, where English abbreviates them: Calif."""
    if country not in _ENGLISH:
        return False
    words, name = _words(text), _words(_name_of(state_code(text, country)))
    return len(words) == 1 and words != name and name[0].startswith(words[0])


def _words(text: str) -> Words:
    """Folded; letters with points between them are one word: D.C."""
    return fold(_POINTED.sub(r"\1", text[:LONGEST_NAME]))


@lru_cache(maxsize=512)
def _by_name(country: str) -> dict[Words, str]:
    """A country's regions by their folded names and codes; a name of two regions is the larger's,
    which stands first."""
    found: defaultdict[Words, list[str]] = defaultdict(list)
    regions = _lookup(country_code=country) or ()
    for region in sorted(regions, key=lambda one: one.parent_code is not None):
        for name in _MARKED.split(region.name):
            head, comma, tail = name.strip(" ])").partition(", ")
            found[_words(name)].append(region.code)
            if comma:
                found[_words(head)].append(region.code)
                found[_words(f"{tail} {head}")].append(region.code)
    by_name = {name: codes[0] for name, codes in found.items() if name}
    for region in regions:
        short = region.code.partition("-")[2]
        by_name.setdefault(_words(short), region.code)
        by_name.setdefault(_words(region.code), region.code)
    for entry in filter(None, REGION_NAMES.get(country, "").split("|")):
        short, _, names = entry.partition(":")
        by_name |= dict.fromkeys(map(_words, names.split(",")), f"{country}-{short}")
    return by_name


@lru_cache(maxsize=2048)
def _name_of(code: str) -> str:
    found = _lookup(code=code)
    if found is None:
        return code
    head, _, tail = _MARKED.split(found.name)[0].strip().partition(", ")
    plain = unicodedata.normalize("NFD", f"{tail} {head}".strip()).replace(_MACRON, "")
    return unicodedata.normalize("NFC", plain)

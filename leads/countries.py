"""Countries: from a vendor's name to the ISO 3166 code, and from the code to the English name that
CRMs show.

pycountry has the standard's names, and Debian's iso-codes translations of them.
"""

import gettext
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pycountry

from leads.matching.fold import fold
from leads.text import LONGEST_NAME

#: What people write and neither the standard nor its translations name.
_ALSO = {
    "GB": "uk|great britain|england|scotland|wales|northern ireland|britain|scotland uk|england uk"
    "|grossbritannien",
    "US": "usa|united states|america|estados unidos|etats unis|eeuu|ee uu",
    "NL": "holland|pays bas",
    "DE": "brd|germany fed rep",
    "RU": "russia|россия|росія",
    "BA": "bosnia",
    "TR": "turkey|turkiye",
    "AE": "uae|emirates|dubai",
    "CI": "ivory coast",
    "MO": "macau",
    "BN": "brunei",
    "CV": "cape verde",
    "CZ": "czech republic",
    "MK": "macedonia",
    "SZ": "swaziland",
    "MM": "burma",
    "KR": "korea|rok|한국|남한",
    "KP": "dprk",
    "CN": "prc|pr china|mainland china|peoples republic of china",
    "HK": "hong kong sar|hong kong sar china",
    "TL": "east timor",
    "BY": "weissrussland",
    "TW": "taiwan roc|chinese taipei",
    "CD": "drc|dr congo|democratic republic of the congo|congo kinshasa",
    "CG": "congo brazzaville",
    "VA": "vatican|vatican city",
    "PS": "palestine",
    "SY": "syria",
    "LA": "laos",
    "IE": "eire|republic of ireland",
    "CH": "schweiz|suisse|svizzera",
    "SA": "ksa",
    "ZA": "rsa",
    "NZ": "aotearoa",
}
#: The languages whose names of countries are read: those of Apollo's users.
_LANGUAGES = (
    "de", "fr", "es", "pt", "pt_BR", "it", "nl", "sv", "da", "nb_NO", "nn", "fi", "is", "et", "lv",
    "lt", "pl", "cs", "sk", "sl", "hr", "sr", "bs", "hu", "ro", "bg", "el", "tr", "ru", "uk", "he",
    "ar", "fa", "hi", "id", "ms", "th", "vi", "zh_CN", "zh_TW", "ja", "ko", "ca", "eu", "gl",
)  # fmt: skip
_CODE = 2  # letters
_NOTE = re.compile(r"\s*\([^()]*\)\s*$")  # Great Britain (UK)
Words = tuple[str, ...]


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """ISO 3166 alpha-2 for a name in one of 45 languages, or for a code; otherwise the text as the
    source has it. `text` has no outer spaces."""
    text = text[:LONGEST_NAME]
    plain = _NOTE.sub("", text.replace(".", "").replace("&", "and")).strip()
    for spelled in dict.fromkeys((text, plain)):
        try:
            return str(pycountry.countries.lookup(spelled).alpha_2)
        except LookupError:
            continue
    for spelled in _orders(plain):
        words = fold(spelled)
        if code := _by_name().get(words[1:] if words[:1] == ("the",) else words):
            return code
    return text.upper() if len(text) == _CODE else text


def _orders(name: str) -> Iterator[str]:
    """A name, and "Republic of Korea" of "Korea, Republic of"."""
    yield name
    head, comma, tail = name.partition(", ")
    if comma:
        yield f"{tail} {head}"


@lru_cache(maxsize=1)
def _by_name() -> dict[Words, str]:
    """Every known name, folded. 0.2 s to build, so it is built at the first name that the standard
    doesn't have. A name that two languages give to two countries is left out."""
    codes: defaultdict[Words, set[str]] = defaultdict(set)
    for country in pycountry.countries:
        for name in _names_of(country):
            codes[fold(name)].add(country.alpha_2)
    for language in _LANGUAGES:
        words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for country in pycountry.countries:
            for name in _names_of(country):
                codes[fold(words.gettext(name))].add(country.alpha_2)
    by_name = {name: min(found) for name, found in codes.items() if len(found) == 1 and name}
    for code, names in _ALSO.items():
        by_name |= dict.fromkeys(map(fold, names.split("|")), code)
    return by_name


def _names_of(country: Any) -> Iterator[str]:
    for kind in ("name", "common_name", "official_name"):
        if name := getattr(country, kind, ""):
            yield from _orders(name)


@lru_cache(maxsize=4096)
def country_name(code: str) -> str:
    """The common English name of a code; anything else is returned unchanged."""
    if len(code) != _CODE:
        return code
    found = pycountry.countries.get(alpha_2=code)
    if found is None:
        return code
    return str(getattr(found, "common_name", found.name))


def all_countries() -> Iterator[str]:
    """The standard's codes."""
    yield from (str(country.alpha_2) for country in pycountry.countries)


def is_country(code: str) -> bool:
    """Whether it is a code of the standard's."""
    return len(code) == _CODE and pycountry.countries.get(alpha_2=code) is not None

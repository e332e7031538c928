"""Whether two companies belong together."""

import re
from functools import lru_cache
from itertools import islice

from rapidfuzz.fuzz import token_set_ratio

from leads.matching.companies import company_words, distinct_words, is_generic
from leads.rule_models import Matching
from leads.text import LONGEST_NAME

_PLACES = re.compile(
    r"\b(germany|deutschland|france|uk|us|usa|emea|apac|europe|international|global|americas|asia|iberia|nordics|"
    r"benelux|dach|canada|india|labs|digital|services|solutions|cloud|group|holdings?)\b"
)


#: What stands between two names of one company: 'Retailio (ex Kauppalaite)'.
_BETWEEN_NAMES = re.compile(
    r"[()\[\]/|]|\s[-\u2013\u2014]\s|\b(?:formerly|former|ex|now|dba|d/b/a|aka|a\.k\.a\.|part of|"
    r"acquired|antes|anteriormente|voorheen|vormals|ehemals|anciennement|già)\b",
    re.IGNORECASE,
)
_MOST_PARTS = 4
#: What many companies' names begin with.
_KINDS = frozenset(
    """university universitat universite universidad universidade universita uniwersytet college
    school schule ecole escuela escola institute institut instituto istituto academy akademie bank
    banco banque banca first new old city stadt ville national american british united general
    royal st saint san hospital klinik klinikum clinic clinica clinique hotel restaurant ministry
    ministerium ministere ministerio department council association verein foundation stiftung
    fondation fundacion grupo groupe gruppo gruppe global world euro my best great big""".split()
)
_NO_EMPLOYER = frozenset(
    """selfemployed self freelance freelancer freiberufler freiberuflich selbstandig independent
    independant independiente autonomo retired pensioner student unemployed confidential stealth
    stealthstartup undisclosed private privat none various individual consultant unknown""".split()
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: Words before a name in the languages of leads/titles.
_ARTICLES = frozenset(
    {"the", "la", "le", "les", "el", "los", "las", "il", "lo", "der", "die", "das"}
)


def domain_stem(domain: str) -> str:
    """The stem of a domain: what it shares with its sister companies' domains ('acme-germany.de' ->
    'acme').

    Companies meet in one partition by it, since likeness can't be asked across partitions.
    """
    return domain.split(".", 1)[0].split("-", 1)[0]


def brand_stops(name: str, domain: str) -> tuple[str, ...]:
    """The brands at which the people of a company are compared, in an order that all records share:
    two that meet at several must meet at the same one first.

    They are the stem of the domain, its first label without hyphens, and one for each part of the
    name: 'The Acme Group, Inc. (formerly Zeta)' -> 'acme', 'zeta'. Those of the name are guesses:
    they only say who is compared.
    """
    label = domain.split(".", 1)[0].replace("-", "")
    stops = {*brand_words(name), label, domain_stem(domain)} - {""}
    return tuple(sorted(stops))


@lru_cache(maxsize=16384)
def brand_words(name: str) -> tuple[str, ...]:
    """The brand of each part of a company's name, folded: its first distinct word; the whole part
    where that word says nothing (University of Leeds) or one character is a word (CJK). None for
    what names no employer."""
    found: dict[str, None] = {}
    parts = filter(str.strip, _BETWEEN_NAMES.split(name[:LONGEST_NAME]))
    for part in islice(parts, _MOST_PARTS):
        words = tuple(word for word in company_words(part) if word not in _ARTICLES)
        first = next(iter(distinct_words(words)), "")
        whole = "".join(words)
        if not first or first in _NO_EMPLOYER or whole in _NO_EMPLOYER:
            continue
        if not (found and is_generic(first)):
            found[whole if first in _KINDS or _CJK.search(part) else first] = None
    return tuple(found)


def related(name: str, other: str, limits: Matching) -> bool:
    """Whether two companies of one brand stem look like parent and subsidiary."""
    a, b = _without_place(name), _without_place(other)
    return bool(a and b) and token_set_ratio(a, b) >= limits.subsidiary_name


def _without_place(name: str) -> str:
    """The folded words that name the brand: without legal forms, places and kinds of business."""
    words = " ".join(company_words(name))
    return " ".join(_PLACES.sub("", words).split()) or words

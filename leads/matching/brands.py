"""Whether two companies belong together."""

import re
from functools import lru_cache

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
    """The brands at which the people of a company are compared, that of the domain last.

    It is the stem of the domain, its first label without hyphens, and a word for each part of the
    name: 'The Acme Group, Inc. (formerly Zeta)' -> 'acme', 'zeta'. The words are guesses: they only
    say who is compared.
    """
    stem = domain_stem(domain)
    label = domain.split(".", 1)[0].replace("-", "")
    words = dict.fromkeys((*brand_words(name), label, stem))
    words.pop("", None)
    if stem:
        words[stem] = words.pop(stem)
    return tuple(words)


@lru_cache(maxsize=16384)
def brand_words(name: str) -> tuple[str, ...]:
    """The first distinct word of each part of a company's name, folded."""
    found: dict[str, None] = {}
    for part in _BETWEEN_NAMES.split(name[:LONGEST_NAME])[:_MOST_PARTS]:
        words = tuple(word for word in company_words(part) if word not in _ARTICLES)
        first = next(iter(distinct_words(words)), "")
        if first and not (found and is_generic(first)):
            found[first] = None
    return tuple(found)


def related(name: str, other: str, limits: Matching) -> bool:
    """Whether two companies of one brand stem look like parent and subsidiary."""
    a, b = _without_place(name), _without_place(other)
    return bool(a and b) and token_set_ratio(a, b) >= limits.subsidiary_name


def _without_place(name: str) -> str:
    """The folded words that name the brand: without legal forms, places and kinds of business."""
    words = " ".join(company_words(name))
    return " ".join(_PLACES.sub("", words).split()) or words

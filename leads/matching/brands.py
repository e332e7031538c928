"""Whether two companies belong together."""

import re

from rapidfuzz.fuzz import token_set_ratio

from leads.matching.companies import company_words
from leads.rule_models import Matching

_PLACES = re.compile(
    r"\b(germany|deutschland|france|uk|us|usa|emea|apac|europe|international|global|americas|asia|iberia|nordics|"
    r"benelux|dach|canada|india|labs|digital|services|solutions|cloud|group|holdings?)\b"
)


def domain_stem(domain: str) -> str:
    """The stem of a domain: what it shares with its sister companies' domains ('acme-germany.de' ->
    'acme').

    Companies meet in one partition by it, since likeness can't be asked across partitions.
    """
    return domain.split(".", 1)[0].split("-", 1)[0]


def related(name: str, other: str, limits: Matching) -> bool:
    """Whether two companies of one brand stem look like parent and subsidiary."""
    a, b = _without_place(name), _without_place(other)
    return bool(a and b) and token_set_ratio(a, b) >= limits.subsidiary_name


def _without_place(name: str) -> str:
    """The folded words that name the brand: without legal forms, places and kinds of business."""
    words = " ".join(company_words(name))
    return " ".join(_PLACES.sub("", words).split()) or words

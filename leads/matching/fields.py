"""How two people's addresses, phones, titles and places agree. A level is '' where one is
unknown."""

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import token_set_ratio

from leads.keys import is_company_domain
from leads.matching.fold import sound
from leads.matching.local_parts import is_numbered_twin, is_role, local_words
from leads.matching.profile import Profile
from leads.titles.rank_words import SENIORITIES
from leads.titles.read import OTHER

_NEAR = 2  # steps of the scale of seniorities: a promotion, or another company's word for a rank
_SHORTEST_NEAR = 6  # letters of an address before the @
_RANKS = frozenset(
    "vp svp evp avp director manager head chief officer senior lead vice president ceo cfo coo cto"
    " cmo cro general executive assistant associate deputy group global regional".split()
)
_SAME_WORDS = 85  # rapidfuzz's ratio of two titles' words


def compare_ids(a: str, b: str) -> str:
    """Two ids of one kind."""
    if not (a and b):
        return ""
    return "same" if a == b else "different"


def compare_emails(a: Profile, b: Profile) -> str:
    """Two folded addresses."""
    if not (a.email and b.email):
        return ""
    if a.email == b.email:
        return "same_role" if is_role(a.email) else "same"
    if is_role(a.email) or is_role(b.email):
        return ""
    domain, beside = a.email.rpartition("@")[2], b.email.rpartition("@")[2]
    business = is_company_domain(domain) and is_company_domain(beside)
    if domain == beside and is_numbered_twin(a.email, b.email):
        return "numbered"
    mine, other = local_words(a.email), local_words(b.email)
    if "".join(mine) == "".join(other):
        return "same_letters" if domain == beside else "same_local"
    if domain == beside:
        return _compare_locals(mine, other) if business else ""
    return "other_domain" if business else "private"


def _compare_locals(mine: tuple[str, ...], other: tuple[str, ...]) -> str:
    """Two addresses at one company. A typing error is one person's, and so may be two patterns; two
    addresses of one pattern are more often two people's."""
    a, b = "".join(mine), "".join(other)
    if min(len(a), len(b)) >= _SHORTEST_NEAR and OSA.distance(a, b, score_cutoff=1) <= 1:
        return "near"
    if [len(word) > 1 for word in mine] == [len(word) > 1 for word in other]:
        return "same_pattern"
    return "other_pattern"


def compare_phones(a: Profile, b: Profile) -> str:
    """Two numbers, with their extensions."""
    if not (a.phone[0] and b.phone[0]):
        return ""
    if a.phone[0] != b.phone[0]:
        return "different"
    if a.phone[1] and b.phone[1] and a.phone[1] != b.phone[1]:
        return "other_extension"
    return "same_mobile" if a.mobile or b.mobile else "same"


def compare_titles(a: Profile, b: Profile) -> str:
    """Two positions: by their words, else by seniority and function, in whatever language."""
    if not (a.title and b.title):
        return ""
    if a.title == b.title:
        return "same"
    near = abs(SENIORITIES.index(a.seniority) - SENIORITIES.index(b.seniority)) <= _NEAR
    words = token_set_ratio(a.title_words, b.title_words) >= _SAME_WORDS
    known = OTHER.function not in {a.function, b.function}
    if words or (known and a.function == b.function):
        if words or a.seniority == b.seniority:
            return "alike" if near else "other_rank"
        return "near" if near else "other_rank"
    if known:
        return "other_function"
    if a.english and b.english and _field_words(a).isdisjoint(_field_words(b)):
        return "other_words"
    return "unclear" if near else "other_rank"


def _field_words(one: Profile) -> set[str]:
    return set(one.title_words.split()) - _RANKS


def compare_genders(a: Profile, b: Profile) -> str:
    """The grammar of two titles: Inhaber and Inhaberin."""
    return "contradicts" if a.gender and b.gender and a.gender != b.gender else ""


def compare_generations(a: Profile, b: Profile) -> str:
    """Jr. and Sr., or one of them alone."""
    if a.generation == b.generation:
        return ""
    return "contradicts" if a.generation and b.generation else "one"


def compare_places(a: Profile, b: Profile) -> str:
    """Two cities, or two countries."""
    if a.country and b.country and a.country != b.country:
        return "other_country"
    if not (a.city and b.city):
        return ""
    shared = not set(a.city.split()).isdisjoint(b.city.split())
    return "same_city" if shared or sound(a.city) == sound(b.city) else "other_city"

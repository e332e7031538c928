"""Whether two records name one employer."""

import re
from enum import StrEnum
from functools import lru_cache

from publicsuffixlist import PublicSuffixList
from rapidfuzz.fuzz import token_set_ratio

from leads.keys import is_company_domain, registrable
from leads.mail_domains import SHARED_SITES
from leads.matching.fold import fold, is_ambiguous, sound
from leads.text import LONGEST_NAME

_LEGAL = frozenset(
    """inc incorporated llc ltd limited gmbh ag sa sas sarl bv nv oy oyj ab as plc corp corporation
    co company kg kgaa ug srl spa sl slu sau cv pty pte pvt private kk aps asa sro sp zoo z o doo dd
    eood ood ad ltda eireli lda tic san ve sti sirketi anonim kft zrt ehf hf fze fzco fz pjsc ooo
    oao zao tov jsc se lp llp de und and the et y i og och e c a s n v b p k g m h""".split()
)
_PLAIN = frozenset(
    """group gruppe holding holdings grupo gruppo groupe international global services solutions
    systems technologies technology technik software partners consulting deutschland germany france
    italia espana polska uk usa us europe emea nordic nordics benelux dach digital labs""".split()
)
#: Two names that share them and one more word are not alike: Bank of America, Bank of China.
_FUNCTION_WORDS = frozenset(
    "of for at in on by to the von vom zu fur del della di do dos da das du des la le les".split()
)
Words = tuple[str, ...]

_ALIKE = 88
_SHORTEST_STEM = 4


class CompanyLevel(StrEnum):
    """How two records' employers agree."""

    SAME = "same"
    RELATED = "related"  # one brand, one name within the other, an acronym
    UNKNOWN = "unknown"
    DIFFERENT = "different"


def employer_domain(email: str, domain: str) -> str:
    """The registrable domain of the employer, of the address if the record names none."""
    site = registrable(domain)
    if site not in SHARED_SITES and is_company_domain(site):
        return _sites().privatesuffix(domain.lower()) or ""
    mail = registrable(email)
    return mail if is_company_domain(mail) else ""


@lru_cache(maxsize=1)
def _sites() -> PublicSuffixList:
    """The list with the suffixes under which people rent a name (uk.com).

    It takes 50 ms to load, so it is loaded when two people are first compared.
    """
    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=16384)
def company_words(name: str) -> Words:
    """The folded words of a company's name that are no legal form."""
    name = name[:LONGEST_NAME]
    words = fold(re.sub(r"[./&+]", " ", re.sub(r"(?<=\b\w)\.(?=\w\b)", "", name)))
    kept = tuple(word for word in words if word not in _LEGAL)
    return kept or words


@lru_cache(maxsize=16384)
def plain_company(name: str) -> str:
    """A company's name without the legal form at its end: 'Ost GmbH & Co. KG' -> 'Ost'."""
    tokens = name[:LONGEST_NAME].split()
    while len(tokens) > 1 and _is_legal_form(tokens[-1]):
        tokens.pop()
    return " ".join(tokens).rstrip(",;")


def _is_legal_form(token: str) -> bool:
    word = "".join(fold(token))
    return not word or (len(word) > 1 and word in _LEGAL)


def compare_companies(a: tuple[str, str], b: tuple[str, str]) -> CompanyLevel:
    """Two employers by their names and domains."""
    if a[1] and a[1] == b[1]:
        return CompanyLevel.SAME
    mine, other = company_words(a[0]), company_words(b[0])
    if mine and other and "".join(map(sound, mine)) == "".join(map(sound, other)):
        return CompanyLevel.SAME
    if _related(mine, a[1], other, b[1]):
        return CompanyLevel.RELATED
    if (not (mine and other) and not (a[1] and b[1])) or is_ambiguous(a[0]) != is_ambiguous(b[0]):
        return CompanyLevel.UNKNOWN
    return CompanyLevel.DIFFERENT


def _related(mine: Words, domain: str, other: Words, beside: str) -> bool:
    stems = (_stem(domain), _stem(beside))
    if all(stems) and _share_start(*stems):
        return True
    if mine and other and _named_alike(mine, other):
        return True
    return _contains(stems[0], "".join(other)) or _contains(stems[1], "".join(mine))


def _named_alike(mine: Words, other: Words) -> bool:
    a, b = distinct_words(mine), distinct_words(other)
    return (
        token_set_ratio(" ".join(a), " ".join(b)) >= _ALIKE
        or _share_start("".join(a), "".join(b))
        or len(set(a) & set(b) - _FUNCTION_WORDS) > 1
        or _is_acronym(mine, other)
        or _is_acronym(other, mine)
    )


def _contains(stem: str, name: str) -> bool:
    short, long = sorted((stem, name), key=len)
    return len(short) >= _SHORTEST_STEM and short in long


def distinct_words(words: Words) -> list[str]:
    """The words without those that many companies' names have; all, if there are no others."""
    return [word for word in words if word not in _PLAIN] or list(words)


def is_generic(word: str) -> bool:
    """Whether a folded word is a legal form, or one that many companies' names have."""
    return word in _LEGAL or word in _PLAIN


def _share_start(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return len(short) >= _SHORTEST_STEM and (long.startswith(short) or sound(a) == sound(b))


def _is_acronym(short: Words, long: Words) -> bool:
    letters = "".join(word[0] for word in long)
    return len(letters) > 1 and letters in short


def _stem(domain: str) -> str:
    return "".join(fold(domain.partition(".")[0].replace("-", "")))

"""Names as people and companies spell them, where the source has all in capitals or all in small
letters. A mixed spelling is the source's own and stays."""

import re
import unicodedata
from functools import lru_cache

from leads.text import LONGEST_NAME

#: The first letters of a name: also after a hyphen, a point, and one letter with an apostrophe.
_PART = re.compile(r"(?:^|(?<=[\s\-.])|(?<=\b\w['\u2019]))\w")
_PUNCTUATION = str.maketrans("", "", "-'\u2019")
_MC = re.compile(r"\bMc(\w{3,})")
_NUMERAL = re.compile(r"(?<=\s)(ii|iii|iv|vi|vii|viii)\b", re.IGNORECASE)
_VOWELS = frozenset("aeiouy")
_FIRST_AND_LAST = 2  # words
_INITIALS = 2  # letters: AJ, TJ
_SHORT = 3  # a word of a company's name that may be an abbreviation
_ALONE = 7  # letters of a company's name of one word that is none
#: Words of companies' names that have one spelling.
_WORDS = {
    "inc": "Inc", "ltd": "Ltd", "corp": "Corp", "co": "Co", "gmbh": "GmbH", "pty": "Pty",
    "pte": "Pte", "mbh": "mbH", "sarl": "SARL", "kgaa": "KGaA", "and": "and", "of": "of",
    "the": "the", "for": "for", "und": "und", "et": "et", "de": "de", "la": "la", "del": "del",
    "der": "der", "die": "die", "das": "das", "von": "von", "van": "van", "di": "di", "da": "da",
    "y": "y", "e": "e", "i": "i",
}  # fmt: skip


@lru_cache(maxsize=16384)
def spell_name(text: str) -> str:
    """A person's first or last name, as it was read: 'JÖRG' -> 'Jörg', 'o'neil' -> "O'Neil",
    'MCDONALD' -> 'McDonald'."""
    if text.isupper() or text.islower():
        if _is_initials(text):
            return text.upper()
        text = _PART.sub(lambda found: found.group().title(), text.lower())
        text = _NUMERAL.sub(lambda found: found.group().upper(), text)
    text = _MC.sub(_as_mc, text)
    # a capital can fall apart into letter and accent
    return unicodedata.normalize("NFKC", text)


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a name in one field: of two words, or of `Last, First`. Both are ''
    where it can't be told: a person is asked then."""
    last, comma, first = full.partition(",")
    if comma:
        return first.strip(), last.strip()
    words = full.split()
    if len(words) != _FIRST_AND_LAST:
        return "", ""
    return words[0], words[1]


def _as_mc(found: re.Match[str]) -> str:
    rest = found[1]
    if rest.isupper() or rest.islower():
        rest = rest.capitalize()
    return f"Mc{rest}"


def _is_initials(text: str) -> bool:
    """AJ, TJ, JD: no name is spelled so, but Ng is."""
    letters = text.lower()
    if len(letters) != _INITIALS or letters == "ng":
        return False
    return letters.endswith("j") or _VOWELS.isdisjoint(letters)


@lru_cache(maxsize=16384)
def spell_company(name: str) -> str:
    """A company's name as it was read, with its legal form; capitals repaired where they are no
    abbreviation: 'BOSTON CONSULTING GROUP' -> 'Boston Consulting Group', 'IBM' stays.

    One word in capitals is repaired from seven letters on: many brands are spelled so.
    """
    text = name[:LONGEST_NAME].rstrip(" ,")
    words = text.split()
    if not text.isupper() or (len(words) == 1 and len(text) < _ALONE):
        return text
    return unicodedata.normalize("NFKC", " ".join(map(_company_word, words, range(len(words)))))


def _company_word(word: str, position: int) -> str:
    plain = word.rstrip(".,").lower()
    rest = word[len(plain) :]
    known = _WORDS.get(plain)
    if known is not None:
        return (known if position else known[0].upper() + known[1:]) + rest
    letters = plain.translate(_PUNCTUATION)
    if len(letters) <= _SHORT or _VOWELS.isdisjoint(letters) or not letters.isalpha():
        return word
    return _PART.sub(lambda found: found.group().title(), plain) + rest

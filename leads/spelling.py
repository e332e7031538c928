"""Names as people and companies spell them, where the source has all in capitals or all in small
letters. A mixed spelling is the source's own and stays."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from leads.text import LONGEST_NAME

#: The first letters of a name: also after a hyphen, a point, and one letter with an apostrophe.
_PART = re.compile(r"(?:^|(?<=[\s\-.(/\x22])|(?<=\b\w['\u2019]))\w")
_PUNCTUATION = str.maketrans("", "", "-'\u2019")
_MC = re.compile(r"\bMc(\w{3,})")
_HALF_MC = re.compile(r"\bMc([A-Z]{3,})\b")  # McDONALD
_NUMERAL = re.compile(r"(?<=\s)(ii|iii|iv|vi|vii|viii)\b", re.IGNORECASE)
_VOWELS = frozenset("aeiouy")
_FIRST_AND_LAST = 2  # words
_NO_NAMES = frozenset(
    """dr mr mrs ms miss prof sir herr frau hr fr m mme dipl ing jr sr ii iii iv phd md mba cpa esq
    msc bsc ma ba llm jd inc ltd llc gmbh ag corp co team sales info""".split()
)
_INITIALS = 2  # letters: AJ, TJ
_SHORT = 3  # a word of a company's name that may be an abbreviation
_SHORT_WORDS = frozenset(
    """new red gas air san los las all one two big sun sea bay art oil car pet eye lab law tax web
    old our own pro top hot ice key day sky fox bee oak ash elm""".split()
)
_ABBREVIATION = 4  # letters of a name with a legal form that may be one: BASF SE
_FORMS = frozenset("AG SE SA AB AS NV BV KG OY PLC LLC LLP SPA SRL SAS SL GROUP HOLDING".split())
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
        text = _MC.sub(_as_mc, _capitalise(text))
        text = _NUMERAL.sub(lambda found: found.group().upper(), text)
    else:
        text = _HALF_MC.sub(_as_mc, text)
    # a capital can fall apart into letter and accent
    return unicodedata.normalize("NFKC", text)


def _capitalise(text: str) -> str:
    """Each part of a name with a capital; the Turkish \u0130 keeps its point there."""
    small = text.replace("\u0130", "i").lower()
    if len(small) != len(text):
        return _PART.sub(lambda found: found.group().title(), small)
    letters = list(small)
    for found in _PART.finditer(small):
        at = found.start()
        letters[at] = text[at] if text[at].isupper() else letters[at].title()
    return "".join(letters)


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a name in one field: of two words, or of `Last, First` with a word
    each. Both are '' for any other text, and where a word is a degree: a person is asked then."""
    words = full.split()
    if "," in full:
        last, _, first = full.partition(",")
        words = [first.strip(), last.strip()]
        if "," in first or " " in words[1] or " " in words[0]:
            return "", ""
    if len(words) != _FIRST_AND_LAST or any(map(_is_no_name, words)):
        return "", ""
    return words[0], words[1]


def _is_no_name(word: str) -> bool:
    """An honorific, a degree, a generation or a company's legal form."""
    plain = word.replace(".", "").casefold()
    return not plain or plain in _NO_NAMES


def _as_mc(found: re.Match[str]) -> str:
    rest = found[1]
    if rest.isupper() or rest.islower():
        rest = rest.capitalize()
    return f"Mc{rest}"


def _is_initials(text: str) -> bool:
    """AJ, TJ, JD: no name is spelled so, but Ng is."""
    letters = text.lower()
    # the capital of ß has two letters
    if not letters.isalpha() or len(text.upper()) != _INITIALS or letters == "ng":
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
    brand = _abbreviated_brand(words)
    spelled = (word if word == brand else _company_word(word, at) for at, word in enumerate(words))
    return unicodedata.normalize("NFKC", " ".join(spelled))


def _abbreviated_brand(words: list[str]) -> str:
    """The one word of a name that is no legal form, if it may be an abbreviation; '' otherwise."""
    named = [
        word
        for word in words
        if word.rstrip(".,").lower() not in _WORDS and word.rstrip(".,") not in _FORMS
    ]
    return named[0] if len(named) == 1 and len(named[0]) <= _ABBREVIATION else ""


def _company_word(word: str, position: int) -> str:
    plain = word.rstrip(".,").lower()
    rest = word[len(plain) :]
    known = _WORDS.get(plain)
    if known is not None:
        return (known if position else known[0].upper() + known[1:]) + rest
    letters = anyascii(plain.translate(_PUNCTUATION)).lower()
    short = len(letters) <= _SHORT and letters not in _SHORT_WORDS
    if short or _VOWELS.isdisjoint(letters) or not letters.isalpha():
        return word
    return _MC.sub(_as_mc, _capitalise(word[: len(plain)])) + rest

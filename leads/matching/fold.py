"""Names and words as two are compared: in Latin letters, lower case, without accents.

anyascii transliterates (ISC licence; unidecode is GPL).
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from leads.text import LONGEST_TEXT

_WORD = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS = str.maketrans({"ə": "a", "Ə": "A"})
_APOSTROPHES = str.maketrans("", "", "'`\u00b4\u02bc\u2018\u2019")
#: At the beginning of a word: Yulia, Julia, Iulia; Yana, Iana.
_FIRST_SOUNDS = (
    ("iu", "u"), ("yu", "u"), ("ju", "u"), ("ia", "a"), ("ya", "a"), ("ja", "a"), ("ye", "e"),
    ("ie", "e"), ("je", "e"), ("yo", "o"), ("io", "o"), ("jo", "o"),
)  # fmt: skip
#: Spellings of one sound, in the order in which they are replaced: German and Nordic letters
#: written out, transliterations of Cyrillic, Arabic, Hebrew, Greek and Korean, and what sounds
#: alike.
_SOUNDS = (
    ("shch", "s"), ("tsch", "c"), ("dzh", "j"), ("gue", "ge"), ("gui", "gi"), ("sch", "s"),
    ("tch", "c"), ("sh", "s"), ("ch", "c"), ("kh", "h"), ("gh", "g"), ("zh", "z"), ("ph", "f"),
    ("th", "t"), ("dh", "d"), ("dj", "d"), ("ck", "k"), ("ts", "z"), ("tz", "z"), ("ks", "x"),
    ("qu", "k"), ("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"), ("ou", "u"), ("oo", "u"),
    ("eo", "u"), ("ee", "i"), ("ij", "i"), ("iy", "i"), ("yi", "i"), ("ii", "i"), ("q", "k"),
    ("w", "v"), ("y", "i"), ("j", "i"), ("c", "k"), ("z", "s"),
)  # fmt: skip
_DOUBLE = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"(?<=.)[aeiou]")
_AMBIGUOUS = re.compile(r"[\u0590-\u06ff\u3400-\u9fff]")  # Hebrew, Arabic; Han


@lru_cache(maxsize=65536)
def fold(text: str) -> tuple[str, ...]:
    """The words of a text: 'Müller-Núñez' -> ('muller', 'nunez'), '王伟' -> ('wang', 'wei')."""
    text = text[:LONGEST_TEXT]
    if not text.isascii():
        latin = anyascii(unicodedata.normalize("NFKC", text).translate(_LETTERS))
        text = latin if any(map(_is_latin, text)) else _CAMEL.sub(" ", latin)
    return tuple(_WORD.findall(text.translate(_APOSTROPHES).lower()))


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """A folded word with each sound spelled one way: the same for 'yulia' and 'julia', 'mueller'
    and 'muller'."""
    for spelled, one in _FIRST_SOUNDS:
        if word.startswith(spelled):
            word = one + word[len(spelled) :]
            break
    for spelled, one in _SOUNDS:
        word = word.replace(spelled, one)
    word = _DOUBLE.sub(r"\1", word)
    return word[:1] + word[1:].replace("h", "")


@lru_cache(maxsize=65536)
def consonants(word: str) -> str:
    """What is left of a word's sound without its vowels: the same for 'mohammed' and
    'muhamad'."""
    return _DOUBLE.sub(r"\1", _VOWELS.sub("", sound(word)))


def is_ambiguous(text: str) -> bool:
    """Whether its script leaves open how it is read."""
    return not text.isascii() and _AMBIGUOUS.search(text) is not None


def _is_latin(letter: str) -> bool:
    return letter.isalpha() and "LATIN" in unicodedata.name(letter, "")

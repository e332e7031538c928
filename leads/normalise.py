"""Job titles as two are compared."""

import re
import unicodedata
from functools import lru_cache

from leads.text import LONGEST_NAME, squeeze

_TITLE_WORDS = (
    (r"\bvice[\s-]+president\b", "VP"),
    (r"\bsvp\b|\bsr\.?\s+vp\b", "SVP"),
    (r"\bvp\b", "VP"),
    (r"\bceo\b|\bchief executive officer\b", "CEO"),
    (r"\bcto\b|\bchief technology officer\b", "CTO"),
    (r"\bcfo\b|\bchief financial officer\b", "CFO"),
    (r"\bcoo\b|\bchief operating officer\b", "COO"),
    (r"\bcmo\b|\bchief marketing officer\b", "CMO"),
    (r"\bcro\b|\bchief revenue officer\b", "CRO"),
    (r"\bsr\.?(?=\s)", "Senior"),
    (r"\bjr\.?(?=\s)", "Junior"),
    (r"\bmgr\b", "Manager"),
    (r"\bdir\b\.?", "Director"),
)
_SMALL = frozenset("of and the for to in at de la von van der di da".split())
_UPPER = frozenset("VP SVP CEO CTO CFO COO CMO CRO CISO IT HR UX SEO EMEA APAC US UK AI".split())


@lru_cache(maxsize=16384)
def normalise_title(value: str) -> str:
    """A job title as two are compared, with the usual abbreviations unfolded to one spelling:
    'vice president, sales' -> 'VP Sales'."""
    text = squeeze(value, LONGEST_NAME)
    for _ in range(4):  # lower case can uncover an abbreviation; four rounds are enough
        settled = _settle_title(text)
        if settled == text:
            break
        text = settled
    return text


def _settle_title(text: str) -> str:
    text = squeeze(text.replace(",", " ").replace("/", " / "))
    for pattern, word in _TITLE_WORDS:
        text = re.sub(pattern, word, text, flags=re.IGNORECASE)
    text = re.sub(r"\bVP\s+of\b", "VP", text)
    words = [_title_word(word, i) for i, word in enumerate(text.split())]
    return unicodedata.normalize("NFKC", " ".join(words))


def _title_word(word: str, position: int) -> str:
    if word.upper() in _UPPER:
        return word.upper()
    if position and word.lower() in _SMALL:
        return word.lower()
    if any(map(str.isupper, word[1:])) and not word.isupper():
        return word  # mixed case is deliberate: McKinsey, DevOps
    return word[:1].title() + word[1:].lower()

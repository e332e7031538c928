"""From a vendor's spelling to ours: names, titles, phones, companies.

Pure; unknown input gives '' rather than a guess.
"""

import html
import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from leads.countries import country_code

_LEGAL = re.compile(
    r"[\s,]+(inc|incorporated|llc|l\.l\.c|ltd|limited|gmbh|ag|sa|s\.a|sas|bv|b\.v|nv|oy|ab|as|plc|corp|corporation|co|"
    r"pty|pte|kg|ug|srl|spa|s\.p\.a|holding|holdings|group)\.?$",
    re.IGNORECASE,
)
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
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[a-z0-9_+-]+(\.[a-z0-9_+-]+)*", re.IGNORECASE | re.ASCII)
_PLACEHOLDERS = frozenset(
    {"n/a", "na", "-", "--", ".", "?", "null", "none", "undefined", "unknown"}
)
_LONGEST_ADDRESS = 254


def squeeze(value: object) -> str:
    """Text without the CSV export's leading apostrophe and without doubled or outer space; '' for
    null."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, (int, float)) else ""
    text = value.replace("\x00", "")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = " ".join(text.split())
    if text.startswith("'"):
        return text.lstrip(" '")
    return text


def normalise_name(value: object) -> str:
    """A person's name part: capitalised where the source has all upper or all lower case, its
    own spelling otherwise."""
    text = squeeze(value)
    if text and (text.isupper() or text.islower()):
        text = re.sub(r"(?:^|(?<=[\s'\-]))\w", lambda m: m.group().title(), text.lower())
    # a capital can fall apart into letter and accent
    return unicodedata.normalize("NFKC", text)


def clean_title(value: str) -> str:
    """A job title in its source's spelling, '' for a placeholder such as "N/A"."""
    text = squeeze(html.unescape(value))
    if text.casefold() in _PLACEHOLDERS:
        return ""
    return text


@lru_cache(maxsize=16384)
def normalise_title(value: str) -> str:
    """A job title as two are compared, with the usual abbreviations unfolded to one spelling:
    'vice president, sales' -> 'VP Sales'."""
    text = squeeze(value)
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


@lru_cache(maxsize=16384)
def normalise_company(value: str) -> str:
    """A company's name without its legal form: 'Acme, Inc.' -> 'Acme'."""
    text = squeeze(value)
    while (shorter := _LEGAL.sub("", text).rstrip(" ,.")) != text and shorter:
        text = shorter
    return text


@lru_cache(maxsize=16384)
def normalise_phone(value: str, country: str) -> str:
    """E.164, or '' when it is no possible number for that country (ISO code, '' if unknown)."""
    text = squeeze(value)
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise_country(value: object) -> str:
    """ISO 3166 alpha-2 where known, otherwise the text as the source has it."""
    return country_code(squeeze(value))


def is_address(value: str) -> bool:
    """Whether it is an e-mail address by its form; nothing is looked up."""
    local, _, domain = value.rpartition("@")
    if _PLAIN_LOCAL.fullmatch(local) and len(value) <= _LONGEST_ADDRESS:
        # the library looks at each domain once: it takes longer than the gate
        return _is_address(f"x@{domain}")
    return _is_address(value)


@lru_cache(maxsize=16384)
def _is_address(value: str) -> bool:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True

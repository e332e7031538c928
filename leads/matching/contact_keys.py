"""What names one person wherever it occurs, and phone numbers, as two are compared."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import phonenumbers

#: What names a person besides addresses, by how it is said in a trace.
CONTACT_KINDS = {
    "apollo": "Apollo person id",
    "linkedin": "LinkedIn profile",
    "crm": "CRM id",
    "phone": "phone number",
}
#: Those that several people may have: they make two records meet, and prove nothing.
SHARED_KINDS = frozenset({"phone"})
_PROFILE = re.compile(r"/in/([^/?#]+)", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:;?ext=?|x|durchwahl|poste)\.?\s*(?=\d)")
_NO_DIGIT = re.compile(r"\D")
#: Digits at the end that two spellings of a number share, with and without the country's code.
_TAIL = 8
_FEWEST_DIGITS = 7
_FEWEST_DIFFERENT = 3  # 000-000-0000 is no number
_LONGEST = 500


@lru_cache(maxsize=16384)
def linkedin_profile(url: str) -> str:
    """The name of a personal profile on LinkedIn, '' for a company's page or anything else.

    Protocol, country, language, query and case don't count.
    """
    text = url.strip()[:_LONGEST]
    if "linkedin." not in text.lower():
        return ""
    try:
        path = urlsplit(text if "//" in text else f"//{text}").path
    except ValueError:
        return ""
    found = _PROFILE.search(path)
    return unquote(found[1]).casefold() if found else ""


@lru_cache(maxsize=16384)
def phone_digits(value: str) -> tuple[str, str]:
    """The last digits of a number, which two spellings of it share, and its extension."""
    number, *extension = _EXTENSION.split(value.lower()[:_LONGEST], maxsplit=1)
    digits = _NO_DIGIT.sub("", number)[-_TAIL:]
    if len(digits) < _FEWEST_DIGITS or len(set(digits)) < _FEWEST_DIFFERENT:
        return "", ""
    return digits, _NO_DIGIT.sub("", "".join(extension))


@lru_cache(maxsize=16384)
def is_mobile(value: str, country: str) -> bool:
    """Whether a number is surely a mobile one, and so one person's; nobody can tell in North
    America."""
    try:
        number = phonenumbers.parse(value[:_LONGEST], country or None)
    except phonenumbers.NumberParseException:
        return False
    kind = phonenumbers.number_type(number)
    return bool(kind == phonenumbers.PhoneNumberType.MOBILE)

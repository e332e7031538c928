"""Phone numbers as people write them: read by libphonenumber's rules for the country, in E.164.

Only a valid number is taken: one without its area code, or too short a one, can't be called.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from leads.text import squeeze

_LONGEST = 250  # characters of a cell that are read
_NUMBER = re.compile(r"[\d\s()./-]+", re.ASCII)
_FEWEST_DIGITS, _MOST_DIGITS = 8, 15  # of a national number with its area code; E.164's most


class Phones(NamedTuple):
    """What a cell holds: the first number, as `+14155550132` or `+14155550132 ext. 77`, and how
    many more there are."""

    first: str = ""
    more: int = 0


@lru_cache(maxsize=16384)
def read_phones(value: str, country: str) -> Phones:
    """The numbers in a cell, for a country by ISO code, '' if unknown: only international ones
    count then."""
    text = squeeze(value, _LONGEST)
    if not any(map(str.isdigit, text)) or text.casefold().startswith("fax"):
        return Phones()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if (whole := _parse(text, country)) is not None:
        return Phones(_format(whole))
    found = phonenumbers.PhoneNumberMatcher(text, country or None)
    numbers = list(dict.fromkeys(_format(match.number) for match in found))
    if not numbers:
        return Phones()
    return Phones(numbers[0], len(numbers) - 1)


def national_digits(value: str) -> str:
    """The digits of a cell that holds one number of a usual length, '' for any other cell."""
    text = squeeze(value, _LONGEST)
    digits = "".join(filter(str.isdecimal, text)) if _NUMBER.fullmatch(text) else ""
    return digits if _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS else ""


def _parse(text: str, country: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _format(number: PhoneNumber) -> str:
    plain = str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return f"{plain} ext. {number.extension}" if number.extension else plain

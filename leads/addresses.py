"""E-mail addresses as they come: out of a mail's header, a link, or a placeholder that stands where
an address is hidden."""

import re
from functools import lru_cache
from html import unescape
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from leads.text import squeeze

_LONGEST_ADDRESS = 254
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[a-z0-9_+-]+(\.[a-z0-9_+-]+)*", re.IGNORECASE | re.ASCII)
_LONGEST = 1000  # with a name around it
_NAMED = re.compile(r"[^<>]*<([^<>]+)>")
#: What Apollo shows in place of an address that it has not revealed.
_HIDDEN = re.compile(r"(email_)?not_(unlocked|found|available).*@.*|.*@domain\.com", re.IGNORECASE)


def clean_address(value: object) -> str:
    """The address in `Ada <ada@acme.com>`, `mailto:ada@acme.com?subject=x` or `ADA@acme.com`, in
    lower case; '' if none is."""
    text = squeeze(value)
    if len(text) > _LONGEST:
        return ""
    text = unescape(text)
    if (named := _NAMED.fullmatch(text)) is not None:
        text = named[1]
    text = text.strip(" \t\"'<>;,")
    if text.casefold().startswith("mailto:"):
        text = unquote(text[7:].partition("?")[0]).strip()
    text = text.lower()
    if is_hidden(text) or not is_address(text):
        return ""
    return text


def is_hidden(text: str) -> bool:
    """Whether it is one of Apollo's placeholders, which reach nobody whatever their status says."""
    return _HIDDEN.fullmatch(text.strip()) is not None


def read_address(value: object) -> str:
    """A lead's address: cleaned, or malformed as it came for a person to correct, in lower case; ''
    for a placeholder."""
    text = squeeze(value).lower()
    if address := clean_address(text):
        return address
    return "" if is_hidden(text) else text


def is_address(value: str) -> bool:
    """Whether it is an e-mail address by its form; nothing is looked up."""
    if len(value) > _LONGEST_ADDRESS:
        return False
    local, _, domain = value.rpartition("@")
    if _PLAIN_LOCAL.fullmatch(local):
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

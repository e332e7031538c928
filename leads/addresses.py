"""E-mail addresses as they come: out of a mail's header, a link, or a placeholder that stands where
an address is hidden."""

import re
from html import unescape
from urllib.parse import unquote

from leads.normalise import is_address
from leads.text import squeeze

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

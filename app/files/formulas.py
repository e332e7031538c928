"""Cells that no spreadsheet runs as a formula, however it divides the line into cells.

Source of the dangerous beginnings: OWASP, "CSV Injection". A spreadsheet whose locale separates
cells by semicolons divides a cell of ours at each of them, so that the text behind one is a
beginning, too.
"""

import re

#: With the forms that Japanese and Chinese locales take for the same signs.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
#: Where a cell begins in some locale: at the start of the text, or behind a separator. What
#: follows is a sign, or a tab or line break, perhaps behind quotes or space that a spreadsheet
#: drops; the search for it is lazy, so that a run of tabs takes no longer than any text.
_BEGIN = r"(?:^|(?<=[,;|\t\r\n]))"
_FORMULA = rf"(?=['\"\s]*?[{_SIGNS}\t\r\n])"
_UNSAFE = re.compile(_BEGIN + _FORMULA)
_ESCAPED = re.compile(f"{_BEGIN}'{_FORMULA}")


def escape_formulas(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would run."""
    return _UNSAFE.sub("'", text)


def unescape_formulas(text: str) -> str:
    """The text before `escape_formulas`."""
    return _ESCAPED.sub("", text)

"""Whether the bytes of a text are UTF-8."""

import codecs
from collections.abc import Iterable

_ADVICE = "save it as 'CSV UTF-8'"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class EncodingError(ValueError):
    """The text is not UTF-8. The message names the file and the line, and says what to do."""


def require_utf8(lines: Iterable[bytes], name: str) -> None:
    """Return if every line is UTF-8, with or without a byte order mark.

    Raises EncodingError with the first line that is not: a spreadsheet's "CSV" is often in a code
    page such as cp1252; which one can't be known from the bytes, so it is never guessed. `name` is
    the file's.
    """
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith(_UTF_16):
            raise EncodingError(f"{name}, line 1: UTF-16, not UTF-8; {_ADVICE}")
        if not _is_utf8(line):
            raise EncodingError(f"{name}, line {number}: not UTF-8; {_ADVICE}")


def _is_utf8(line: bytes) -> bool:
    """False for zero bytes, too: no text has them but UTF-16 without its mark."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in line

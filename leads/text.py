"""Foreign text made safe to work with: of a stated length, without what a terminal or another
program would obey, in one form of Unicode. Every normaliser begins here."""

import re
import unicodedata
from html import unescape

#: Characters of a field at most; what is longer was never meant for it. Names, titles and the like,
#: web addresses, and everything else.
LONGEST_NAME = 300
LONGEST_URL = 2_000
LONGEST_TEXT = 5_000
_MOST_MARKS = 4  # accents on one letter: Vietnamese has two
_JOINERS = "\u200c\u200d"  # between letters of Arabic and Indic scripts, and in emoji
#: With its semicolon: `Legal&regulatory` has none.
_ENTITY = re.compile(r"&(#\w{1,8}|\w{2,32});")
_ENTITIES = 5  # times: `&amp;amp;` has been through two programs
_PLACEHOLDERS = frozenset(
    "n/a|na|n.a.|n.a|none|null|nil|nan|undefined|unknown|not available|not applicable|not provided"
    "|no title|tbd|tba|none.|#n/a|#ref!|#value!|#name?|(null)|(none)|[null]|<null>|unbekannt|k.a."
    "|keine angabe|inconnu"
    "|desconocido|sconosciuto|onbekend".split("|")
)
_NAMES = frozenset({"Null", "Na", "Nan", "Nil"})


def squeeze(value: object, most: int = LONGEST_TEXT) -> str:
    """Text without controls, doubled or outer space, and the apostrophe that CSV exports put first;
    cut to `most` characters. A number's digits; '' for anything else."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, (int, float)) else ""
    text = value[:most]
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFKC", _printable(text))[:most]
    text = " ".join(text.split())
    if text.startswith("'"):
        return text.lstrip(" '")
    return text


def clean_text(value: object, most: int = LONGEST_NAME) -> str:
    """What a field says: as `squeeze`, with HTML's entities read, and '' for a placeholder."""
    text = squeeze(value, most)
    for _ in range(_ENTITIES):
        if "&" not in text or (read := squeeze(_ENTITY.sub(_character, text), most)) == text:
            break
        text = read
    return "" if is_placeholder(text) else text


def _character(entity: re.Match[str]) -> str:
    return unescape(entity.group())


def is_placeholder(text: str) -> bool:
    """Whether it stands where nothing is known: "N/A", "-", "null". Null and Na, so spelled, are
    names that people have."""
    if text.casefold() in _PLACEHOLDERS:
        return text not in _NAMES
    return not (text[:1].isalnum() or any(map(str.isalnum, text)))


def _printable(text: str) -> str:
    """Without controls and marks of direction, with a sign in place of half a character; of many
    accents on one letter the first few."""
    kept: list[str] = []
    marks = 0
    for at, letter in enumerate(text):
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind == "Mn" else 0
        if kind == "Cs":
            kept.append("\ufffd")
        elif kind == "Cc":
            kept.append(" " if letter.isspace() else "")
        elif kind == "Cf":
            kept.append(letter if letter in _JOINERS and _joins(text, at) else "")
        elif marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def visible(text: str) -> str:
    """One line as a terminal or a log may show it: what would move the cursor, break the line, turn
    its direction or hide is written as an escape, such as \\x1b. Joiners, which scripts need, are
    left."""
    if text.isprintable():
        return text
    return text.translate(_SHOWN)


def visible_lines(text: str) -> str:
    """Several lines, each as `visible`."""
    return "\n".join(map(visible, text.split("\n")))


class _Shown(dict[int, str]):
    """How a character is shown, by its code; found out at its first use, since `translate` asks for
    each letter of a text."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        kind = unicodedata.category(letter)
        hides = (kind[0] == "C" or kind in {"Zl", "Zp"}) and letter not in _JOINERS
        self[code] = letter.encode("unicode_escape").decode() if hides else letter
        return self[code]


_SHOWN = _Shown()


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands between two letters of scripts that know it."""
    between = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    return all(side and not side.isascii() for side in between)

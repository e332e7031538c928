"""Words, signs and values of a SOQL text."""

import re
from datetime import date, datetime
from typing import NamedTuple

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.soql.tree import DateLiteral, Value

MOST_CHARACTERS, MOST_IN_A_TEXT = 100_000, 4_000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d(?!T))"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*(?::\d+)?)"
    r"|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "N": "\n", "r": "\r", "R": "\r", "t": "\t", "T": "\t"}
_KNOWN_ESCAPES = frozenset("nNrRtTbBfF\"'\\_%")
DAYS = frozenset(
    "YESTERDAY TODAY TOMORROW LAST_WEEK THIS_WEEK NEXT_WEEK LAST_MONTH THIS_MONTH NEXT_MONTH"
    " LAST_YEAR THIS_YEAR NEXT_YEAR LAST_90_DAYS NEXT_90_DAYS LAST_N_DAYS NEXT_N_DAYS"
    " N_DAYS_AGO".split()
)


class Token(NamedTuple):
    """`kind` is the group of _TOKEN that matched."""

    kind: str
    text: str


def malformed(message: str) -> RefusedError:
    """The refusal of a text that isn't SOQL."""
    return RefusedError(400, "MALFORMED_QUERY", message)


def tokens_of(text: str) -> list[Token]:
    """Raises RefusedError."""
    if len(text) > MOST_CHARACTERS:
        raise RefusedError(400, "QUERY_TOO_COMPLICATED", "SOQL statements have 100,000 characters")
    tokens: list[Token] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise malformed(f"unexpected token: '{text[at : at + 10].strip()}'")
        tokens.append(Token(found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def value_of(token: Token) -> Value:
    """Raises RefusedError for a token that is no value."""
    kind, text = token
    try:
        match kind:
            case "text":
                return _unquoted(text[1:-1])
            case "moment":
                return datetime.fromisoformat(text.replace("Z", "+00:00"))
            case "day":
                return date.fromisoformat(text)
            case "number":
                return float(text)
            case _:
                return _word(text)
    except ValueError:
        raise malformed(f"unexpected token: '{text}'") from None


def _unquoted(text: str) -> str:
    unknown = {one for one in _ESCAPED.findall(text) if one not in _KNOWN_ESCAPES}
    if unknown:
        raise malformed(f"Illegal Escape Sequence: \\{min(unknown)}")
    if len(text) > MOST_IN_A_TEXT:
        raise malformed("a string in a WHERE clause has at most 4,000 characters")
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text)


def _word(text: str) -> Value:
    if text.lower() in {"true", "false", "null"}:
        return {"true": True, "false": False, "null": None}[text.lower()]
    name, _, number = text.upper().partition(":")
    if name not in DAYS or ("_N_" in f"_{name}" and not number):
        raise ValueError(text)
    return DateLiteral(name, int(number or 0))

"""SOQL, as much of it as the connector asks: SELECT fields FROM object WHERE … ORDER BY … LIMIT …,
paths to parents."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Value = Any
Getter = Callable[[dict[str, Any], str], Value]
Test = Callable[[dict[str, Any], Getter], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
_ESCAPES = re.compile(r"\\(.)")


class SyntaxRefusedError(ValueError):
    """Not the language as the sandbox speaks it."""


@dataclass(slots=True)
class Query:
    """A parsed query."""

    fields: list[str]
    source: str
    test: Test = lambda _record, _get: True
    named: set[str] = field(default_factory=set)  # every field that stands anywhere in it
    # fields and what they are compared with by size
    ranges: list[tuple[str, Value]] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise SyntaxRefusedError(f"unexpected token: '{text[at : at + 10]}'")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0
        self.named: set[str] = set()
        self.ranges: list[tuple[str, Value]] = []

    def word(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> bool:
        if self.word().upper() in wanted:
            self.at += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise SyntaxRefusedError(f"unexpected token: '{self.word()}', expected {wanted}")

    def name(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "word":
            raise SyntaxRefusedError(f"unexpected token: '{text}'")
        self.at += 1
        return text

    def field(self) -> str:
        found = self.name()
        self.named.add(found)
        return found

    def literal(self) -> Value:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.at += 1
        if kind == "text":
            return _ESCAPES.sub(r"\1", text[1:-1])
        if kind == "time":
            return seconds(text)
        if kind == "number":
            return float(text)
        if text.lower() in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[text.lower()]
        raise SyntaxRefusedError(f"unexpected token: '{text}'")

    def any_of(self) -> Test:
        parts = [self.all_of()]
        while self.take("OR"):
            parts.append(self.all_of())
        return lambda record, get: any(part(record, get) for part in parts)

    def all_of(self) -> Test:
        parts = [self.one()]
        while self.take("AND"):
            parts.append(self.one())
        return lambda record, get: all(part(record, get) for part in parts)

    def one(self) -> Test:
        if self.take("NOT"):
            inner = self.one()
            return lambda record, get: not inner(record, get)
        if self.take("("):
            inside = self.any_of()
            self.need(")")
            return inside
        name = self.field()
        if self.take("IS"):
            there = self.take("NOT")
            self.need("NULL")
            return lambda record, get: (get(record, name) in {None, ""}) is not there
        if self.take("IN"):
            wanted = self.values()
            return lambda record, get: _folded(get(record, name)) in wanted
        if self.take("LIKE"):
            pattern = re.escape(str(self.literal())).replace("%", ".*").replace("_", ".")
            return lambda record, get: bool(
                re.fullmatch(pattern, str(get(record, name) or ""), re.IGNORECASE)
            )
        sign = self.tokens[self.at][1] if self.at < len(self.tokens) else ""
        if sign not in _SIGNS:
            raise SyntaxRefusedError(f"unexpected token: '{sign}'")
        self.at += 1
        given = self.literal()
        if sign in {"<", ">", "<=", ">="}:
            self.ranges.append((name, given))
        right = _folded(given)
        return lambda record, get: _SIGNS[sign](_comparable(get(record, name), right), right)

    def values(self) -> set[Value]:
        self.need("(")
        found = {_folded(self.literal())}
        while self.take(","):
            found.add(_folded(self.literal()))
        self.need(")")
        return found


_SIGNS: dict[str, Callable[[Value, Value], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a is not None and a < b,
    ">": lambda a, b: a is not None and a > b,
    "<=": lambda a, b: a is not None and a <= b,
    ">=": lambda a, b: a is not None and a >= b,
}


def parse(text: str) -> Query:
    """Raises SyntaxRefusedError with Salesforce's kind of words."""
    parser = _Parser(text)
    parser.need("SELECT")
    fields = [parser.field()]
    while parser.take(","):
        fields.append(parser.field())
    parser.need("FROM")
    query = Query(fields, parser.name())
    if parser.take("WHERE"):
        query.test = parser.any_of()
    if parser.take("ORDER"):
        parser.need("BY")
        while True:
            name = parser.field()
            query.order.append((name, parser.take("DESC")))
            parser.take("ASC")
            if not parser.take(","):
                break
    if parser.take("LIMIT"):
        query.limit = int(parser.literal())
    if parser.word():
        raise SyntaxRefusedError(f"unexpected token: '{parser.word()}'")
    query.named, query.ranges = parser.named, parser.ranges
    return query


def seconds(text: str) -> float:
    """Seconds of an ISO time."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _folded(value: Value) -> Value:
    """Salesforce compares text without regard to case."""
    return value.casefold() if isinstance(value, str) else value


def _comparable(value: Value, right: Value) -> Value:
    if isinstance(right, float) and isinstance(value, str):
        return seconds(value)
    return _folded(value)

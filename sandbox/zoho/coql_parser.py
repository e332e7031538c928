"""COQL as Zoho documents it, and nothing else: its words and brackets. Limits and types are checked
in coql_checks.

Sources: Zoho's pages "Query API - An Overview" and "Get Records through a COQL Query"; Kaizen 171
(criteria in pairs, doubled quotes, reserved words in quotes). Aggregates and aliases are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.zoho.refusals import RefusedError

_TOKEN = re.compile(
    r"(?:(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_$][\w.$]*)|(?P<sign><=|>=|!=|[=<>(),]))\s*"
)
_QUERY = ("select", "from", "where", "order", "by", "asc", "desc", "limit", "offset")
_CRITERIA = ("and", "or", "not", "in", "like", "between", "is", "null")
#: Words that are no field's name unless they are quoted.
RESERVED = frozenset((*_QUERY, *_CRITERIA, "external", "group", "having", "join", "rank", "user"))
_SIGNS = ("=", "!=", "<", ">", "<=", ">=")


@dataclass(frozen=True, slots=True)
class Criterion:
    """A field, a comparator, and what it is compared with."""

    field: str
    comparator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clauses, joined by `and` or `or`."""

    word: str
    left: "Clause"
    right: "Clause"


Clause = Criterion | Pair


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query."""

    columns: tuple[str, ...]
    module: str
    where: Clause
    order: tuple[tuple[str, bool], ...] = ()  # a field, and whether downwards
    limit: int = 200
    offset: int = 0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Query:
    """Raises RefusedError SYNTAX_ERROR."""
    return _Parser(text).query()


def criteria(clause: Clause) -> Iterator[Criterion]:
    """All criteria of a clause."""
    if isinstance(clause, Criterion):
        yield clause
    else:
        yield from criteria(clause.left)
        yield from criteria(clause.right)


def _tokens(text: str) -> Iterator[_Token]:
    at, end = len(text) - len(text.lstrip()), len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise _refused(at, text[at : at + 10])
        yield _Token(found.lastgroup, found[found.lastgroup], at)
        at = found.end()
    yield _Token("end", "", len(text))


def _refused(at: int, near: str) -> RefusedError:
    said = "error occurred while parsing the query"
    return RefusedError(400, "SYNTAX_ERROR", said, line=1, column=at + 1, near=near)


class _Parser:
    def __init__(self, text: str) -> None:
        self._left = [*_tokens(text)]

    def query(self) -> Query:
        self._need("select")
        columns = [self._name()]
        while self._take(","):
            columns.append(self._name())
        self._need("from")
        module = self._name()
        if not self._take("where"):
            raise RefusedError(400, "SYNTAX_ERROR", "missing clause", clause="where")
        where = self._clause()
        order = tuple(self._order()) if self._take("order") else ()
        offset, limit = self._limit()
        if self._left[0].kind != "end":
            raise self._unexpected()
        return Query(tuple(columns), module, where, order, limit, offset)

    def _clause(self) -> Clause:
        """A criterion, or two in a pair: a third one needs brackets."""
        left = self._operand()
        for word in ("and", "or"):
            if self._take(word):
                return Pair(word, left, self._operand())
        return left

    def _operand(self) -> Clause:
        if self._take("("):
            inside = self._clause()
            self._need(")")
            return inside
        name = self._name()
        if self._take("is"):
            there = self._take("not")
            self._need("null")
            return Criterion(name, "is not null" if there else "is null")
        negated = "not " if self._take("not") else ""
        for word in ("in", "like", "between"):
            if self._take(word):
                return Criterion(name, negated + word, self._values(word))
        return Criterion(name, self._sign(negated), (self._value(),))

    def _values(self, comparator: str) -> tuple[Any, ...]:
        if comparator == "like":
            return (self._value(),)
        if comparator == "between":
            low = self._value()
            self._need("and")
            return low, self._value()
        self._need("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return tuple(values)

    def _order(self) -> Iterator[tuple[str, bool]]:
        self._need("by")
        while True:
            name = self._name()
            down = self._take("desc")
            if not down:
                self._take("asc")
            yield name, down
            if not self._take(","):
                return

    def _limit(self) -> tuple[int, int]:
        """The offset and the limit: `limit 200`, `limit 0, 200` or `limit 200 offset 0`."""
        if not self._take("limit"):
            return 0, 200
        first = self._whole()
        if self._take(","):
            return first, self._whole()
        return (self._whole(), first) if self._take("offset") else (0, first)

    def _name(self) -> str:
        token = self._left[0]
        if token.kind == "text":
            return _unquoted(self._left.pop(0).text)
        if token.kind != "word" or token.text.casefold() in RESERVED:
            raise self._unexpected()
        return self._left.pop(0).text

    def _value(self) -> Any:
        token = self._left[0]
        if token.kind == "text":
            return _unquoted(self._left.pop(0).text)
        if token.kind == "number":
            return _number(self._left.pop(0).text)
        if token.text.casefold() in {"true", "false"}:
            return self._left.pop(0).text.casefold() == "true"
        raise self._unexpected()

    def _whole(self) -> int:
        if not self._left[0].text.isdigit():
            raise self._unexpected()
        return int(self._left.pop(0).text)

    def _sign(self, negated: str) -> str:
        if negated or self._left[0].text not in _SIGNS:
            raise self._unexpected()
        return self._left.pop(0).text

    def _take(self, wanted: str) -> bool:
        token = self._left[0]
        taken = token.kind in {"word", "sign"} and token.text.casefold() == wanted
        if taken:
            self._left.pop(0)
        return taken

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise self._unexpected()

    def _unexpected(self) -> RefusedError:
        return _refused(self._left[0].at, self._left[0].text)


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _unquoted(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)

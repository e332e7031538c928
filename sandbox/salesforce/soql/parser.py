"""From a SOQL text to what it says.

Source: SOQL and SOSL Reference, "SOQL SELECT Syntax", and its pages on conditions, aggregates,
relationship queries, FIELDS() and OFFSET. AND and OR beside one another need brackets.
"""

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.soql.tokens import Token, malformed, tokens_of, value_of
from sandbox.salesforce.soql.tree import (
    Compared,
    Condition,
    Joined,
    Negated,
    Ordered,
    Query,
    Selected,
    Value,
)

FUNCTIONS = frozenset("COUNT COUNT_DISTINCT MIN MAX SUM AVG".split())
_SIGNS = frozenset(("=", "!=", "<>", "<", ">", "<=", ">="))
_CLAUSES = frozenset("FROM WHERE GROUP HAVING ORDER LIMIT OFFSET WITH FOR USING".split())
_MOST_OFFSET = 2000
_NO_TOKEN = Token("", "<EOF>")


def parse(text: str) -> Query:
    """Raises RefusedError in Salesforce's words."""
    parser = _Parser(tokens_of(text))
    query = parser.query()
    if parser.next is not _NO_TOKEN:
        raise parser.unexpected()
    return query


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at, self._alias = tokens, 0, ""

    @property
    def next(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _NO_TOKEN

    def unexpected(self) -> RefusedError:
        return malformed(f"unexpected token: '{self.next.text}'")

    def _take(self, *wanted: str) -> bool:
        if self.next.text.upper() in wanted:
            self._at += 1
            return True
        return False

    def _need(self, *wanted: str) -> None:
        for one in wanted:
            if not self._take(one):
                raise malformed(f"unexpected token: '{self.next.text}', expecting {one}")

    def _name(self) -> str:
        if self.next.kind != "word":
            raise self.unexpected()
        self._at += 1
        return self._tokens[self._at - 1].text

    def _whole(self) -> int:
        if not self.next.text.isdigit():
            raise self.unexpected()
        self._at += 1
        return int(self._tokens[self._at - 1].text)

    # Clauses

    def query(self) -> Query:
        self._need("SELECT")
        query = Query()
        self._selection(query)
        while self._take(","):
            self._selection(query)
        self._need("FROM")
        query.source = self._name()
        if self.next.kind == "word" and self.next.text.upper() not in _CLAUSES:
            self._alias = f"{self._name()}."
            query.selected = [self._without_alias(one) for one in query.selected]
        self._filters(query)
        self._window(query)
        return query

    def _selection(self, query: Query) -> None:
        if self._take("("):
            query.children.append(self.query())
            self._need(")")
            return
        name = self._name()
        if name.upper() == "FIELDS" and self._take("("):
            query.fields_of.append(self._name().upper())
            self._need(")")
            return
        one = self._function(name)
        if one.function == "COUNT" and not one.path:
            query.is_count = True
            return
        if one.function and self.next.kind == "word" and self.next.text.upper() not in _CLAUSES:
            one = Selected(one.path, one.function, self._name())
        query.selected.append(one)

    def _function(self, name: str) -> Selected:
        """A field, or a function of one; COUNT() has no field."""
        if not self._take("("):
            return Selected(name)
        function = name.upper()
        if function not in FUNCTIONS:
            raise malformed(f"unexpected token: '{name}'")
        path = "" if function == "COUNT" and self.next.text == ")" else self._name()
        self._need(")")
        return Selected(path, function)

    def _what(self) -> Selected:
        return self._without_alias(self._function(self._name()))

    def _without_alias(self, one: Selected) -> Selected:
        path = one.path.removeprefix(self._alias) if self._alias else one.path
        return Selected(path, one.function, one.alias)

    def _filters(self, query: Query) -> None:
        if self._take("WHERE"):
            query.where = self._conditions()
        if self._take("GROUP"):
            self._need("BY")
            query.groups = [self._what()]
            while self._take(","):
                query.groups.append(self._what())
        if self._take("HAVING"):
            query.having = self._conditions()

    def _window(self, query: Query) -> None:
        if self._take("ORDER"):
            self._need("BY")
            query.order = [self._ordered()]
            while self._take(","):
                query.order.append(self._ordered())
        if self._take("LIMIT"):
            query.limit = self._whole()
        if self._take("OFFSET"):
            query.offset = self._whole()
            if query.offset > _MOST_OFFSET:
                said = "Maximum SOQL offset allowed is 2000"
                raise RefusedError(400, "NUMBER_OUTSIDE_VALID_RANGE", said)

    def _ordered(self) -> Ordered:
        what = self._what()
        down = self._take("DESC")
        if not down:
            self._take("ASC")
        last = False
        if self._take("NULLS"):
            last = self._take("LAST")
            if not last:
                self._need("FIRST")
        return Ordered(what, down, last)

    # Conditions

    def _conditions(self) -> Condition:
        parts = [self._condition()]
        for word in ("AND", "OR"):
            while self._take(word):
                parts.append(self._condition())
            if len(parts) > 1:
                # the other word beside this one needs brackets
                if self.next.text.upper() in {"AND", "OR"}:
                    raise self.unexpected()
                return Joined(word, tuple(parts))
        return parts[0]

    def _condition(self) -> Condition:
        if self._take("NOT"):
            return Negated(self._condition())
        if self._take("("):
            inside = self._conditions()
            self._need(")")
            return inside
        what = self._what()
        if self._take("NOT"):
            self._need("IN")
            return Negated(Compared(what, "IN", self._list()))
        if self._take("IN"):
            return Compared(what, "IN", self._list())
        sign = "LIKE" if self._take("LIKE") else self.next.text
        if sign != "LIKE":
            if sign not in _SIGNS:
                raise self.unexpected()
            self._at += 1
        return Compared(what, "!=" if sign == "<>" else sign, (self._value(),))

    def _value(self) -> Value:
        value = value_of(self.next)
        self._at += 1
        return value

    def _list(self) -> tuple[Value, ...] | Query:
        self._need("(")
        if self.next.text.upper() == "SELECT":
            inner = self.query()
            self._need(")")
            return inner
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return tuple(values)

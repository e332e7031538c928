"""What a SOQL text says: a query, its fields and its conditions."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """Such as TODAY or LAST_N_DAYS:7; `number` is 0 where there is none."""

    name: str
    number: int


Value = str | float | bool | date | datetime | DateLiteral | None


@dataclass(frozen=True, slots=True)
class Selected:
    """A field's path, or a function of one; `alias` names an aggregate's column."""

    path: str
    function: str = ""
    alias: str = ""

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.function}({self.path})" if self.function else self.path


@dataclass(frozen=True, slots=True)
class Compared:
    """A field beside one value, or several."""

    what: Selected
    sign: str
    values: "tuple[Value, ...] | Query"


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions of which all (AND) or any (OR) must hold."""

    word: str
    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Negated:
    """A condition that must not hold."""

    part: "Condition"


Condition = Compared | Joined | Negated


@dataclass(frozen=True, slots=True)
class Ordered:
    """A sort key; nulls come first unless said."""

    what: Selected
    down: bool
    nulls_last: bool


@dataclass(slots=True)
class Query:
    """A parsed query; `is_count` is SELECT COUNT() alone, `fields_of` the FIELDS() groups."""

    source: str = ""
    selected: list[Selected] = field(default_factory=list)
    children: "list[Query]" = field(default_factory=list)
    fields_of: list[str] = field(default_factory=list)
    is_count: bool = False
    where: Condition | None = None
    groups: list[Selected] = field(default_factory=list)
    having: Condition | None = None
    order: list[Ordered] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0

    @property
    def aggregates(self) -> bool:
        """Whether its rows are AggregateResults."""
        return bool(self.groups) or any(one.function for one in self.selected)

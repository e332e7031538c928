"""Records with a value in every field, none of them its default: made from the declarations, the
same each time."""

from enum import Enum
from typing import Any

import msgspec
from msgspec import UNSET, inspect

_NUMBER, _SECONDS = 7, 1_767_603_600.5
_FIRST: dict[type[inspect.Type], Any] = {
    inspect.IntType: _NUMBER,
    inspect.FloatType: _SECONDS,
    inspect.BoolType: True,
    inspect.BytesType: b"bytes",
    inspect.AnyType: {"any": "value"},
    inspect.RawType: msgspec.Raw(b'{"raw":"value"}'),
}


def filled(record: type[Any], number: int = 0) -> Any:
    """One record. `number` chooses among the alternatives of its unions, in turn."""
    return _struct(inspect.type_info(record), number)


def variants(record: type[Any]) -> list[Any]:
    """As many records as it takes to have each alternative of the record's own unions once."""
    return [_struct(kind, i) for kind in [inspect.type_info(record)] for i in range(_most(kind))]


def _struct(kind: inspect.Type, number: int) -> Any:
    assert isinstance(kind, inspect.StructType)
    return kind.cls(**{f.name: _value_of(f, number) for f in kind.fields})


def _value_of(field: inspect.Field, number: int) -> Any:
    if isinstance(field.type, inspect.BoolType):
        return field.default is not True
    value = _value(field.type, field.name, number)
    return f"{value} of its own" if value == field.default else value


def _value(kind: inspect.Type, name: str, number: int) -> Any:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema={"format": "email"}):
            return f"{_value(inner, name, number)}@example.test"
        case inspect.Metadata(type=inner):
            return _value(inner, name, number)
        case inspect.StrType():
            return name
        case inspect.LiteralType(values=values):
            return values[-1]
        case inspect.EnumType(cls=members):
            return _last(members)
        case inspect.StructType():
            return _struct(kind, number)
        case inspect.UnionType():
            some = alternatives(kind)
            return _value(some[number % len(some)], name, number)
    return _FIRST[type(kind)] if type(kind) in _FIRST else _collection(kind, name, number)


def _collection(kind: inspect.Type, name: str, number: int) -> Any:
    match kind:
        case inspect.DictType(value_type=of):
            return {f"{name} {i}": _value(of, name, i) for i in range(_most(of))}
        case inspect.VarTupleType(item_type=of):
            return tuple(_value(of, name, i) for i in range(_most(of)))
        case inspect.TupleType(item_types=each):
            return tuple(_value(of, name, number) for of in each)
    raise TypeError(f"{name}: no example of {kind}")


def alternatives(kind: inspect.UnionType) -> list[inspect.Type]:
    """What a union's value may be, other than null."""
    return [one for one in kind.types if not isinstance(one, inspect.NoneType)]


def _most(kind: inspect.Type) -> int:
    """The greatest number of alternatives that a field of a struct has, 1 for any other type."""
    if not isinstance(kind, inspect.StructType):
        return 1
    unions = [f.type for f in kind.fields if isinstance(f.type, inspect.UnionType)]
    return max([len(alternatives(union)) for union in unions], default=1)


def _last(found: type[Enum]) -> Enum:
    return list(found)[-1]


def complete(value: Any) -> Any:
    """A decoded value as JSON's own types, fields that hold their default included."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    if isinstance(value, msgspec.Struct):
        fields = inspect.type_info(type(value))
        assert isinstance(fields, inspect.StructType)
        tag = {} if fields.tag_field is None else {fields.tag_field: fields.tag}
        values = {f.encode_name: getattr(value, f.name) for f in fields.fields}
        return tag | {n: complete(v) for n, v in values.items() if v is not UNSET}
    if isinstance(value, dict):
        return {name: complete(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [complete(one) for one in value]
    return msgspec.to_builtins(value)


def lost(before: Any, now: Any, path: str = "$") -> list[str]:
    """Where a value that was written is not, or not the same, in what was read."""
    if isinstance(before, dict) and isinstance(now, dict):
        gone = [f"{path}.{name}" for name in before if name not in now]
        both = before.keys() & now.keys()
        return gone + [at for n in both for at in lost(before[n], now[n], f"{path}.{n}")]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [at for i, (a, b) in pairs for at in lost(a, b, f"{path}[{i}]")]
    return [] if before == now else [path]

"""Types and defaults of fields and options, in words."""

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from reference.markdown import code, codes

_WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    SecretStr: "secret text",
}


def type_of(annotation: Any) -> str:
    """An annotation in words. Raises TypeError for one that has none."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_of(args[0])
    if origin in {Union, UnionType}:
        return " or ".join(type_of(a) for a in args if a is not NoneType)
    if origin is Literal:
        return codes(str(a) for a in args)
    if origin in {tuple, list}:
        return f"list of {_within(args[0])}"
    if origin is dict:
        return f"map of {_within(args[0])} to {_within(args[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return codes(str(member.value) for member in annotation)
    if is_section(annotation):
        return "section"
    if annotation not in _WORDS:
        raise TypeError(f"no words for {annotation}: add them to reference/wording.py")
    return _WORDS[annotation]


def is_section(annotation: Any) -> bool:
    """Whether it is a model, with keys of its own."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def sections_in(annotation: Any) -> list[type[BaseModel]]:
    """The models in an annotation, at whatever depth."""
    if is_section(annotation):
        return [annotation]
    return [model for a in get_args(annotation) for model in sections_in(a)]


def limits_of(metadata: Iterable[Any]) -> str:
    """The bounds that a field's metadata sets, '' for none."""
    said = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "min_length": "not empty"}
    found = []
    for limit in metadata:
        found += [
            text.format(getattr(limit, name))
            for name, text in said.items()
            if getattr(limit, name, None) is not None
        ]
        if pattern := getattr(limit, "pattern", None):
            found.append(f"as {code(pattern)}")
    return ", ".join(found)


def type_of_field(field: FieldInfo) -> str:
    """A field's type with its bounds."""
    return ", ".join(filter(None, [type_of(field.annotation), limits_of(field.metadata)]))


def default_of(value: Any) -> str:
    """A default as it would be written in YAML."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_defaults=True)
        return code(_flow(value)) if value else "as its keys"
    if value is None or value == "":
        return "unset"
    if value in ((), [], {}):
        return "empty"
    if isinstance(value, str | Path):
        return code(_scalar(str(value)))
    return code(_flow(value))


def _scalar(text: str) -> str:
    return text if yaml.safe_load(text) == text else f"'{text}'"


def _whole(value: Any) -> Any:
    """Numbers without a fraction as whole ones, at whatever depth."""
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flow(value: Any) -> str:
    value = _whole(value)
    return yaml.safe_dump([value], default_flow_style=True, width=1000).strip()[1:-1]


def _within(annotation: Any) -> str:
    one = type_of(annotation)
    return f"({one})" if one.startswith(("list", "map")) else one

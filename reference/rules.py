"""docs/reference/rules.md: every key of rules.yaml, and examples."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leads.rules import Rules
from reference.markdown import code, page, plain, sentence, table
from reference.rule_examples import EXAMPLES
from reference.wording import default_of, sections_in, type_of_field

_COLUMNS = ("key", "type", "default", "meaning")
_HEAD = """\
`rules.yaml` is one YAML file; `leadgate init` writes a first one. A key that is not on this page
is refused with its line, as is a value that doesn't fit: a country by its name, a pattern with a
backspace (`\\b` in double quotes), `NO` without quotes, which YAML reads as false. `[]` in a key's
path stands for each entry of a list. `x -> y` in a meaning is a map with `x` on the left.
Countries are written by two letters (ISO 3166), industries and sizes by the names that the file
itself gives them under `industries` and `sizes`.

Two things are checked over the whole file: the best of each part of `icp` add up to 100, and
without any intent a lead can still reach `threshold`."""
_EXAMPLES = """\
## Examples

Each example shows some keys of the file. They take the place of the same keys in the file that
`leadgate init` writes; the other keys stay. The tests load each of them so."""


def make_page() -> str:
    """The page's text."""
    keys = table(_COLUMNS, (_row(name, f) for name, f in Rules.model_fields.items()))
    sections = [
        _section(name, field) for name, field in Rules.model_fields.items() if _model(field)
    ]
    examples = [f"### {e.title}\n\n{e.text}\n\n```yaml\n{e.yaml}```" for e in EXAMPLES]
    source = "`leads/rules.py` and `leads/rule_models.py`"
    top = f"## Keys of the file\n\n{keys}"
    return page("Rules", source, _HEAD, top, *sections, _EXAMPLES, *examples)


def _section(name: str, field: FieldInfo) -> str:
    model = _model(field)
    assert model is not None
    return f"## {code(name)}\n\n{plain(model.__doc__)}\n\n{describe(_path(name, field), model)}"


def describe(path: str, model: type[BaseModel]) -> str:
    """The table of a model's keys. Raises EmptyCellError for one without a description."""
    return table(_COLUMNS, _rows(path, model))


def _rows(path: str, model: type[BaseModel]) -> Iterator[list[str]]:
    for name, field in model.model_fields.items():
        inner = _model(field)
        yield _row(f"{path}.{name}", field)
        if inner is not None:
            yield from _rows(_path(f"{path}.{name}", field), inner)


def _row(path: str, field: FieldInfo) -> list[str]:
    default = "required" if field.is_required() else default_of(_default(field))
    return [code(path), type_of_field(field), default, sentence(field.description or "")]


def _default(field: FieldInfo) -> object:
    return field.get_default(call_default_factory=True, validated_data={})


def _model(field: FieldInfo) -> type[BaseModel] | None:
    return next(iter(sections_in(field.annotation)), None)


def _path(name: str, field: FieldInfo) -> str:
    is_list = Ellipsis in get_args(field.annotation)
    return f"{name}[]" if is_list else name

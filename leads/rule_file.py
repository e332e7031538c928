"""A file of rules: read, checked, and refused with a line for each fault."""

import re
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from leads.rule_checks import Location, dotted, rule_faults
from leads.rule_models import RuleModel
from leads.rules import Rules, RulesError

#: A fault of the file as a whole begins with the key that it is about.
_KEY = re.compile(r"([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+)*): ")
_BOOLEAN = "tag:yaml.org,2002:bool"


def parse_rules(text: str, name: str = "rules.yaml") -> Rules:
    """Read rules from YAML. Raises RulesError with a line for each fault."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RulesError(f"{name}: not YAML: {error}") from error
    except RecursionError:
        raise RulesError(f"{name}: nested too deeply to be rules") from None
    try:
        rules = Rules.model_validate(data)
    except ValidationError as error:
        faults = [_describe_fault(name, node, fault) for fault in error.errors()]
        raise RulesError("\n".join(faults)) from error
    lines = []
    for fault in rule_faults(rules):
        line = _line(node, fault.location)
        lines.append(f"{name}:{line}: {dotted(fault.location)}: {fault.message}")
    if lines:
        raise RulesError("\n".join(lines))
    return rules


def _describe_fault(name: str, node: Any, fault: ErrorDetails) -> str:
    location, message = fault["loc"], fault["msg"]
    if not location:
        return _describe_whole(name, node, message.removeprefix("Value error, "))
    if fault["type"] == "extra_forbidden":
        message += _near_key(location)
    if fault["type"] == "string_type" and isinstance(fault["input"], bool):
        message += f": YAML reads {_boolean(node, location)}"
    return f"{name}:{_line(node, location)}: {dotted(location)}: {message}"


def _describe_whole(name: str, node: Any, message: str) -> str:
    """A fault that several keys make together, at the line of the one that it names."""
    location: Location = ()
    if named := _KEY.match(message):
        steps = re.findall(r"\w+", named[1])
        location = tuple(int(step) if step.isdecimal() else step for step in steps)
    else:
        message = f"rules: {message}"
    return f"{name}:{_line(node, location)}: {message}"


def _near_key(location: Location) -> str:
    """The key that is perhaps meant by an unknown one."""
    model: type[RuleModel] | None = Rules
    for step in location[:-1]:
        if model is not None and isinstance(step, str):
            field = model.model_fields.get(step)
            model = _model_in(field.annotation) if field else None
    if model is None:
        return ""
    near = get_close_matches(str(location[-1]), model.model_fields, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _model_in(annotation: Any) -> type[RuleModel] | None:
    """The model in a field's type, such as tuple[RouteRule, ...]."""
    if isinstance(annotation, type) and issubclass(annotation, RuleModel):
        return annotation
    for part in get_args(annotation):
        if (model := _model_in(part)) is not None:
            return model
    return None


def _boolean(node: yaml.Node | None, location: Location) -> str:
    """A text that YAML takes for true or false, as NO for Norway, and what to write."""
    for step in location:
        if not isinstance(node, yaml.CollectionNode):
            break
        if (below := _child(node, step)[1]) is None:
            keys = (pair[0] for pair in node.value if isinstance(pair, tuple))
            below = next((key for key in keys if key.tag == _BOOLEAN), None)
        node = below
        if isinstance(node, yaml.ScalarNode) and node.tag == _BOOLEAN:
            return f"{node.value} as true or false; quote it: '{node.value}'"
    return "it as true or false; quote it"


def _line(node: yaml.Node | None, location: Location) -> int:
    """The line of the deepest node of `location` that exists in the file."""
    line = 1
    for step in location:
        if node is None:
            break
        mark, node = _child(node, step)
        line = mark.line + 1
    return line


def _child(node: yaml.Node, step: int | str) -> tuple[Any, yaml.Node | None]:
    """Where a key or an item of a node begins, and its value; for one that isn't there, where the
    node itself begins, and None."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark, item
    return node.start_mark, None

"""The kinds of decisions and audit events, as the source of the gates writes them."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
GATES = ROOT / "leads" / "gates"
#: Modules that are parts of another gate.
_PART_OF = dict.fromkeys(("enrol", "after_engagement", "handover", "moving", "stopping"), "engage")
_PART_OF |= dict.fromkeys(("sla_clock", "sla_taken"), "sla")
_PART_OF |= {"contact_claims": "identity", "colleagues": "company", "merged_values": "write"}
_SHARED = ("common", "signal_forwarding")
_SHARED_MODULES = {f"leads.gates.{name}" for name in _SHARED}
_MADE_BY_KEYWORD = frozenset({"Decision", "AuditNote", "Audit", "replace"})
#: Functions that take a kind, and as which argument.
_MADE_BY_POSITION = {
    "review": 1,
    "held_for_sequence": 1,
    "arrived": 1,
    "_event": 3,
    "_on_values": 0,
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OUTSIDE = (
    "streams/runner/audit_events.py",
    "streams/runner/deciding.py",
    "streams/runner/dead_letters.py",
    "app/operations/person_export.py",
    "app/operations/undo.py",
    "app/operations/unmerge.py",
)


def kinds_of_gates() -> set[tuple[str, str]]:
    """Every (stage, kind) that a gate decides; `prefix*` for kinds that are put together."""
    shared: dict[str, set[str]] = {}
    for name in _SHARED:
        shared |= _kinds_by_function(ast.parse((GATES / f"{name}.py").read_text()))
    found = set()
    for path in GATES.glob("*.py"):
        if path.stem in {"__init__", *_SHARED}:
            continue
        tree, stage = ast.parse(path.read_text()), _PART_OF.get(path.stem, path.stem)
        kinds = _kinds_in(tree)
        for name in _imported(tree):
            kinds |= shared.get(name, set())
        found |= {(stage, kind) for kind in kinds}
    return found


def kinds_outside() -> set[str]:
    """The kinds of events that the runner and the commands write by themselves."""
    return {k for path in _OUTSIDE for k in _kinds_in(ast.parse((ROOT / path).read_text()))}


def _kinds_by_function(tree: ast.Module) -> dict[str, set[str]]:
    """The kinds that each function decides, by itself or by another one of the module."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    kinds = {name: _kinds_in(node) for name, node in functions.items()}
    for _ in functions:
        for name, node in functions.items():
            for called in _calls(node):
                kinds[name] |= kinds.get(_name_of(called), set())
    return kinds


def _kinds_in(tree: ast.AST) -> set[str]:
    """The kinds that a module's functions decide, or one function."""
    constants = _assigned(getattr(tree, "body", []))
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    return {
        kind
        for function in functions
        for call in _calls(function)
        for node in _kind_of(call)
        for kind in _texts(node, constants | _assigned(ast.walk(function)))
        if kind
    }


def _kind_of(call: ast.Call) -> Iterator[ast.expr]:
    name = _name_of(call)
    if name in _MADE_BY_KEYWORD:
        yield from (k.value for k in call.keywords if k.arg == "kind")
    position = _MADE_BY_POSITION.get(name)
    if position is not None and len(call.args) > position:
        yield call.args[position]


def _texts(node: ast.expr, values: dict[str, list[ast.expr]]) -> Iterator[str]:
    """What an expression can be; nothing for a parameter, whose callers say it."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from (*_texts(node.body, values), *_texts(node.orelse, values))
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield f"{text}*"
        case ast.Name():
            for value in values.get(node.id, []):
                yield from _texts(value, {})


def _assigned(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    values: dict[str, list[ast.expr]] = defaultdict(list)
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id].append(node.value)
    return values


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in _SHARED_MODULES:
            yield from (alias.name for alias in node.names)

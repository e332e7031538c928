"""The topics that each stage writes to, as the source of the gates has them."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from leads import topics
from leads.topics import Topic

GATES = Path(__file__).parents[1] / "leads" / "gates"
_PACKAGE = "leads.gates."

#: A function or method: its module's name, and its own.
Function: TypeAlias = tuple[str, str]


def written_by_gates() -> dict[Topic, set[str]]:
    """The names of the gates that write to each topic, directly or by a function they call."""
    modules = {path.stem: ast.parse(path.read_text()) for path in GATES.glob("*.py")}
    functions = {
        (module, node.name): node
        for module, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    imported = {module: dict(_imported(tree)) for module, tree in modules.items()}
    written: dict[Topic, set[str]] = defaultdict(set)
    for start in [function for function in functions if function[1] == "decide"]:
        for reached in _reached(start, functions, imported):
            for topic in _topics_in(functions[reached]):
                written[topic].add(start[0])
    return written


def _imported(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_PACKAGE):
            module = str(node.module).removeprefix(_PACKAGE)
            yield from ((alias.name, (module, alias.name)) for alias in node.names)


def _reached(
    start: Function,
    functions: dict[Function, ast.FunctionDef],
    imported: dict[str, dict[str, Function]],
) -> set[Function]:
    """A function and all those that it names, and so on."""
    reached: set[Function] = set()
    rest = [start]
    while rest:
        one = rest.pop()
        if one in reached or one not in functions:
            continue
        reached.add(one)
        module = one[0]
        for name in _names_in(functions[one]):
            rest.append(imported[module].get(name, (module, name)))
    return reached


def _names_in(function: ast.FunctionDef) -> Iterator[str]:
    """The functions that may be called: plain names, and methods of the same object."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self":
            yield node.attr


def _topics_in(function: ast.FunctionDef) -> Iterator[Topic]:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "topics":
            found = getattr(topics, node.attr)
            if isinstance(found, Topic):
                yield found

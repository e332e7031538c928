"""A public docstring names what its function raises by itself.

Ruff's DOC501 asks for a section `Raises:` of Google's or numpy's form; our docstrings say it in a
sentence, and may name a base class for all of its subclasses.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

#: The docstrings of `app/cli` are the help texts of commands, whose errors become exit codes.
_PACKAGES = ("app", "connectors", "leads", "streams", "tables")
_EXCLUDED = Path("app/cli")
#: These say that a caller has made a mistake: nobody catches them.
_MISTAKES = frozenset({"AssertionError", "NotImplementedError", "ValueError"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def faults(root: Path) -> Iterator[str]:
    """One line for each function whose docstring leaves out a class that it raises."""
    trees = {path: ast.parse(path.read_text()) for path in _sources(root)}
    bases = _bases(trees.values())
    for path, tree in trees.items():
        for function in public_functions(tree):
            names = unnamed(function, bases)
            if names:
                at = f"{path.relative_to(root)}:{function.lineno}"
                yield f"{at}: the docstring of {function.name} leaves out {', '.join(names)}"


def _sources(root: Path) -> Iterator[Path]:
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if not path.relative_to(root).is_relative_to(_EXCLUDED):
                yield path


def _bases(trees: Iterable[ast.Module]) -> dict[str, list[str]]:
    """The names of each class's base classes."""
    classes = (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef))
    return {one.name: [b.id for b in one.bases if isinstance(b, ast.Name)] for one in classes}


def public_functions(tree: ast.AST) -> Iterator[_Function]:
    """Functions and methods with a docstring whose names, and whose classes' names, are public."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)
        elif (
            isinstance(node, _Function)
            and not node.name.startswith("_")
            and ast.get_docstring(node)
        ):
            yield node


def unnamed(function: _Function, bases: dict[str, list[str]]) -> list[str]:
    """The classes that a function raises by itself, and its docstring doesn't name."""
    words = set(re.findall(r"\w+", ast.get_docstring(function) or ""))
    return [
        name
        for name in sorted(set(_raised(function)) - _MISTAKES)
        if not words & {name, *_ancestors(name, bases)}
    ]


def _raised(node: ast.AST) -> Iterator[str]:
    """Names of classes in `raise` statements, those of inner functions and classes left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(child, ast.Raise) and child.exc is not None:
            called = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name[:1].isupper():
                yield name
        yield from _raised(child)


def _ancestors(name: str, bases: dict[str, list[str]]) -> Iterator[str]:
    for base in bases.get(name, ()):
        yield base
        yield from _ancestors(base, bases)

"""Imports run one way: between packages, between their subpackages, and never in a circle.

The core is pure.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = {
    "leads": {"leads"},
    "tables": {"tables", "leads"},
    "connectors": {"connectors", "leads"},
    "streams": {"streams", "tables", "connectors", "leads"},
    "sandbox": {"sandbox"},
    "app": {"app", "streams", "tables", "connectors", "leads", "sandbox"},
}
#: The subpackages of a package, each above those that it may import. A module beside them counts
#: as one.
SUBPACKAGES = {
    "app": (
        "base files http kafka database privacy monitoring retention rules crm_sync audit review"
        " ingest setup operations web console worker commands local cli".split()
    ),
    "streams": "ports consumer runner effects stages pipeline rebuild testing".split(),
    "connectors": "core apollo google hubspot memory salesforce slack zoho".split(),
}
IMPURE = {"faust", "aiokafka", "httpx", "rocksdict", "asyncio", "random", "time", "os", "socket"}
MOST_EXPORTS = 12


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every (module, name) that a file imports; the name is '' for a whole module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from _from(node.module, node.names)


def _from(module: str, names: list[ast.alias]) -> Iterator[tuple[str, str]]:
    for alias in names:
        submodule = f"{module}.{alias.name}"
        yield (submodule, "") if _is_module(submodule) else (module, alias.name)


def _is_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def files(package: str) -> Iterator[tuple[str, Path]]:
    """A package's modules by their full names."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def subpackage_of(module: str) -> str:
    """The second part of a module's name."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("layer", list(LAYERS))
def test_packages_import_only_what_lies_below(layer: str) -> None:
    for module, path in files(layer):
        targets = {name.split(".")[0] for name, _ in imports(path)} & LAYERS.keys()
        assert targets <= LAYERS[layer], module


@pytest.mark.parametrize("package", list(SUBPACKAGES))
def test_subpackages_import_only_those_below(package: str) -> None:
    subpackages = SUBPACKAGES[package]
    for module, path in files(package):
        subpackage = subpackage_of(module)
        assert not subpackage or subpackage in subpackages, (
            f"{module}: give its subpackage a place in SUBPACKAGES"
        )
        for target, _ in imports(path):
            if subpackage and target.startswith(f"{package}."):
                assert subpackages.index(subpackage_of(target)) <= subpackages.index(subpackage), (
                    f"{module} imports {target}"
                )


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = defaultdict(set)
    for package in LAYERS:
        for module, path in files(package):
            graph[module] |= {
                name for name, _ in imports(path) if name.split(".")[0] in LAYERS and name != module
            }
    circles = [module for module in list(graph) if _reaches(graph, module, module)]
    assert not circles


def _reaches(graph: dict[str, set[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        module = ahead.pop()
        if module == goal:
            return True
        if module not in seen:
            seen.add(module)
            ahead += graph[module]
    return False


def test_a_subpackage_of_the_program_exports_few_names() -> None:
    exports: dict[str, set[str]] = defaultdict(set)
    for module, path in files("app"):
        for target, name in imports(path):
            if target.startswith("app.") and subpackage_of(target) != subpackage_of(module):
                exports[subpackage_of(target)].add(f"{target}.{name}")
    assert {
        subpackage: found for subpackage, found in exports.items() if len(found) > MOST_EXPORTS
    } == {}


def test_the_core_knows_no_clock_no_network_and_no_framework() -> None:
    for module, path in files("leads"):
        assert not {name.split(".")[0] for name, _ in imports(path)} & IMPURE, module


def test_only_tables_touches_fausts_table() -> None:
    for package in LAYERS.keys() - {"tables"}:
        for module, path in files(package):
            assert ".Table(" not in path.read_text(), module

"""The arrows of the architecture go one way, and the core is pure."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "leads": {"leads"},
    "tables": {"tables", "leads"},
    "connectors": {"connectors", "leads"},
    "streams": {"streams", "tables", "connectors", "leads"},
    "app": {"app", "streams", "tables", "connectors", "leads"},
}
IMPURE = {"faust", "aiokafka", "httpx", "rocksdict", "asyncio", "random", "time", "os", "socket"}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("layer", list(ALLOWED))
def test_arrows_go_one_way(layer: str) -> None:
    for path in (ROOT / layer).rglob("*.py"):
        targets = {name.split(".")[0] for name in imports(path)} & ALLOWED.keys()
        assert targets <= ALLOWED[layer], path


def test_the_core_knows_no_clock_no_network_and_no_framework() -> None:
    for path in (ROOT / "leads").rglob("*.py"):
        assert not {name.split(".")[0] for name in imports(path)} & IMPURE, path


def test_only_tables_touches_fausts_table() -> None:
    for layer in ALLOWED.keys() - {"tables"}:
        for path in (ROOT / layer).rglob("*.py"):
            assert ".Table(" not in path.read_text(), path

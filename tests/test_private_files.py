"""One module writes files: no other opens, makes or copies one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ONLY = "connectors/core/private_files.py"
_WRITING = {
    *("write_text", "write_bytes", "touch", "mkdir", "makedirs", "mknod", "mkfifo"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"),
    *("symlink_to", "hardlink_to", "FileHandler", "RotatingFileHandler", "copyfile", "copytree"),
}


def writes(call: ast.Call) -> bool:
    """Whether a call makes a file or a directory, or opens one for writing."""
    func = ast.unparse(call.func)
    name = func.rpartition(".")[2]
    if name in _WRITING or (func.startswith("shutil.") and name != "which"):
        return True
    if name != "open" or "os.devnull" in map(ast.unparse, call.args):
        return False
    if func == "os.open":
        return "os.O_RDONLY" not in map(ast.unparse, call.args)
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [one.value for one in given if isinstance(one, ast.Constant)]
    return any(isinstance(mode, str) and {*mode} & {*"wax+"} for mode in modes)


def calls_that_write() -> Iterator[str]:
    """Each as FILE:LINE."""
    for package in ("app", "connectors", "streams", "tables", "leads"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and writes(node):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}"


def test_files_are_written_by_one_module() -> None:
    found = [*calls_that_write()]
    assert {place for place in found if place.startswith(ONLY)}, "the walk sees no call"
    elsewhere = [place for place in found if not place.startswith(ONLY)]
    assert not elsewhere, f"use {ONLY} instead"


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("path.open('w', newline='')", True),
        ("(a / b).open('ab')", True),
        ("open(path, mode='r+')", True),
        ("os.open(path, os.O_RDWR | os.O_CREAT)", True),
        ("path.write_text(x)", True),
        ("data.mkdir(parents=True)", True),
        ("shutil.copy(a, b)", True),
        ("path.open('rb')", False),
        ("path.open(newline='', encoding='utf-8')", False),
        ("os.open(path, os.O_RDONLY)", False),
        ("open(os.devnull, 'w')", False),
        ("known.copy()", False),
    ],
)
def test_a_call_that_writes_is_seen(code: str, seen: bool) -> None:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    assert writes(call) == seen

"""docs/one-lead.md names files, what to look at in them, topics and tables: all of them exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leads import topics
from tables import schema

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "one-lead.md").read_text()
_CODE = re.compile(r"`([^`]+)`")
_PLACES = re.compile(
    r"(topics?|[Tt]ables?)(?: read:| of each stage:)? ((?:`[\w.-]+`(?:, | and )?)+)"
)
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> Iterator[str]:
    """The classes and functions of a module; methods with their class and without."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, _FUNCTIONS | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, _FUNCTIONS):
                    yield from (method.name, f"{node.name}.{method.name}")


def wrong_rows(page: str) -> list[str]:
    """Each file that is missing, and each name that its file doesn't have."""
    wrong: list[str] = []
    for row in re.findall(r"^\| `.+$", page, re.MULTILINE):
        file, names, _ = row.strip("| ").split(" | ", 2)
        path = ROOT / file.strip("`")
        if not path.is_file():
            wrong.append(file)
            continue
        there = set(named(path))
        wrong += [f"{file}: {name}" for name in _CODE.findall(names) if name not in there]
    return wrong


def wrong_places(page: str) -> list[str]:
    """Each topic and table that a line below a heading's rows names, and that isn't there."""
    topic_names = {topic.name for topic in topics.TOPICS}
    tables = {table.name for table in schema.TABLES}
    tables |= {make("STAGE").name for make in schema.OF_A_STAGE}
    wrong: list[str] = []
    for line in re.findall(r"^(?:Tables?|Output).+$", page, re.MULTILINE):
        for word, listed in _PLACES.findall(line):
            known = topic_names if word.startswith("topic") else tables
            wrong += [name for name in _CODE.findall(listed) if name not in known]
    return wrong


def test_every_file_and_what_to_look_at_in_it_exist() -> None:
    assert PAGE.count("\n| `") > 60
    assert wrong_rows(PAGE) == []


def test_every_topic_and_table_exists() -> None:
    assert wrong_places(PAGE) == []


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ("| `leads/nowhere.py` | `f` | x |", ["`leads/nowhere.py`"]),
        ("| `leads/keys.py` | `derive`, `f` | x |", ["`leads/keys.py`: f"]),
        ("| `leads/keys.py` | `Keys.derive` | x |", ["`leads/keys.py`: Keys.derive"]),
    ],
)
def test_a_wrong_row_is_found(page: str, wrong: list[str]) -> None:
    assert wrong_rows(page) == wrong


@pytest.mark.parametrize(
    "page",
    [
        "Output: topic `unwritten`.",
        "Table `person`. Output: topic `unique`.",
        "Tables `brands`, `b`.",
    ],
)
def test_a_wrong_topic_or_table_is_found(page: str) -> None:
    assert len(wrong_places(page)) == 1

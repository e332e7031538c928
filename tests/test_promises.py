"""docs/promises.md names tests: each of them exists, and every fault has its row."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "promises.md").read_text()


def test_every_test_that_the_promises_name_exists() -> None:
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", PAGE))
    assert named
    assert named - there == set()


def test_every_fault_has_a_row() -> None:
    assert re.findall(r"^\| F(\d+) ", PAGE, re.MULTILINE) == [
        str(number) for number in range(1, 34)
    ]

"""The checks of our own find what they are for, and nothing in the repository."""

import ast
from pathlib import Path

import pytest

from checks import duplicates, links, raises, shell_blocks

ROOT = Path(__file__).parents[1]


def unnamed(text: str) -> list[str]:
    """What the check finds in the functions of a source."""
    bases = {"Unreadable": ["VendorError"]}
    functions = raises.public_functions(ast.parse(text))
    return [name for one in functions for name in raises.unnamed(one, bases)]


def test_the_repository_has_no_fault() -> None:
    assert [*links.faults(ROOT), *raises.faults(ROOT), *shell_blocks.faults(ROOT)] == []


@pytest.mark.parametrize(
    "link", ["gone.md", "there.md#no-such", "#no-such", "docs", "there.md#twice-2", "../gone.svg"]
)
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, link: str) -> None:
    (tmp_path / "there.md").write_text("# `code` and *text*, once\n\n## Twice\n\n## Twice\n")
    (tmp_path / "README.md").write_text(
        "# Top\n\n[a](#top) [b](there.md) [c](there.md#code-and-text-once)\n"
        f"[d](there.md#twice-1) ![e](there.md) [f](mailto:x) [g]({link}) `[h](no.md)`\n"
    )
    assert list(links.faults(tmp_path)) == [f"README.md: the link {link} leads nowhere"]


@pytest.mark.parametrize(
    ("doc", "body"),
    [
        ("Nothing.", "raise Unreadable('x')"),
        ("Nothing.", "raise errors.Unreadable"),
        ("Nothing.", "if x:\n        raise Unreadable('x')"),
        ("UnreadableBody.", "raise Unreadable('x')"),
    ],
)
def test_a_class_that_a_docstring_leaves_out_is_found(doc: str, body: str) -> None:
    assert unnamed(f'def f(x):\n    """{doc}"""\n    {body}\n') == ["Unreadable"]


@pytest.mark.parametrize(
    "text",
    [
        'def f():\n    """Raises Unreadable."""\n    raise Unreadable("x")\n',
        'def f():\n    """Raises VendorError."""\n    raise Unreadable("x")\n',
        'def _f():\n    """Nothing."""\n    raise Unreadable("x")\n',
        'def f(problem):\n    """Nothing."""\n    raise problem\n',
        'def f():\n    """Nothing."""\n    def g():\n        raise Unreadable("x")\n    return g\n',
        'class _F:\n    def f(self):\n        """Nothing."""\n        raise Unreadable("x")\n',
    ],
)
def test_what_is_named_private_or_passed_on_is_no_fault(text: str) -> None:
    assert unnamed(text) == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("```sh\nleadgate walk --data x\n```\n", "walk"),
        ("```sh\nleadgate review rezolve L\n```\n", "rezolve"),
        ("```console\n$ leadgate review resolve L \\\n  --sett a=b\n```\n", "--sett"),
        ("```sh\nmake demoo\n```\n", "demoo"),
        ("Run `make test ARG=x ARGS=y`.\n", "ARG="),
        ("Set up:\n\n    make foo   # once\n", "foo"),
        ("Run `leadgate audit verify --fast`.\n", "--fast"),
    ],
)
def test_a_command_that_does_not_exist_is_found(tmp_path: Path, page: str, fault: str) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / "README.md").write_text(page)
    [line] = shell_blocks.faults(tmp_path)
    assert line.startswith("README.md: ")
    assert line.endswith(f"has no {fault}")


@pytest.mark.parametrize(("lines", "found"), [(9, True), (8, False)])
def test_more_than_eight_lines_alike_are_found(tmp_path: Path, lines: int, found: bool) -> None:
    text = "".join(f"x{n} = call({n})\n" for n in range(lines))
    for name in ("one.py", "other.py"):
        (tmp_path / name).write_text(f"{name[:3]} = 1\n{text}# a comment\nend_{name[:3]} = 2\n")
    assert bool(list(duplicates.faults(tmp_path))) is found

"""Relative links of the documents lead to files, and their anchors to headings, of the repository.

md-dead-link-check does this well, but holds aiohttp, which Faust uses, below 3.14.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

_OTHER = re.compile(r"[a-z]+:", re.IGNORECASE)
_READER = MarkdownIt("commonmark").enable("table")


def faults(root: Path) -> Iterator[str]:
    """One line for each link to a file or a heading that doesn't exist."""
    for path in documents(root):
        for target in links(path.read_text()):
            if not _OTHER.match(target) and not _leads_somewhere(path, target):
                yield f"{path.relative_to(root)}: the link {target} leads nowhere"


def documents(root: Path) -> Iterator[Path]:
    """The pages of Markdown beside the code and in docs/."""
    yield from sorted(root.glob("*.md"))
    yield from sorted((root / "docs").rglob("*.md"))


def links(page: str) -> Iterator[str]:
    """The targets of a page's links and pictures."""
    for token in _inline(page):
        target = token.attrGet("href") or token.attrGet("src")
        if target:
            yield unquote(str(target))


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives a page's headings, numbered where a text comes again."""
    found: set[str] = set()
    tokens = _READER.parse(page)
    for opening, heading in pairwise(tokens):
        if opening.type == "heading_open":
            texts = (t.content for t in heading.children or () if t.type in {"text", "code_inline"})
            slug = re.sub(r"[^\w\- ]", "", "".join(texts).lower()).replace(" ", "-")
            again = (f"{slug}-{n}" for n in range(1, len(tokens)))
            found.add(slug if slug not in found else next(s for s in again if s not in found))
    return found


def _inline(page: str) -> Iterator[Token]:
    for block in _READER.parse(page):
        yield from block.children or ()


def _leads_somewhere(path: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    there = (path.parent / file).resolve() if file else path
    return there.exists() and (not anchor or anchor in _anchors_of(there))


@cache
def _anchors_of(path: Path) -> set[str]:
    return anchors(path.read_text())

"""Citations in code and docs name pages of this repository, and numbers that these pages have.

The form of a citation is described in docs/design/README.md.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("app", "leads", "streams", "tables", "connectors", "sandbox", "tests", "bench", "docs")
SUFFIXES = {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".sh"}
#: Documents from which the design came, and which the repository doesn't hold.
ABSENT = (
    re.compile(r"\bINTERLEAVINGS\b"),
    re.compile(r"(?<![\w/-])DESIGN\b"),
    re.compile(r"(?<![\w/-])facts/"),
    re.compile(r"(?<![\w/-])cases/"),
    re.compile(r"\bfacts \d"),
    re.compile(r"\bcases [A-Z]?\d+\b"),
)
_NUMBER = r"\d+(?:\.\d+)?(?![\w.]*\w)"
_NUMBERS = rf"{_NUMBER}(?:(?:, | and ){_NUMBER})*"
#: A vendor's sections, as in `HubSpot 1.1 and 1.5 (endpoints)`.
_VENDOR = rf"[A-Z]\w+(?: {_NUMBERS})?(?: \([^)]*\))?"
CITATION = re.compile(
    r"docs/design/(?P<page>[\w-]+\.md)"
    r"(?: (?P<plain>(?:\d+[a-z]?|[a-z])(?![\w.]*\w))"
    rf"| (?P<vendors>{_VENDOR}(?:(?:,| and) {_VENDOR})*))?"
)
VENDOR = re.compile(rf"([A-Z]\w+)(?: ({_NUMBERS}))?")
SECTION = re.compile(r"docs/(?P<page>[\w/-]+\.md), (?P<heading>[A-Z][\w ]+?)(?=[).,;\n\"]|$)")
#: Only these pages are cited by number; README.md explains the form.
NUMBERED = {"interleavings.md", "faust-facts.md", "vendors.md"}


def sources() -> Iterator[Path]:
    """Every text file that may cite, except this test."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    for path in [*files, *ROOT.glob("*")]:
        if path.is_file() and path != Path(__file__) and (path.suffix in SUFFIXES):
            yield path
    yield ROOT / "Makefile"


def joined(text: str) -> str:
    """The text with line breaks inside paragraphs and comments replaced by single spaces."""
    return re.sub(r"\n[ \t]*(?:#:?[ ])?[ \t]*(?=\S)", " ", text)


def headings(page: str) -> set[str]:
    """The headings of a page under docs/, without their level."""
    text = (ROOT / "docs" / page).read_text()
    return set(re.findall(r"^#{1,4} (.+)$", text, re.MULTILINE))


def sections(vendors: str) -> Iterator[str]:
    """The headings that a list of vendors and numbers names."""
    for vendor, numbers in VENDOR.findall(vendors):
        yield from (f"{vendor} {n}" for n in re.split(r", | and ", numbers) if n)
        if not numbers:
            yield vendor


def missing(text: str) -> Iterator[str]:
    """What a text cites and the pages don't have."""
    text = joined(text)
    for cited in CITATION.finditer(text):
        page = cited["page"]
        if not (ROOT / "docs" / "design" / page).is_file():
            yield f"docs/design/{page}"
            continue
        if page not in NUMBERED:
            continue
        wanted = [cited["plain"] or ""]
        if cited["vendors"]:
            wanted = list(sections(re.sub(r" \([^)]*\)", "", cited["vendors"])))
        for name in wanted:
            if name not in headings(f"design/{page}"):
                yield f"docs/design/{page} {name or 'without a number'}"
    for cited in SECTION.finditer(text):
        path = ROOT / "docs" / cited["page"]
        if not path.is_file() or cited["heading"] not in headings(cited["page"]):
            yield cited[0]


def wrong(text: str) -> list[str]:
    """Everything that is wrong with the citations of a text."""
    return [found[0] for form in ABSENT for found in form.finditer(text)] + list(missing(text))


def test_every_citation_names_what_the_repository_holds() -> None:
    found = {str(path.relative_to(ROOT)): wrong(path.read_text()) for path in sources()}
    assert len(found) > 400
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "(INTERLEAVINGS 3)",
        "facts/hubspot.md 1.1",
        "as in (facts 1.3)",
        "cases D11",
        "(DESIGN, lanes)",
        "docs/design/interleavings.md 99",
        "docs/design/interleavings.md",
        "docs/design/nowhere.md 1",
        "docs/design/vendors.md Zoho 9.9",
        "docs/design/vendors.md HubSpot 1.1\n    # and 9.9",
        "docs/design/vendors.md Apollo 3 (limits), Apollo 77 (nothing)",
        "docs/architecture.md, No such section.",
    ],
)
def test_a_wrong_citation_is_found(text: str) -> None:
    assert wrong(text)


@pytest.mark.parametrize(
    "text",
    [
        "docs/design/interleavings.md\n    #: 4). Keys",
        "docs/design/faust-facts.md 0b. Faust",
        "docs/design/faust-facts.md e recommends",
        "docs/design/vendors.md Salesforce 1.1, 1.2 and 1.7. Salesforce",
        "docs/design/vendors.md Apollo 1.1 (conventions), Apollo 3 (limits). 401",
        "docs/design/vendors.md Zoho, by section",
        "docs/architecture.md, Design decisions).",
    ],
)
def test_a_right_citation_passes(text: str) -> None:
    assert wrong(text) == []

"""The documentation's pictures are what their texts say."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from leads import topics
from pictures.__main__ import PICTURES
from pictures.description import DescriptionError, parse_diagram
from pictures.svg import draw

TEXTS = sorted(PICTURES.glob("*.txt"))
SMALL = "title T\nlane A\nbox a 1 gate One\nbox b 2-3 end Two | & more\nlane B\nbox c 3 log Three\n"


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_picture_is_what_its_text_says(text: Path) -> None:
    drawn = draw(parse_diagram(text.read_text()))
    assert text.with_suffix(".svg").read_text() == drawn, "run make pictures"


def test_every_picture_has_a_text() -> None:
    assert TEXTS
    assert {p.stem for p in PICTURES.glob("*.svg")} == {p.stem for p in TEXTS}


def test_the_pipeline_shows_the_topic_that_there_is() -> None:
    assert topics.AUDIT.full in (PICTURES / "pipeline.svg").read_text()


def test_text_is_escaped_and_the_file_is_xml() -> None:
    root = ET.fromstring(draw(parse_diagram(SMALL)))  # noqa: S314  our own text
    assert "& more" in "".join(root.itertext())


def test_arrows_are_straight_where_boxes_overlap_and_bent_elsewhere() -> None:
    paths = re.findall(
        r'<path d="([^"]+)" fill="none"', draw(parse_diagram(SMALL + "arrow b c\nboth a c\n"))
    )
    assert [re.sub(r"[\d ]+", "", path) for path in paths] == ["MV", "MVHV"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("box a 1 gate One", "line 1: a box stands in a lane"),
        ("lane A\nbox a 1 blue One", "line 2: blue is no style"),
        ("lane A\nbox a 1 gate One\narrow a b", "line 3: an arrow needs two boxes"),
        ("circle a", "line 1: circle is no statement"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text: str, said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        parse_diagram(text)

"""The language of a diagram: lanes from top to bottom, boxes in columns, arrows between them.

One statement a line; `#` begins a comment line:

    title TEXT
    lane HEADING | LINE
    box NAME COLUMNS STYLE HEADING | LINE | ...    in the lane above it; COLUMNS as 3 or 1-4
    arrow FROM TO
    both FROM TO                                   an arrow with two heads
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

Style = Literal["source", "gate", "wait", "good", "end", "log"]
_BOX = re.compile(r"(\w+) (\d+)(?:-(\d+))? (\w+) (.+)")
_ARROW = re.compile(r"(\w+) (\w+)")


class DescriptionError(ValueError):
    """A line of a description can't be read; the text names it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box from its first to its last column, counted from 1, in a lane, counted from 0."""

    name: str
    lane: int
    first: int
    last: int
    style: Style
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two boxes; `both`: with a head at each end."""

    source: Box
    target: Box
    both: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """A whole picture."""

    title: str
    lanes: tuple[tuple[str, ...], ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    @property
    def columns(self) -> int:
        """How many columns its boxes take."""
        return max((box.last for box in self.boxes), default=0)


def parse_diagram(text: str) -> Diagram:
    """Read a description. Raises DescriptionError with the line's number."""
    title = ""
    lanes: list[tuple[str, ...]] = []
    boxes: dict[str, Box] = {}
    arrows: list[Arrow] = []
    for number, line in enumerate(text.splitlines(), 1):
        verb, _, rest = line.strip().partition(" ")
        try:
            match verb:
                case "" | "#":
                    pass
                case "title":
                    title = rest
                case "lane":
                    lanes.append(_parts(rest))
                case "box":
                    box = _box(rest, len(lanes) - 1)
                    boxes[box.name] = box
                case "arrow" | "both":
                    arrows.append(_arrow(rest, boxes, both=verb == "both"))
                case _:
                    raise DescriptionError(f"{verb} is no statement")
        except DescriptionError as error:
            raise DescriptionError(f"line {number}: {error}") from None
    return Diagram(title, tuple(lanes), tuple(boxes.values()), tuple(arrows))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


def _box(text: str, lane: int) -> Box:
    found = _BOX.fullmatch(text)
    if not found or lane < 0:
        raise DescriptionError("a box stands in a lane as: box NAME COLUMNS STYLE TEXT")
    name, first, last, style, lines = found.groups()
    return Box(name, lane, int(first), int(last or first), _style(style), _parts(lines))


def _style(text: str) -> Style:
    styles: tuple[Style, ...] = get_args(Style)
    for style in styles:
        if style == text:
            return style
    raise DescriptionError(f"{text} is no style; there are {', '.join(styles)}")


def _arrow(text: str, boxes: dict[str, Box], *, both: bool) -> Arrow:
    found = _ARROW.fullmatch(text)
    if not found or not set(found.groups()) <= set(boxes):
        raise DescriptionError("an arrow needs two boxes that stand above it")
    source, target = found.groups()
    return Arrow(boxes[source], boxes[target], both)

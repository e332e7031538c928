"""What a chart consists of, in the units of its SVG: WIDTH by HEIGHT."""

from typing import NamedTuple

WIDTH, HEIGHT = 640.0, 190.0


class Bar(NamedTuple):
    """`open`: its period is not over; `past`: past the deadline, by how much isn't known;
    `against`: the other outcome, on top of the good one."""

    x: float
    y: float
    width: float
    height: float
    says: str
    open: bool = False
    past: bool = False
    against: bool = False


class Mark(NamedTuple):
    """A line across a bar; `past` as of a bar."""

    x: float
    y: float
    width: float
    past: bool = False


class Label(NamedTuple):
    """A text on an axis."""

    at: float
    text: str


class Chart(NamedTuple):
    """`up` are the labels of the vertical axis, `along` those of the other one."""

    title: str
    description: str
    axis: str
    bars: list[Bar]
    marks: list[Mark]
    up: list[Label]
    along: list[Label]

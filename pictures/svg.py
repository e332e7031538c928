"""A diagram as SVG: a grid of lanes and columns, straight arrows and elbows."""

import textwrap
from dataclasses import dataclass
from xml.sax.saxutils import escape

from pictures.description import Arrow, Box, Diagram, Style

_MARGIN = 16
_LABEL = 104  # the lanes' headings, at the left
_COLUMN = 112
_GAP = 20  # between columns
_LANE_GAP = 44  # between lanes: room for elbows and heads
_TITLE = 40
_LINE = 15
_PADDING = 10
_CHARACTER = 6.1  # width of a character of 11 pixels, on average
_COLOURS: dict[Style, tuple[str, str]] = {
    "source": ("#eef2f7", "#64748b"),
    "gate": ("#dbeafe", "#1d4ed8"),
    "wait": ("#fef3c7", "#b45309"),
    "good": ("#dcfce7", "#15803d"),
    "end": ("#f3f4f6", "#6b7280"),
    "log": ("#ede9fe", "#6d28d9"),
}
_HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
    ' markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="#475569"/>'
    "</marker></defs>"
)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> int:
        """Half its height."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text, as part of a box or a lane's heading."""

    line: str
    heading: bool


def draw(diagram: Diagram) -> str:
    """The whole file."""
    areas, height = _place(diagram)
    width = 2 * _MARGIN + _LABEL + diagram.columns * (_COLUMN + _GAP) - _GAP
    title = escape(diagram.title)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" font-family="Helvetica, Arial, sans-serif"'
        ' font-size="11" fill="#111827">'
    )
    parts = [
        opening,
        f"<title>{title}</title>",
        _HEAD,
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN + 12}" font-size="15" font-weight="bold">{title}</text>',
        *(_arrow(arrow, areas) for arrow in diagram.arrows),
        *(_box(box, areas[box.name]) for box in diagram.boxes),
        *_headings(diagram, areas),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(diagram: Diagram) -> tuple[dict[str, Area], int]:
    """Where each box stands, and the picture's height. Boxes of a lane are equally high."""
    areas: dict[str, Area] = {}
    y = _MARGIN + _TITLE
    for lane in range(len(diagram.lanes)):
        boxes = [box for box in diagram.boxes if box.lane == lane]
        height = max((len(_lines(box)) for box in boxes), default=1) * _LINE + 2 * _PADDING
        for box in boxes:
            x = _MARGIN + _LABEL + (box.first - 1) * (_COLUMN + _GAP)
            areas[box.name] = Area(x, y, _width(box), height)
        y += height + _LANE_GAP
    return areas, y - _LANE_GAP + _MARGIN


def _width(box: Box) -> int:
    return (box.last - box.first + 1) * (_COLUMN + _GAP) - _GAP


def _lines(box: Box) -> list[Text]:
    """A box's text, wrapped to its width."""
    most = int((_width(box) - _PADDING) / _CHARACTER)
    return [
        Text(line, heading=number == 0)
        for number, part in enumerate(box.lines)
        for line in textwrap.wrap(part, most)
    ]


def _box(box: Box, area: Area) -> str:
    fill, stroke = _COLOURS[box.style]
    lines = _lines(box)
    top = area.middle - len(lines) * _LINE // 2 + 11
    texts = "".join(
        _text(text, area.x + area.width // 2, top + number * _LINE, "middle")
        for number, text in enumerate(lines)
    )
    return (
        f'<rect x="{area.x}" y="{area.y}" width="{area.width}" height="{area.height}" rx="6"'
        f' fill="{fill}" stroke="{stroke}"/>{texts}'
    )


def _headings(diagram: Diagram, areas: dict[str, Area]) -> list[str]:
    found = []
    for lane, parts in enumerate(diagram.lanes):
        box = next(box for box in diagram.boxes if box.lane == lane)
        top = areas[box.name].middle - len(parts) * _LINE // 2 + 11
        for number, part in enumerate(parts):
            text = Text(part, heading=number == 0)
            found.append(_text(text, _MARGIN, top + number * _LINE, "start"))
    return found


def _text(text: Text, x: int, y: int, anchor: str) -> str:
    weight = ' font-weight="bold"' if text.heading else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{weight}>{escape(text.line)}</text>'


def _arrow(arrow: Arrow, areas: dict[str, Area]) -> str:
    source, target = areas[arrow.source.name], areas[arrow.target.name]
    start = ' marker-start="url(#head)"' if arrow.both else ""
    return (
        f'<path d="{_path(source, target)}" fill="none" stroke="#475569"{start}'
        ' marker-end="url(#head)"/>'
    )


def _path(source: Area, target: Area) -> str:
    """Within a lane to the right; between lanes straight down where they overlap, else with an
    elbow."""
    if source.y == target.y:
        return f"M{source.right} {source.middle}H{target.x}"
    left, right = max(source.x, target.x), min(source.right, target.right)
    if left < right:
        return f"M{(left + right) // 2} {source.bottom}V{target.y}"
    begin, end = source.x + source.width // 2, target.x + target.width // 2
    elbow = (source.bottom + target.y) // 2
    return f"M{begin} {source.bottom}V{elbow}H{end}V{target.y}"

"""`python -m pictures`: draw every text of docs/pictures again."""

from pathlib import Path

from pictures.description import parse_diagram
from pictures.svg import draw

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"


def main() -> None:
    """Write each text's SVG beside it."""
    for text in sorted(PICTURES.glob("*.txt")):
        text.with_suffix(".svg").write_text(draw(parse_diagram(text.read_text())))


if __name__ == "__main__":
    main()

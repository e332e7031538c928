"""`make bench-titles`: how often titles are read as people labelled them (bench/labels/README.md).

Prints the labels that may be looked at, with their mistakes by `--mistakes`, and those that are
held out, by their figures alone.
"""

import hashlib
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.proportions import Proportion
from leads.titles.positions import LEADING
from leads.titles.read import OTHER, Title, read_title

_LABELS = Path(__file__).parent / "labels"
_SECTION = re.compile(r"\[(\w+) (\w+) (\w+)\]")


class Label(NamedTuple):
    """A title, and what a person reads in it."""

    title: str
    meant: Title
    language: str


def read_labels(text: str) -> Iterator[Label]:
    """The labels of a file in the form that bench/labels/README.md describes."""
    section = ("", "", "")
    for line in text.splitlines():
        head = _SECTION.fullmatch(line.strip())
        if head:
            section = (head[1], head[2], head[3])
            continue
        for title in filter(None, map(str.strip, line.split("|"))):
            yield Label(title, Title(section[0], section[1]), section[2])


def is_held_out(title: str) -> bool:
    """One third, by a hash that doesn't change."""
    return hashlib.sha256(title.encode()).digest()[0] % 3 == 0


def _read(label: Label) -> Title:
    return read_title(label.title).or_else(OTHER)


def print_figures(name: str, labels: Sequence[Label]) -> None:
    """Print the shares of one part of the labels."""
    pairs = [(label, _read(label)) for label in labels]
    foreign = [pair for pair in pairs if pair[0].language != "en"]
    low = [found for label, found in pairs if label.meant.seniority not in LEADING]
    _print(f"{name}: {len(labels)} titles, {len(foreign)} of them not English")
    _print(f"  seniority right    {_right(pairs, 'seniority')}")
    _print(f"  function right     {_right(pairs, 'function')}")
    _print(f"  not English: seniority right {_right(foreign, 'seniority')}")
    _print(f"  falsely top        {Proportion(sum(f.seniority in LEADING for f in low), len(low))}")


def _right(pairs: Sequence[tuple[Label, Title]], part: str) -> Proportion:
    right = sum(getattr(label.meant, part) == getattr(found, part) for label, found in pairs)
    return Proportion(right, len(pairs))


def print_mistakes(labels: Sequence[Label]) -> None:
    """Print what was read otherwise than labelled."""
    for label in labels:
        found = _read(label)
        if found != label.meant:
            _print(f"  {label.title!r}: {'/'.join(found)}, labelled {'/'.join(label.meant)}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _labels(name: str) -> list[Label]:
    return list(read_labels((_LABELS / f"{name}.txt").read_text(encoding="utf-8")))


def main() -> None:
    """Print the figures."""
    first, second, last = map(_labels, ("titles", "titles-second", "titles-held-out"))
    known = [label for label in first if not is_held_out(label.title)]
    print_figures("to tune on: two thirds of titles.txt", known)
    print_figures("to tune on: titles-second.txt", second)
    if "--mistakes" in sys.argv:
        print_mistakes([*known, *second])
    rest = [label for label in first if is_held_out(label.title)]
    print_figures("held out: the other third of titles.txt", rest)
    print_figures("held out, labelled apart: titles-held-out.txt", last)
    labels = [*first, *second, *last]
    began = time.perf_counter()
    for i, label in enumerate(labels):
        read_title(f"{label.title} {i}")  # a title that is read for the first time
    _print(f"a title takes {(time.perf_counter() - began) / len(labels) * 1e6:.0f} µs")


if __name__ == "__main__":
    main()

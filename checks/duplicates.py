"""Code that stands in two places, more than eight lines of it alike.

Comments, docstrings, imports and signatures don't count. Up to eight lines alike are an
effect's fields and those of the call that carries it out, or methods that pass their arguments
on; more than eight were copied each time that we looked.
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

from pylint.checkers.symilar import Symilar

_ALIKE = 8


def faults(root: Path) -> Iterator[str]:
    """At most one text: each pair of places with its lines."""
    found = alike(root, _sources(root))
    if " similar lines in " in found:
        yield found


def alike(root: Path, paths: Iterable[Path]) -> str:
    """What symilar prints about some files; its last line has the totals."""
    search = Symilar(
        _ALIKE,
        ignore_comments=True,
        ignore_docstrings=True,
        ignore_imports=True,
        ignore_signatures=True,
    )
    for path in paths:
        with (root / path).open(encoding="utf-8") as stream:
            search.append_stream(str(path), stream)
    printed = io.StringIO()
    with redirect_stdout(printed):
        search.run()
    return printed.getvalue()


def _sources(root: Path) -> Iterator[Path]:
    """Below `root`: its own files, and those of its folders, hidden ones left out."""
    for path in sorted(root.iterdir()):
        if not path.name.startswith("."):
            found = path.rglob("*.py") if path.is_dir() else root.glob(path.name)
            yield from (one.relative_to(root) for one in sorted(found) if one.suffix == ".py")

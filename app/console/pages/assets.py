"""The pages' style and script, each under a path with the hash of its content."""

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter
from starlette.responses import Response

from app.console.api.problems import ProblemError

PREFIX = "/assets"
_FILES = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
#: What has a hash in its path never changes.
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
router = APIRouter(include_in_schema=False)


class Asset(NamedTuple):
    """A file that pages load."""

    body: bytes
    kind: str


@cache
def _assets() -> dict[str, Asset]:
    """Every file by the name under which it is loaded."""
    return {
        _hashed(path): Asset(path.read_bytes(), _TYPES[path.suffix])
        for path in sorted(_FILES.iterdir())
    }


def asset_path(name: str) -> str:
    """Where browsers find a file."""
    return f"{PREFIX}/{_hashed(_FILES / name)}"


@cache
def _hashed(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"{path.stem}.{digest}{path.suffix}"


@router.get(PREFIX + "/{name}")
async def asset(name: str) -> Response:
    """One of the files. Raises ProblemError for another."""
    found = _assets().get(name)
    if found is None:
        raise ProblemError(404, "there is no such file; load the page again")
    return Response(found.body, media_type=found.kind, headers=_FOR_EVER)

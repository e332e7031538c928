"""What has come in by which file, poller or webhook, and what became of it."""

import shlex
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.access.sessions import Session
from app.console.api.paging import CursorText, next_cursor, position_of
from app.console.api.parameters import ImportId
from app.console.api.problems import ProblemError
from app.console.import_rows import find_import, imports_page
from app.console.pages.rendering import render
from app.console.pages.shares import shares_of
from app.console.pages.signed_in import Decider, SignedIn
from app.console.row_faults import MOST_READ, count_reasons
from app.console.serving.state import ConsoleState, state_of
from app.console.undo_preview import NoPreviewError, preview_undo

router = APIRouter(include_in_schema=False)
_ROWS = 25


@router.get("/imports")
async def imports_list(
    request: Request, session: SignedIn, cursor: CursorText = ""
) -> Response:
    """What still comes in, then every file, the newest first."""
    state = state_of(request)
    rows = await state.ask(imports_page, _ROWS, position_of(cursor))
    return render(
        "imports.html",
        session=session,
        page="imports",
        now=state.clock.now(),
        rows=[(row, shares_of(row.places)) for row in rows],
        next=next_cursor(rows, _ROWS),
    )


@router.get("/imports/{imported:path}")
async def import_page(request: Request, session: SignedIn, imported: ImportId) -> Response:
    """One import with its errors."""
    return render("import.html", **await _shown(state_of(request), session, imported))


@router.post("/imports/{imported:path}")
async def preview_page(request: Request, session: Decider, imported: ImportId) -> Response:
    """The same page with what taking the import back would do; nothing is changed. Raises
    ProblemError for one that has no end."""
    state = state_of(request)
    shown = await _shown(state, session, imported)
    if shown["row"].endless:
        raise ProblemError(422, f"{imported} has no end, and is not taken back as a whole")
    try:
        preview = await preview_undo(state.settings, imported, session.email, state.clock)
    except NoPreviewError as error:
        return render("import.html", 503, **shown | {"no_preview": str(error)})
    return render("import.html", **shown | {"preview": preview})


async def _shown(state: ConsoleState, session: Session, imported: str) -> dict[str, Any]:
    """Raises ProblemError for an import that is not known."""
    row = await state.ask(find_import, imported)
    if row is None:
        raise ProblemError(404, f"no lead came with import {imported}, or none is read yet")
    reasons = await state.ask(count_reasons, imported)
    return {
        "session": session,
        "page": "imports",
        "now": state.clock.now(),
        "row": row,
        "shares": shares_of(row.places),
        "reasons": reasons,
        "most_read": MOST_READ,
        "command": shlex.join(
            ("leadgate", "undo", "--import", imported, "--actor", session.email)
        ),
        "preview": [],
        "no_preview": "",
    }

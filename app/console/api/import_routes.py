"""What the API tells of imports."""

from fastapi import APIRouter, Request

from app.console.api.auth import Reader
from app.console.api.figure_models import Import, ImportPage
from app.console.api.paging import CursorText, Limit, next_cursor, position_of
from app.console.api.problems import problem_responses
from app.console.import_rows import imports_page
from app.console.serving.state import state_of

router = APIRouter(prefix="/api/v1", responses=problem_responses())


@router.get("/imports", responses=problem_responses(400))
async def imports(
    request: Request, caller: Reader, limit: Limit = 50, cursor: CursorText = ""
) -> ImportPage:
    """Imports, the endless ones first, then the newest, with where their leads are, and why some
    wait or could not be read."""
    del caller
    rows = await state_of(request).ask(imports_page, limit, position_of(cursor))
    return ImportPage(items=list(map(Import.of, rows)), next=next_cursor(rows, limit))

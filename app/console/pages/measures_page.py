"""The measures: how well leads are taken in, routed, contacted and enrolled, over time."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.api.measure_parameters import WantedMeasures
from app.console.measures.charts import chart_of
from app.console.measures.drawing import HEIGHT, WIDTH
from app.console.measures.reports import Days, Reports, Wanted, make_reports
from app.console.measures.table_file import csv_text
from app.console.pages.rendering import render
from app.console.pages.signed_in import SignedIn
from app.console.serving.state import ConsoleState, state_of

router = APIRouter(include_in_schema=False)


@router.get("/measures")
async def measures_page(
    request: Request, session: SignedIn, wanted: WantedMeasures
) -> Response:
    """Each measure with its definition, a chart, and tables."""
    found = await _reports(state_of(request), wanted)
    return render(
        "measures.html",
        session=session,
        page="measures",
        wanted=wanted,
        found=found,
        shown=[(one, chart_of(one)) for one in found.measures],
        ranges=[int(days) for days in Days],
        size=(WIDTH, HEIGHT),
        file=f"/measures.csv?{urlencode(wanted._asdict())}",
    )


@router.get("/measures.csv")
async def measures_file(
    request: Request, session: SignedIn, wanted: WantedMeasures
) -> Response:
    """The same figures as a file."""
    del session
    found = await _reports(state_of(request), wanted)
    headers = {
        "cache-control": "no-store",
        "content-disposition": 'attachment; filename="leadgate-measures.csv"',
    }
    return Response(csv_text(found.measures), media_type="text/csv", headers=headers)


async def _reports(state: ConsoleState, wanted: Wanted) -> Reports:
    return await state.ask(make_reports, wanted, state.today())

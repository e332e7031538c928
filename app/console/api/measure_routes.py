"""What the API tells of the measures."""

from fastapi import APIRouter, Request

from app.console.api.auth import Reader
from app.console.api.measure_models import Measures
from app.console.api.measure_parameters import WantedMeasures
from app.console.api.problems import problem_responses
from app.console.measures.reports import make_reports
from app.console.serving.state import state_of

router = APIRouter(prefix="/api/v1", responses=problem_responses())


@router.get("/measures")
async def measures(request: Request, caller: Reader, wanted: WantedMeasures) -> Measures:
    """The measures of the last days, each with its definition, by day or week."""
    del caller
    state = state_of(request)
    return Measures.of(await state.ask(make_reports, wanted, state.today()))

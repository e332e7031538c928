"""What the measures can be narrowed to, in the queries of the page and of the API."""

from typing import Annotated, TypeAlias

from fastapi import Depends, Query

from app.console.api.parameters import WITHOUT_NUL
from app.console.measures.reports import By, Days, Wanted

_Name: TypeAlias = Annotated[str, Query(max_length=300, pattern=WITHOUT_NUL)]


def _wanted(
    days: Annotated[Days, Query(description="So many days, today included.")] = Days.FOUR_WEEKS,
    by: Annotated[By, Query(description="Weeks are whole ones, from Monday.")] = "day",
    team: Annotated[_Name, Query(description="Only clocks of this team; no other measures.")] = "",
    on_list: Annotated[
        _Name, Query(alias="list", description="Only leads that have been on this list.")
    ] = "",
    rules: Annotated[_Name, Query(description="Only what this rules version decided.")] = "",
) -> Wanted:
    return Wanted(days, by, team, on_list, rules)


#: A dependency of routes.
WantedMeasures: TypeAlias = Annotated[Wanted, Depends(_wanted)]

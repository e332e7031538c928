"""What callers of the API may give in paths and queries."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import StringConstraints

#: PostgreSQL takes no text with a NUL.
WITHOUT_NUL = r"^[^\x00]*$"
LeadId = Annotated[
    str, Path(max_length=100, pattern=WITHOUT_NUL, description="A lead's id.")
]
Address = Annotated[
    str, Query(max_length=320, pattern=WITHOUT_NUL, description="Only this rep's leads.")
]
Team = Annotated[
    str, Query(max_length=100, pattern=WITHOUT_NUL, description="Only clocks of this team.")
]
Source = Annotated[
    str, Query(max_length=100, pattern=WITHOUT_NUL, description="Only leads of this source.")
]
Import = Annotated[
    str,
    Query(
        alias="import",
        max_length=300,
        pattern=WITHOUT_NUL,
        description="Only leads that this import has brought, by its id.",
    ),
]
ImportId = Annotated[
    str, Path(max_length=300, pattern=WITHOUT_NUL, description="An import's id.")
]
Reason = Annotated[
    str, Query(max_length=100, pattern=WITHOUT_NUL, description="Only leads with this reason.")
]
Kind = Annotated[str, StringConstraints(max_length=100, pattern=WITHOUT_NUL)]
#: The places that a caller may ask for.
Waits = Literal["review", "held", "fallback"]
Places = Literal[
    "in_flight",
    "engaged",
    "nurtured",
    "review",
    "held",
    "fallback",
    "suppressed",
    "merged",
    "dead",
    "undone",
    "erased",
]

"""Figures as the API answers with them and its OpenAPI page shows them. Times are ISO 8601, UTC."""

from datetime import UTC, date, datetime

from pydantic import BaseModel, Field

from app.console.clock_rows import ClockRow
from app.console.figures import WaitingCount
from app.console.import_rows import FaultCount, ImportRow


def time_of(at: float) -> datetime:
    """Seconds since 1970 as the API writes them."""
    return datetime.fromtimestamp(at, UTC)


class Clock(BaseModel):
    """An SLA clock: by when a lead is to be contacted first."""

    lead: str
    started_at: datetime
    deadline: datetime
    state: str = Field(description="opened while it runs; breached, met, withdrawn")
    team: str
    owner: str

    @classmethod
    def of(cls, row: ClockRow) -> "Clock":
        """A row of the read model."""
        return cls(
            lead=row.lead,
            started_at=time_of(row.started_at),
            deadline=time_of(row.deadline),
            state=row.state,
            team=row.team,
            owner=row.owner,
        )


class ClockPage(BaseModel):
    """Clocks of a state, or those after `cursor`."""

    items: list[Clock]
    next: str | None = Field(description="`cursor` of the next page; null after the last one")


class WaitingFor(BaseModel):
    """How many leads wait at a place for one reason, and since when the first of them does."""

    place: str
    reason: str
    leads: int
    oldest: datetime

    @classmethod
    def of(cls, count: WaitingCount) -> "WaitingFor":
        """What the read model has counted."""
        oldest = time_of(count.oldest)
        return cls(place=count.place, reason=count.kind, leads=count.leads, oldest=oldest)


class Now(BaseModel):
    """Where all leads are."""

    captured: int = Field(description="the sum of all places: each lead is in exactly one")
    places: dict[str, int]
    waiting: list[WaitingFor]
    clocks: list[Clock] = Field(description="breached, or due until `until`")
    behind: int = Field(description="records of the log that these figures don't contain yet")
    read_at: datetime = Field(description="when the log was last looked at: else nothing projects")


class DayCount(BaseModel):
    """How many leads had an event of a kind on a day (UTC), without what was decided in shadow."""

    day: date
    kind: str
    leads: int


class Fault(BaseModel):
    """How many leads of an import wait for one reason, or could not be read."""

    place: str = Field(description="review, held, fallback, or dead: it could not be read")
    reason: str
    leads: int

    @classmethod
    def of(cls, count: FaultCount) -> "Fault":
        """What the read model has counted."""
        return cls(place=count.place, reason=count.kind, leads=count.leads)


class Import(BaseModel):
    """An import, and where its leads are now. A lead that two brought counts in both."""

    id: str = Field(description="file and hash of its content; `poll`, `webhook`")
    endless: bool = Field(description="as `poll` and `webhook` are: they still bring leads")
    began_at: datetime = Field(description="of an endless one, when its first lead came")
    leads: int = Field(description="the sum of its places")
    places: dict[str, int] = Field(description="without the empty ones")
    faults: list[Fault] = Field(description="what most leads have first")

    @classmethod
    def of(cls, row: ImportRow) -> "Import":
        """A row of the read model."""
        return cls(
            id=row.import_id,
            endless=row.endless,
            began_at=time_of(row.began_at),
            leads=row.leads,
            places=row.places,
            faults=list(map(Fault.of, row.faults)),
        )


class ImportPage(BaseModel):
    """The endless imports and the newest others, or those after `cursor`."""

    items: list[Import]
    next: str | None = Field(description="`cursor` of the next page; null after the last one")

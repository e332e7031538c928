"""Measures as the API answers with them and its OpenAPI page shows them. Days are UTC."""

from datetime import date

from pydantic import BaseModel, Field

from app.console.measures.counting import Period, Report, Share
from app.console.measures.reports import Reports
from app.console.measures.wording import date_of

_TIME = "seconds; null if nothing is counted, or where it is past the deadline"


class MeasuredShare(BaseModel):
    """How many of n."""

    counted: int
    n: int
    share: float | None = Field(description="counted of n, from 0 to 1; null if n is 0")
    against: int | None = Field(
        description="leads of n held for want of an owner; null for another measure"
    )
    median: float | None = Field(description=_TIME)
    p90: float | None = Field(description=_TIME)

    @classmethod
    def of(cls, share: Share) -> "MeasuredShare":
        """What was counted."""
        return cls(
            counted=share.hits,
            n=share.n,
            share=share.ratio,
            against=share.against,
            median=share.median,
            p90=share.p90,
        )


class MeasuredPeriod(BaseModel):
    """A day, or a week from Monday to Sunday."""

    first: date
    last: date
    over: bool = Field(description="whether its last day is; until then its figures change")
    figures: MeasuredShare

    @classmethod
    def of(cls, period: Period, share: Share) -> "MeasuredPeriod":
        """What was counted in it."""
        return cls(
            first=date_of(period.first),
            last=date_of(period.last),
            over=period.over,
            figures=MeasuredShare.of(share),
        )


class MeasuredGroup(BaseModel):
    """A team, an Apollo list ('' for leads on none), or a rules version."""

    name: str
    figures: MeasuredShare

    @classmethod
    def of(cls, name: str, share: Share) -> "MeasuredGroup":
        """What was counted of it."""
        return cls(name=name, figures=MeasuredShare.of(share))


class Outcome(BaseModel):
    """What became of so many leads."""

    key: str
    title: str
    leads: int
    in_n: bool


class MeasureReport(BaseModel):
    """A measure with its definition."""

    key: str
    title: str
    counted: str = Field(description="what is counted: the numerator")
    n_is: str = Field(description="what n is: the denominator")
    definition: str
    total: MeasuredShare
    periods: list[MeasuredPeriod]
    outcomes: list[Outcome]
    grouped_by: str = Field(description="team, list, or empty")
    groups: list[MeasuredGroup]
    rules: list[MeasuredGroup]

    @classmethod
    def of(cls, report: Report) -> "MeasureReport":
        """What was counted."""
        measure = report.measure
        return cls(
            key=measure.key,
            title=measure.title,
            counted=measure.counted,
            n_is=measure.of,
            definition=measure.definition,
            total=MeasuredShare.of(report.total),
            periods=[MeasuredPeriod.of(*one) for one in report.periods],
            outcomes=[
                Outcome(
                    key=key,
                    title=measure.became[key],
                    leads=leads,
                    in_n=key not in measure.outside,
                )
                for key, leads in report.became
            ],
            grouped_by=measure.grouped_by,
            groups=[MeasuredGroup.of(*one) for one in report.groups],
            rules=[MeasuredGroup.of(*one) for one in report.rules],
        )


class Measures(BaseModel):
    """The measures of a range."""

    first: date
    last: date
    measures: list[MeasureReport]

    @classmethod
    def of(cls, reports: Reports) -> "Measures":
        """What was counted."""
        return cls(
            first=date_of(reports.periods[0].first),
            last=date_of(reports.periods[-1].last),
            measures=list(map(MeasureReport.of, reports.measures)),
        )

"""The parts of a client's rules: each a table or a condition of `rules.yaml`.

Together they are rules.Rules.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Required = Literal[
    "email", "verified_email", "company", "title", "first_name", "last_name", "phone", "country"
]


class RuleModel(BaseModel):
    """What all parts share: nothing unknown is taken, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy that computes anew what the original has remembered of itself."""
        copied = super().model_copy(update=update, deep=deep)
        for name in set(copied.__dict__) - set(type(self).model_fields):
            del copied.__dict__[name]
        return copied


class Capture(RuleModel):
    """What is taken in from Apollo. Empty lists mean no restriction."""

    lists: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    enrich: bool = False
    enrich_days: int = Field(90, ge=1)
    enrich_daily_cap: int = Field(200, ge=0)
    fields: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "Apollo custom field, by name or id -> industry, employees, country, state, parent"
        ),
    )


class FieldRule(RuleModel):
    """One field of Apollo's and the CRM property that it lands in, under the CRM's own name for it.

    `apollo` is a custom field's name or a path into the contact ("account.phone"); `column` its
    column in a CSV export. `object` says whose property it is: the contact's, or its company's
    where the CRM keeps companies of its own (HubSpot). A property that holds something is left
    alone unless `overwrite`. A value that the property can't hold is left out and told, or keeps
    the lead with a person if it is `required`.
    """

    apollo: str = Field(min_length=1)
    column: str = ""
    to: str = Field(pattern=r"^[A-Za-z]\w*$")
    object: Literal["contact", "company"] = "contact"
    type: Literal["text", "long", "number", "date", "moment", "flag", "choice"] = "text"
    transform: tuple[Literal["lower", "upper", "title", "digits", "domain"], ...] = ()
    values: dict[str, str] = Field(
        default_factory=dict, description="Apollo's value -> the property's option"
    )
    required: bool = False
    overwrite: bool = False

    @property
    def name(self) -> str:
        """By which a person sets it on a waiting lead."""
        return f"more.{self.to}" if self.object == "contact" else f"company.more.{self.to}"

    @cached_property
    def table(self) -> dict[str, str]:
        """The value table, whatever the case of Apollo's side."""
        return {name.casefold(): value for name, value in self.values.items()}


class TitleRule(RuleModel):
    """Titles that match `pattern` (case folded) have this seniority; the first match counts."""

    pattern: str
    seniority: str

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"{self.pattern!r} is no regular expression: {error}") from error
        return self


class Size(RuleModel):
    """A company size by number of employees, both ends included."""

    name: str
    least: int = Field(ge=1)
    most: int = Field(ge=1)


class IcpWeights(RuleModel):
    """Points of the ideal customer profile. The best of each part must add up to 100."""

    seniority: dict[str, int]
    industry: dict[str, int]
    size: dict[str, int]
    country: dict[str, int]
    intent: dict[str, int] = Field(
        description="strength, score, list, visit -> points; the best sign counts"
    )

    def best(self, part: str) -> int:
        """The most points a part can give."""
        return self._best[part]

    @cached_property
    def _best(self) -> dict[str, int]:
        return {
            part: max(getattr(self, part).values(), default=0) for part in type(self).model_fields
        }


class HighIntent(RuleModel):
    """A sign that makes a lead high intent while it is not older than `days`."""

    kind: Literal["strength", "score", "list", "visit"]
    value: str = ""
    at_least: int = 0
    days: float = Field(gt=0)


class Condition(RuleModel):
    """A route's condition. Every filled field must hold; an empty condition holds for all."""

    countries: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    high_intent: bool | None = None


class RolloutShare(RuleModel):
    """For whom effects are live: leads on one of these lists, and a share of all others; the rest
    is shadow.

    The share goes by a hash of the lead, so that a lead stays on its side while the share grows.
    """

    lists: tuple[str, ...] = ()
    percent: float = Field(0, ge=0, le=100)


class RouteRule(RuleModel):
    """A territory or vertical and its rep. The first match in the file's order counts."""

    name: str
    when: Condition = Condition()
    owner: str = Field(pattern=r".+@.+")


class AccountOwner(RuleModel):
    """Before any route, a lead goes to whom the CRM shows as the owner of its company, or of that
    one's parent.

    `teams` names those whose owners take leads, so that one who looks after customers gets none;
    empty: all.
    """

    teams: tuple[str, ...] = ()


class Nurture(RuleModel):
    """The sequence below the threshold, entered and left by membership of a CRM list."""

    owner: str = Field(pattern=r".+@.+")
    list: str
    steps: int = Field(5, ge=1)


class SequenceRule(RuleModel):
    """A sequence and the tool that runs its steps; the first whose band and condition fit counts.

    `list` is a CRM's list with a sequence or workflow behind it, `cadence` a CRM's cadence of
    that name, `apollo` an Apollo sequence by its id, sent from the mailbox `sender`, `hubspot` a
    HubSpot sequence by its id, sent from the owner's inbox (rules' `inboxes`; whose owner has
    none, it doesn't fit) and left by the list `leave`, whose workflow unenrols; `none` enrols
    nobody. Leads of the band `rep` have their rep first.
    """

    name: str
    band: Literal["nurture", "rep"] = "nurture"
    when: Condition = Condition()
    tool: Literal["list", "cadence", "apollo", "hubspot", "none"]
    target: str = ""
    sender: str = ""
    leave: str = ""
    steps: int = Field(5, ge=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.tool != "none" and not self.target:
            raise ValueError(
                f"sequence {self.name}: target is missing (the list's or cadence's name, or the"
                " sequence's id)"
            )
        if self.tool == "apollo" and "@" not in self.sender:
            raise ValueError(
                f"sequence {self.name}: sender is missing (the address of a mailbox that is linked"
                " to Apollo)"
            )
        if self.tool == "hubspot" and not self.leave:
            raise ValueError(
                f"sequence {self.name}: leave is missing (a list whose workflow unenrols from"
                " sequences)"
            )
        return self


class Sla(RuleModel):
    """The clock of a high-intent lead, in seconds, and who hears of a breach."""

    seconds: float = Field(7200, gt=0)
    untaken_seconds: float = Field(1800, gt=0)
    escalate_to: str = Field(pattern=r".+@.+")


class Matching(RuleModel):
    """Likeness thresholds, 0 to 100 (rapidfuzz ratios)."""

    sure_name: float = 95
    sure_title: float = 85
    unsure_name: float = 86
    subsidiary_name: float = 90

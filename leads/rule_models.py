"""The parts of a client's rules: each a table or a condition of `rules.yaml`.

Together they are rules.Rules.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leads.topics import Topic

Required = Literal[
    "email", "verified_email", "company", "title", "first_name", "last_name", "phone", "country"
]


def by_casefold(values: Mapping[str, str]) -> dict[str, str]:
    """The values under their case-folded names."""
    return {name.casefold(): value for name, value in values.items()}


def by_member(groups: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The group of each member, by its case-folded name; the first group that names it counts."""
    found: dict[str, str] = {}
    for group, members in groups.items():
        for member in members:
            found.setdefault(member.casefold(), group)
    return found


class RuleModel(BaseModel):
    """What all parts share: nothing unknown is taken, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy without the cached properties of the original, which it computes for itself."""
        copied = super().model_copy(update=update, deep=deep)
        for name in set(copied.__dict__) - set(type(self).model_fields):
            del copied.__dict__[name]
        return copied


class Capture(RuleModel):
    """What is taken in from Apollo. Empty lists mean no restriction."""

    lists: tuple[str, ...] = Field(
        (), description="only contacts on one of these lists of Apollo's, by name"
    )
    stages: tuple[str, ...] = Field(
        (), description="only contacts in one of these stages of Apollo's, by id"
    )
    owners: tuple[str, ...] = Field(
        (), description="only contacts of one of these users of Apollo's, by id"
    )
    enrich: bool = Field(
        False, description="ask Apollo for a company's industry and size where one isn't known"
    )
    enrich_days: int = Field(
        90, ge=1, description="how long the answer counts before Apollo is asked again"
    )
    enrich_daily_cap: int = Field(
        200, ge=0, description="Apollo's credits that this may spend in a day"
    )
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
    alone unless `overwrite`. A value that the property can't hold is left out and
    reported in the audit, or sends the lead to review if it is `required`.
    """

    apollo: str = Field(
        min_length=1, description="a custom field's name, or a path into the contact"
    )
    column: str = Field("", description="its column in a CSV export; unset: the same name")
    to: str = Field(pattern=r"^[A-Za-z]\w*$", description="the CRM's own name of the property")
    object: Literal["contact", "company"] = Field(
        "contact", description="whose property it is; company only in HubSpot"
    )
    type: Literal["text", "long", "number", "date", "moment", "flag", "choice"] = Field(
        "text",
        description="what the property holds; other values are left out and reported in the audit",
    )
    transform: tuple[Literal["lower", "upper", "title", "digits", "domain"], ...] = Field(
        (), description="how the text is changed first, in this order"
    )
    values: dict[str, str] = Field(
        default_factory=dict, description="Apollo's value -> the property's option"
    )
    required: bool = Field(False, description="without a value the lead waits for a person")
    overwrite: bool = Field(False, description="written even where the property holds something")

    @property
    def name(self) -> str:
        """By which a person sets it on a waiting lead."""
        return f"more.{self.to}" if self.object == "contact" else f"company.more.{self.to}"

    @cached_property
    def table(self) -> dict[str, str]:
        """The value table, whatever the case of Apollo's side."""
        return by_casefold(self.values)


class TitleRule(RuleModel):
    """Titles that match `pattern` (case folded, as written or with abbreviations spelled out) have
    this seniority and, if it is given, this function; the first match counts."""

    pattern: str = Field(
        description="a regular expression, sought anywhere in the title in lower case"
    )
    seniority: str = Field(
        min_length=1, description="your name for the seniority, as icp.seniority uses it"
    )
    function: str = Field("", description="your name for the function; empty: as it is read")

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"{self.pattern!r} is no regular expression: {error}") from error
        return self


class Size(RuleModel):
    """A company size by number of employees, both ends included."""

    name: str = Field(description="your name for it, as icp.size and conditions use it")
    least: int = Field(ge=1, description="employees at least")
    most: int = Field(ge=1, description="employees at most")


class IcpWeights(RuleModel):
    """Points of the ideal customer profile. The best of each part must add up to 100."""

    seniority: dict[str, int] = Field(
        description="seniority (docs/titles.md, or of `titles`) -> points; * for any other"
        " that is known"
    )
    function: dict[str, int] = Field(
        default_factory=dict,
        description="function, as sales or marketing -> points; * for any other that is known",
    )
    industry: dict[str, int] = Field(
        description="group of industries -> points; * for any other that is known"
    )
    size: dict[str, int] = Field(description="size -> points; * for any other that is known")
    country: dict[str, int] = Field(
        description="country by its two letters -> points; * for any other that is known"
    )
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

    kind: Literal["strength", "score", "list", "visit"] = Field(
        description="intent strength, intent score, an Apollo list, or a visit of the website"
    )
    value: str = Field("", description="this strength, list or page alone; unset: any")
    at_least: int = Field(0, description="of a score: so many points or more")
    days: float = Field(gt=0, description="for so many days after the sign came in")


class Condition(RuleModel):
    """A route's condition. Every filled field must hold; an empty condition holds for all."""

    countries: tuple[str, ...] = Field(
        (), description="the company's country is one of these, by two letters"
    )
    states: tuple[str, ...] = Field(
        (), description="the company's state is one of these: by name or code, as Bavaria or BY"
    )
    industries: tuple[str, ...] = Field(
        (), description="the company's industry is in one of these groups"
    )
    sizes: tuple[str, ...] = Field((), description="the company's size is one of these")
    seniorities: tuple[str, ...] = Field((), description="the person's seniority is one of these")
    functions: tuple[str, ...] = Field((), description="the person's function is one of these")
    high_intent: bool | None = Field(
        None, description="whether the lead must be high intent or must not be; unset: either"
    )


class RolloutShare(RuleModel):
    """Which leads' effects are live: those on one of these lists, and a share of the others; the
    rest is shadow.

    The share goes by a hash of the lead, so that a lead stays on its side while the share grows.
    """

    lists: tuple[str, ...] = Field(
        (), description="leads on one of these lists of Apollo's are live"
    )
    percent: float = Field(
        0, ge=0, le=100, description="so many of a hundred other leads are live, too"
    )


class RouteRule(RuleModel):
    """A territory or vertical and its rep. The first match in the file's order counts."""

    name: str = Field(description="how the audit and notices call this route")
    when: Condition = Field(
        Condition(), description="for which leads: each key given must fit; unset: all"
    )
    owner: str = Field(pattern=r".+@.+", description="the rep, by e-mail address in the CRM")


class AccountOwner(RuleModel):
    """Before any route, a lead goes to the owner of its company in the CRM, or of the company's
    parent.

    `teams` names those whose owners take leads, so that one who looks after customers gets none;
    empty: all.
    """

    teams: tuple[str, ...] = Field(
        (), description="teams (HubSpot) or roles (Salesforce, Zoho) whose owners take leads"
    )


class Nurture(RuleModel):
    """The sequence below the threshold, entered and left by membership of a CRM list."""

    owner: str = Field(pattern=r".+@.+", description="the CRM user who owns nurtured leads")
    list: str = Field(description="the CRM's list or cadence, by name")
    steps: int = Field(5, ge=1, description="how many steps it has, for the audit")


class SequenceRule(RuleModel):
    """A sequence and the tool that runs its steps; the first whose band and condition fit counts.

    `list` is a CRM's list with a sequence or workflow behind it, `cadence` a CRM's cadence of
    that name, `apollo` an Apollo sequence by its id, sent from the mailbox `sender`, `hubspot` a
    HubSpot sequence by its id, sent from the owner's inbox (rules' `inboxes`; whose owner has
    none, it doesn't fit) and left by the list `leave`, whose workflow unenrols; `none` enrols
    nobody. Leads of the band `rep` have their rep first.
    """

    name: str = Field(description="how the audit calls this sequence")
    band: Literal["nurture", "rep"] = Field(
        "nurture", description="for leads below the threshold, or for leads that have a rep"
    )
    when: Condition = Field(
        Condition(), description="for which leads of the band: each key given must fit; unset: all"
    )
    tool: Literal["list", "cadence", "apollo", "hubspot", "none"] = Field(
        description="what runs its steps"
    )
    target: str = Field("", description="the list's or cadence's name, or the sequence's id")
    sender: str = Field("", description="for apollo: the mailbox that it is sent from")
    leave: str = Field("", description="for hubspot: the list whose workflow unenrols")
    steps: int = Field(5, ge=1, description="how many steps it has, for the audit")

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
    """The clock of a high-intent lead, in seconds, and who is notified of a breach."""

    seconds: float = Field(
        7200, gt=0, description="from the confirmed owner to the owner's first activity, at most"
    )
    untaken_seconds: float = Field(
        1800, gt=0, description="from the sign of intent until a rep has the lead, at most"
    )
    escalate_to: str = Field(
        pattern=r".+@.+",
        description="who is notified of a breach and gets a task, by e-mail address",
    )


#: Of GDPR's article 6, those that selling to companies can rest on; `none`: there is none.
Basis: TypeAlias = Literal[
    "legitimate_interest", "existing_customer", "contract", "consent", "not_applicable", "none"
]


class CountryBasis(RuleModel):
    """The basis on which people of a country are processed, and where their data comes from. A
    basis alone may be written without its key."""

    basis: Basis = Field(
        description="what the CRM's contact shows; none: such people don't get into the CRM"
    )
    source: str = Field(
        "",
        max_length=200,
        description="where the data comes from, as the CRM's contact shows it; unset: the text of"
        " `default`, and without one the name of the lead's source (apollo, csv, ...)",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"basis": value} if isinstance(value, str) else value


class LawfulBasis(RuleModel):
    """On which basis people are processed and where their data comes from, by country, as a
    data-protection officer has decided. Both are written to the contact in the CRM.

    A person without a country counts by the company's. The rules state a basis, they don't prove
    one: a country whose people must consent first is `none` unless all its leads have consented.
    """

    default: CountryBasis = Field(description="for every country that `countries` doesn't name")
    countries: dict[str, CountryBasis] = Field(
        default_factory=dict, description="country, by two letters -> its basis"
    )
    unknown: CountryBasis | None = Field(
        None, description="for people of whom no country is known; unset: as `default`"
    )
    without: Literal["review", "end"] = Field(
        "review",
        description="what becomes of a lead whose country has no basis: review: a person decides;"
        " end: it ends before anything is written to the CRM",
    )

    def of(self, country: str) -> CountryBasis:
        """The basis and source for a country, '' for one that isn't known."""
        found = self.countries.get(country, self.default)
        if not country and self.unknown is not None:
            found = self.unknown
        if found.source:
            return found
        return CountryBasis(basis=found.basis, source=self.default.source)


class Erase(RuleModel):
    """What becomes of a person's contact in the CRM when the person is erased."""

    crm: Literal["delete", "bin", "keep"] = Field(
        "delete",
        description="delete: for good where the CRM has a call for that (HubSpot), else into its"
        " recycle bin; bin: into the recycle bin; keep: it stays, opted out and off all lists",
    )


class Retention(RuleModel):
    """For how many days topics keep their records (docs/operations.md, Retention).

    A record of a topic that stages read is deleted once every stage is through with it, and it is
    older than the topic's days and than `replay`.
    """

    stages: float = Field(14, gt=0, description="of the topics between stages")
    captured: float = Field(400, gt=0, description="of topic `captured`: what sources said")
    signals: float = Field(400, gt=0, description="of topic `signals`: opt-outs, replies, clicks")
    review_decisions: float = Field(
        400, gt=0, description="of topic `review-decisions`: what people decided"
    )
    sla_outcomes: float = Field(
        400, gt=0, description="of topic `sla-outcomes`: what became of each clock"
    )
    fallback: float = Field(
        400, gt=0, description="of topic `fallback`: leads that the CRM did not take"
    )
    dead_letters: float = Field(
        400, gt=0, description="of topic `dead-letters`: records that could not be read"
    )
    alerts: float = Field(30, gt=0, description="of topic `alerts`: what Slack was told")
    replay: float = Field(
        14,
        ge=0,
        description="`leadgate replay` works for records up to so many days old: none that is"
        " younger is deleted from a topic that stages read",
    )

    def days_of(self, topic: Topic) -> float:
        """For how many days a topic keeps its records; infinity for a compacted one."""
        if topic.cleanup == "compact":
            return math.inf
        days = float(getattr(self, topic.kept))
        if topic.read_by_stages:
            return max(days, self.replay)
        return days


class Matching(RuleModel):
    """From which evidence two records are one person's, in bits (docs/matching.md), and how alike
    companies are."""

    merge: float = Field(
        4.0, description="bits of evidence from which two records are merged without asking"
    )
    ask: float = Field(
        -1.5, description="bits of evidence from which a person is asked whether it is one person"
    )
    subsidiary_name: float = Field(
        90,
        description="company names at least so similar (rapidfuzz ratio, 0 to 100): a person is"
        " asked about a subsidiary",
    )
    sure_name: float | None = Field(
        None, description="not used since people are compared by evidence: `merge` decides"
    )
    sure_title: float | None = Field(None, description="not used any more, as `sure_name`")
    unsure_name: float | None = Field(None, description="not used any more: `ask` decides")


class Survivorship(RuleModel):
    """Which record's value survives where several records of one person say the same field
    (docs/matching.md)."""

    sources: tuple[Literal["apollo", "csv", "zapier", "workflow"], ...] = Field(
        (), description="whose value survives of two that are equally new, the best source first"
    )

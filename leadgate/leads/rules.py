"""The client's rules: `rules.yaml`, validated, versioned by hash, refused with line and field when wrong."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leadgate.leads.records import Lead

Required = Literal["email", "verified_email", "company", "title", "first_name", "last_name", "phone", "country"]


class RulesError(ValueError):
    """The rules can't be used. Each line says where, what and what would be right."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy that computes anew what the original has remembered of itself."""
        copied = super().model_copy(update=update, deep=deep)
        for name in set(copied.__dict__) - set(type(self).model_fields):
            del copied.__dict__[name]
        return copied


class Capture(_Part):
    """What is taken in from Apollo. Empty lists mean no restriction."""

    lists: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    enrich: bool = False
    enrich_days: int = Field(90, ge=1)
    enrich_daily_cap: int = Field(200, ge=0)
    fields: dict[str, str] = Field(
        default_factory=dict, description="Apollo custom field, by name or id -> industry, employees, country, state, parent"
    )


class FieldRule(_Part):
    """One field of Apollo's and the CRM property that it lands in, under the CRM's own name for it.

    `apollo` is a custom field's name or a path into the contact ("account.phone"); `column` its column in a CSV export.
    A property that holds something is left alone unless `overwrite`. A value that the property can't hold is left out and
    told, or keeps the lead with a person if it is `required`.
    """

    apollo: str = Field(min_length=1)
    column: str = ""
    to: str = Field(pattern=r"^[A-Za-z]\w*$")
    type: Literal["text", "long", "number", "date", "moment", "flag", "choice"] = "text"
    transform: tuple[Literal["lower", "upper", "title", "digits", "domain"], ...] = ()
    values: dict[str, str] = Field(default_factory=dict, description="Apollo's value -> the property's option")
    required: bool = False
    overwrite: bool = False

    @cached_property
    def table(self) -> dict[str, str]:
        """The value table, whatever the case of Apollo's side."""
        return {name.casefold(): value for name, value in self.values.items()}


class TitleRule(_Part):
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


class Size(_Part):
    """A company size by number of employees, both ends included."""

    name: str
    least: int = Field(ge=1)
    most: int = Field(ge=1)


class Weights(_Part):
    """Points of the ideal customer profile. The best of each part must add up to 100."""

    seniority: dict[str, int]
    industry: dict[str, int]
    size: dict[str, int]
    country: dict[str, int]
    intent: dict[str, int] = Field(description="strength, score, list, visit -> points; the best sign counts")

    def best(self, part: str) -> int:
        """The most points a part can give."""
        return self._best[part]

    @cached_property
    def _best(self) -> dict[str, int]:
        return {part: max(getattr(self, part).values(), default=0) for part in type(self).model_fields}


class HighIntent(_Part):
    """A sign that makes a lead high intent while it is not older than `days`."""

    kind: Literal["strength", "score", "list", "visit"]
    value: str = ""
    at_least: int = 0
    days: float = Field(gt=0)


class When(_Part):
    """A route's condition. Every filled field must hold; an empty condition holds for all."""

    countries: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    high_intent: bool | None = None


class Live(_Part):
    """For whom effects are live: leads on one of these lists, and a share of all others; the rest is shadow.

    The share goes by a hash of the lead, so that a lead stays on its side while the share grows.
    """

    lists: tuple[str, ...] = ()
    percent: float = Field(0, ge=0, le=100)


class RouteRule(_Part):
    """A territory or vertical and its rep. The first match in the file's order counts."""

    name: str
    when: When = When()
    owner: str = Field(pattern=r".+@.+")


class Nurture(_Part):
    """The sequence below the threshold, entered and left by membership of a CRM list."""

    owner: str = Field(pattern=r".+@.+")
    list: str
    steps: int = Field(5, ge=1)


class SequenceRule(_Part):
    """A sequence and the tool that runs its steps; the first whose band and condition fit counts.

    `list` is a CRM's list with a sequence or workflow behind it, `cadence` a CRM's cadence of that name, `apollo` an Apollo
    sequence by its id, sent from the mailbox `sender`; `none` enrols nobody. Leads of the band `rep` have their rep first.
    """

    name: str
    band: Literal["nurture", "rep"] = "nurture"
    when: When = When()
    tool: Literal["list", "cadence", "apollo", "none"]
    target: str = ""
    sender: str = ""
    steps: int = Field(5, ge=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.tool != "none" and not self.target:
            raise ValueError(f"sequence {self.name}: target is missing (the list's or cadence's name, or Apollo's sequence id)")
        if self.tool == "apollo" and "@" not in self.sender:
            raise ValueError(f"sequence {self.name}: sender is missing (the address of a mailbox that is linked to Apollo)")
        return self


class Sla(_Part):
    """The clock of a high-intent lead, in seconds, and who hears of a breach."""

    seconds: float = Field(7200, gt=0)
    untaken_seconds: float = Field(1800, gt=0)
    escalate_to: str = Field(pattern=r".+@.+")


class Matching(_Part):
    """Likeness thresholds, 0 to 100 (rapidfuzz ratios)."""

    sure_name: float = 95
    sure_title: float = 85
    unsure_name: float = 86
    subsidiary_name: float = 90


class Rules(_Part):
    """Everything a client decides. `hash` names the version that each lead carries through all gates."""

    version: int = Field(ge=1)
    effects: Literal["shadow", "live"] = "shadow"
    live: Live = Field(Live(percent=100), description="going live by share, while effects are live")
    capture: Capture = Capture()
    mapping: tuple[FieldRule, ...] = ()
    required: tuple[Required, ...] = ("verified_email", "company", "title")
    verified: dict[str, tuple[str, ...]]
    titles: tuple[TitleRule, ...]
    industries: dict[str, tuple[str, ...]]
    sizes: tuple[Size, ...]
    icp: Weights
    threshold: int = Field(70, ge=1, le=100)
    high_intent: tuple[HighIntent, ...] = ()
    routes: tuple[RouteRule, ...]
    nurture: Nurture
    sequences: tuple[SequenceRule, ...] = ()
    apollo_owner: bool = Field(False, description="tell Apollo whom the CRM shows as a rep's lead's owner")
    sla: Sla
    matching: Matching = Matching()
    ops_channel: str = "#leadgate-ops"
    reopen_days: float = Field(90, gt=0)
    sequence_fresh_seconds: float = Field(900, gt=0, le=900)
    unknown_sequence_hours: float = Field(24, gt=0)
    recheck_seconds: float = Field(900, gt=0, description="how often a held lead's outside cause is looked at again")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        parts = ("seniority", "industry", "size", "country")
        total = sum(self.icp.best(part) for part in (*parts, "intent"))
        firm = sum(self.icp.best(part) for part in parts)
        if total != 100:
            raise ValueError(f"icp: the best of each part must add up to 100, they add up to {total}")
        if firm < self.threshold:
            raise ValueError(
                f"icp: firmographics alone reach {firm} points and never the threshold {self.threshold}; "
                "most leads carry no intent, so they could never be routed"
            )
        twice = sorted(name for name, n in Counter(rule.to for rule in self.mapping).items() if n > 1)
        if twice:
            raise ValueError(f"mapping: {', '.join(twice)} can take only one field")
        self._known("icp.seniority", self.icp.seniority, {t.seniority for t in self.titles})
        self._known("icp.industry", self.icp.industry, set(self.industries))
        self._known("icp.size", self.icp.size, {size.name for size in self.sizes})
        named = [(f"routes[{i}]", r.when) for i, r in enumerate(self.routes)]
        for where, when in [*named, *((f"sequences[{i}]", s.when) for i, s in enumerate(self.sequences))]:
            self._known(f"{where}.when.industries", when.industries, set(self.industries))
            self._known(f"{where}.when.sizes", when.sizes, {size.name for size in self.sizes})
        return self

    @staticmethod
    def _known(where: str, names: Any, known: set[str]) -> None:
        unknown = sorted(set(names) - known)
        if unknown:
            raise ValueError(f"{where}: {', '.join(unknown)} is defined nowhere; known are {', '.join(sorted(known))}")

    @property
    def default_sequence(self) -> SequenceRule:
        """The nurture list, for nurtured leads that no other sequence fits."""
        return SequenceRule(name=self.nurture.list, tool="list", target=self.nurture.list, steps=self.nurture.steps)

    @property
    def lists(self) -> list[str]:
        """Every list and cadence that a lead may be on."""
        used = (s.target for s in (*self.sequences, self.default_sequence) if s.tool in {"list", "cadence"})
        return list(dict.fromkeys(used))

    @cached_property
    def hash(self) -> str:
        """Names this version of the rules: the same rules, the same hash, whatever the file's comments."""
        body = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()[:16]

    def is_live(self, lead: Lead) -> bool:
        """Whether a lead's effects are real, as far as the rules say; a shadow site does nothing at all."""
        if lead.released or self.live.percent >= 100 or set(lead.lists) & set(self.live.lists):
            return True
        number = int.from_bytes(hashlib.sha256(lead.lead_id.encode()).digest()[:4], "big")
        return number < self.live.percent / 100 * 2**32

    def seniority_of(self, title: str) -> str:
        """The seniority of a title by the title table, '' if none fits."""
        folded = title.casefold()
        return next((t.seniority for t in self.titles if re.search(t.pattern, folded)), "")

    def industry_of(self, industry: str) -> str:
        """The rules' name for a vendor's industry, '' if it is in no group."""
        return self._groups.get(industry.casefold(), "")

    @cached_property
    def _groups(self) -> dict[str, str]:
        """The first group that names an industry counts."""
        return {n.casefold(): group for group, names in reversed(self.industries.items()) for n in names}

    def size_of(self, employees: int) -> str:
        """The rules' name for a number of employees, '' if unknown or in none."""
        return next((s.name for s in self.sizes if s.least <= employees <= s.most), "")


def parse_rules(text: str, name: str = "rules.yaml") -> Rules:
    """Read rules from YAML. Raises RulesError with a line for each fault."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RulesError(f"{name}: not YAML: {error}") from error
    try:
        return Rules.model_validate(data)
    except ValidationError as error:
        lines = [f"{name}:{_line(node, e['loc'])}: {'.'.join(map(str, e['loc'])) or 'rules'}: {e['msg']}" for e in error.errors()]
        raise RulesError("\n".join(lines)) from error


def _line(node: Any, location: tuple[int | str, ...]) -> int:
    """The line of the deepest node of `location` that exists in the file."""
    line = 1
    for step in location:
        if node is None:
            break
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            line, node = (pair[0].start_mark.line + 1, pair[1]) if pair else (line, None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line

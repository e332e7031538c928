"""The client's rules: `rules.yaml`, validated, versioned by hash, refused with line and field when
wrong."""

import hashlib
import json
import re
from collections import Counter
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from leads.normalise import normalise_title
from leads.records import Lead
from leads.rule_models import (
    AccountOwner,
    Capture,
    Condition,
    Erase,
    FieldRule,
    HighIntent,
    IcpWeights,
    LawfulBasis,
    Matching,
    Nurture,
    Required,
    Retention,
    RolloutShare,
    RouteRule,
    RuleModel,
    SequenceRule,
    Size,
    Sla,
    Survivorship,
    TitleRule,
    by_casefold,
    by_member,
)
from leads.titles.fold import LONGEST
from leads.titles.function_words import FUNCTIONS
from leads.titles.rank_words import SENIORITIES
from leads.titles.read import OTHER, UNREAD, Title, read_title

_FIRM_PARTS = ("seniority", "function", "industry", "size", "country")
_PROPERTY = attrgetter("object", "to")  # of a FieldRule: which CRM property it writes
#: The team of an owner that the rules put in none.
NO_TEAM = "no team"


def hash_of(document: object) -> str:
    """The hash that names rules, given as JSON's own types: the same for the same content,
    whatever the order of its keys."""
    body = json.dumps(document, sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()[:16]


class RulesError(ValueError):
    """The rules can't be used. Each line says where, what and what would be right."""


class Rules(RuleModel):
    """Everything a client decides.

    `hash` names the version that each lead carries through all gates.
    """

    version: int = Field(ge=1, description="your own number for this version of the file")
    effects: Literal["shadow", "live"] = Field(
        "shadow", description="whether vendors are written to; in shadow it is only decided"
    )
    live: RolloutShare = Field(
        RolloutShare(percent=100), description="going live by share, while effects are live"
    )
    capture: Capture = Field(Capture(), description="what is taken in from Apollo")
    stop_stages: tuple[str, ...] = Field(
        ("Do Not Contact", "Unsubscribed"),
        description="Apollo stages, by name or id, whose people are never written to",
    )
    mapping: tuple[FieldRule, ...] = Field(
        (), description="further fields of Apollo's and the CRM properties that they land in"
    )
    required: tuple[Required, ...] = Field(
        ("verified_email", "company", "title"),
        description="what a lead must have; without it the lead waits for a person",
    )
    verified: dict[str, tuple[str, ...]] = Field(
        description="source (apollo, csv, zapier, workflow) -> e-mail statuses that are good enough"
    )
    titles: tuple[TitleRule, ...] = Field(
        (),
        description="job titles that are to be read otherwise than docs/titles.md says; the first"
        " match counts",
    )
    industries: dict[str, tuple[str, ...]] = Field(
        description="your name for a group of industries -> Apollo's names in it"
    )
    sizes: tuple[Size, ...] = Field(description="your names for sizes of companies")
    icp: IcpWeights = Field(description="the points of the ideal customer profile")
    threshold: int = Field(
        70, ge=1, le=100, description="points from which a lead goes to a rep; below it is nurtured"
    )
    high_intent: tuple[HighIntent, ...] = Field(
        (), description="signs by which a lead goes to a rep whatever its points, with a clock"
    )
    routes: tuple[RouteRule, ...] = Field(
        description="which rep gets a lead; the first match in the file's order counts"
    )
    account_owner: AccountOwner | None = Field(
        None, description="the owner of the lead's company comes before all routes"
    )
    nurture: Nurture = Field(description="where leads below the threshold go")
    sequences: tuple[SequenceRule, ...] = Field(
        (), description="further sequences; the first that fits a lead is entered"
    )
    inboxes: dict[str, str] = Field(
        default_factory=dict, description="owner -> the inbox that is connected to HubSpot"
    )
    apollo_owner: bool = Field(False, description="also set the owner of a rep's lead in Apollo")
    sla: Sla = Field(description="how soon a high-intent lead must be contacted")
    teams: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="your name for a team -> its reps, by e-mail address; the outcomes of clocks"
        " are counted by team, those of a rep in no team under `no team`",
    )
    matching: Matching = Field(
        Matching(), description="how alike two people or companies must be to count as the same"
    )
    lawful_basis: LawfulBasis | None = Field(
        None,
        description="on which basis people are processed, by country; unset: the CRM shows none",
    )
    erase: Erase = Field(
        Erase(), description="what becomes of an erased person's contact in the CRM"
    )
    retention: Retention = Field(
        Retention(), description="for how many days topics keep their records"
    )
    survivorship: Survivorship = Field(
        Survivorship(), description="whose values survive where records are merged"
    )
    ops_channel: str = Field(
        "#leadgate-ops", description="the Slack channel for what operators must know"
    )
    reopen_days: float = Field(
        90, gt=0, description="read by no gate at present: a value changes nothing"
    )
    sequence_fresh_seconds: float = Field(
        900, gt=0, le=900, description="how old what is known of Apollo's sequences may be"
    )
    unknown_sequence_hours: float = Field(
        24,
        gt=0,
        description="how long Apollo's sequences may stay unknown before a person is asked",
    )
    recheck_seconds: float = Field(
        900, gt=0, description="how often a held lead's outside cause is looked at again"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_points()
        self._check_mapping()
        self._check_names()
        return self

    def _check_points(self) -> None:
        firm = sum(map(self.icp.best, _FIRM_PARTS))
        total = firm + self.icp.best("intent")
        if total != 100:
            raise ValueError(
                f"icp: the best of each part must add up to 100, they add up to {total}"
            )
        if firm < self.threshold:
            raise ValueError(
                f"icp: firmographics alone reach {firm} points and never the threshold"
                f" {self.threshold}; most leads carry no intent, so they could never be routed"
            )

    def _check_mapping(self) -> None:
        counts = Counter(map(_PROPERTY, self.mapping))
        twice = sorted(to for (_, to), count in counts.items() if count > 1)
        if twice:
            raise ValueError(f"mapping: {', '.join(twice)} can take only one field")

    def _check_names(self) -> None:
        sizes = {size.name for size in self.sizes}
        self._known("icp.seniority", self.icp.seniority, {*self._seniorities, "*"})
        self._known("icp.function", self.icp.function, {*self._functions, "*"})
        self._known("icp.industry", self.icp.industry, {*self.industries, "*"})
        self._known("icp.size", self.icp.size, {*sizes, "*"})
        for i, route in enumerate(self.routes):
            self._check_condition(f"routes[{i}].when", route.when, sizes)
        for i, sequence in enumerate(self.sequences):
            self._check_condition(f"sequences[{i}].when", sequence.when, sizes)

    def _check_condition(self, where: str, when: Condition, sizes: set[str]) -> None:
        self._known(f"{where}.industries", when.industries, set(self.industries))
        self._known(f"{where}.sizes", when.sizes, sizes)
        self._known(f"{where}.seniorities", when.seniorities, self._seniorities)
        self._known(f"{where}.functions", when.functions, self._functions)

    @property
    def _seniorities(self) -> set[str]:
        return {*SENIORITIES, *(title.seniority for title in self.titles)}

    @property
    def _functions(self) -> set[str]:
        return {*FUNCTIONS, *(title.function for title in self.titles)} - {""}

    @staticmethod
    def _known(where: str, names: Any, known: set[str]) -> None:
        unknown = sorted(set(names) - known)
        if unknown:
            raise ValueError(
                f"{where}: {', '.join(unknown)} is defined nowhere; known are"
                f" {', '.join(sorted(known))}"
            )

    @model_validator(mode="after")
    def _one_team_each(self) -> Self:
        reps = chain.from_iterable(self.teams.values())
        members = Counter(map(str.casefold, reps))
        if twice := sorted(rep for rep, count in members.items() if count > 1):
            raise ValueError(f"teams: {', '.join(twice)} can be in one team only")
        return self

    @property
    def default_sequence(self) -> SequenceRule:
        """The nurture list, for nurtured leads that no other sequence fits."""
        return SequenceRule(
            name=self.nurture.list, tool="list", target=self.nurture.list, steps=self.nurture.steps
        )

    @property
    def entered_lists(self) -> list[str]:
        """Every list and cadence that a lead may be on as in a sequence."""
        names: dict[str, None] = {}
        for rule in (*self.sequences, self.default_sequence):
            if rule.tool in {"list", "cadence"}:
                names[rule.target] = None
        return list(names)

    @property
    def lists(self) -> list[str]:
        """Every list and cadence that must be there."""
        left = [rule.leave for rule in self.sequences if rule.leave]
        return list(dict.fromkeys([*self.entered_lists, *left]))

    def inbox_of(self, owner: str) -> str:
        """The inbox from which an owner's HubSpot sequences are sent, '' if none is connected."""
        return self._inboxes.get(owner.casefold(), "")

    @cached_property
    def _inboxes(self) -> dict[str, str]:
        return by_casefold(self.inboxes)

    def team_of(self, owner: str) -> str:
        """The team of an owner, by e-mail address; NO_TEAM for one who is in none."""
        return self._teams.get(owner.casefold(), NO_TEAM)

    @cached_property
    def _teams(self) -> dict[str, str]:
        return by_member(self.teams)

    @cached_property
    def hash(self) -> str:
        """Names this version of the rules: the same rules, the same hash, whatever the file's
        comments."""
        return hash_of(self.model_dump(mode="json"))

    def is_live(self, lead: Lead) -> bool:
        """Whether a lead's effects are real, as far as the rules say; a shadow site does nothing at
        all."""
        if lead.released or self.live.percent >= 100 or set(lead.lists) & set(self.live.lists):
            return True
        number = int.from_bytes(hashlib.sha256(lead.lead_id.encode()).digest()[:4], "big")
        return number < self.live.percent / 100 * 2**32

    def read_title(self, title: str, opinion: Title = UNREAD) -> Title:
        """Seniority and function of a title: by `titles`, else as leads/titles reads it, else by
        a second opinion such as Apollo's, else `other`. '' without a title and an opinion."""
        found = read_title(title).or_else(opinion)
        rule = self._title_rule(title)
        if rule:
            found = Title(rule.seniority, rule.function).or_else(found)
        if not title:
            return found
        return found.or_else(OTHER)

    def _title_rule(self, title: str) -> TitleRule | None:
        """The first rule that fits the title as it is written, or with its abbreviations spelled
        out."""
        if not self.titles:
            return None
        start = title[:LONGEST]
        written, plain = start.casefold(), normalise_title(start).casefold()
        for rule in self.titles:
            if re.search(rule.pattern, written) or re.search(rule.pattern, plain):
                return rule
        return None

    def stops(self, stage: str) -> bool:
        """Whether people in this stage of Apollo's are never to be written to; case doesn't
        matter."""
        return stage.casefold() in self._stop_stages

    @cached_property
    def _stop_stages(self) -> frozenset[str]:
        return frozenset(map(str.casefold, self.stop_stages))

    def industry_of(self, industry: str) -> str:
        """The rules' name for a vendor's industry, '' if it is in no group."""
        return self._groups.get(industry.casefold(), "")

    @cached_property
    def _groups(self) -> dict[str, str]:
        """The first group that names an industry counts."""
        return by_member(self.industries)

    def size_of(self, employees: int) -> str:
        """The rules' name for a number of employees, '' if unknown or in none."""
        for size in self.sizes:
            if size.least <= employees <= size.most:
                return size.name
        return ""

"""The evidence for and against two records' being one person's, and what follows from it."""

from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from leads.matching import fields
from leads.matching.brands import domain_stem
from leads.matching.companies import CompanyLevel, compare_companies
from leads.matching.full_names import FullNameLevel, compare_full_names
from leads.matching.names import NameLevel
from leads.matching.profile import Profile, read_profile
from leads.matching.weights import PRIOR, WEIGHTS
from leads.records import Fingerprint
from leads.rule_models import Matching


class MatchConfidence(Enum):
    """How sure it is that two records are one person's."""

    SURE = "sure"
    UNSURE = "unsure"
    OTHER = "other"


class Agreement(NamedTuple):
    """One field: how it agrees, and what that weighs in bits."""

    field: str
    level: str
    bits: float


_OTHER_GIVEN = frozenset(
    {NameLevel.LOOSE, NameLevel.OTHER_ENDING, NameLevel.OTHER_SECOND, NameLevel.DIFFERENT}
)
_SURE_GIVEN = frozenset({NameLevel.SAME, NameLevel.SPELLING, NameLevel.SHORT_FORM, NameLevel.PART})
_SURE_FAMILY = frozenset(
    {NameLevel.SAME, NameLevel.SPELLING, NameLevel.SHORT_FORM, NameLevel.PART, NameLevel.TYPO}
)
_ONE_PERSONS = frozenset({("LinkedIn profile", "same"), ("e-mail", "same")})
_OF_ONE_EMPLOYER = _ONE_PERSONS | {
    ("Apollo person id", "same"),
    ("CRM id", "same"),
    ("phone", "same"),
    ("phone", "same_mobile"),
    ("company", "same"),
}
_ROLE = ("e-mail", "same_role")
#: What is never merged unasked, whatever else agrees.
_CAUTIONS = MappingProxyType(
    {
        ("company", "different"): "the employer differs",
        ("e-mail", "numbered"): "the addresses differ by a number, as namesakes' do",
        ("e-mail", "same_role"): "several people read that mailbox",
        ("generation", "contradicts"): "a senior and a junior",
        ("generation", "one"): "a senior or junior",
        ("gender of the title", "contradicts"): "a man's and a woman's title",
    }
)


class Evidence:
    """Two people compared."""

    def __init__(self, a: Fingerprint, b: Fingerprint) -> None:
        mine, other = read_profile(a), read_profile(b)
        self._names = compare_full_names(mine, other)
        self._domains = (mine.domain, other.domain)
        self.agreements = tuple(_agreements(mine, other, self._names))
        self.bits = PRIOR + sum(one.bits for one in self.agreements)

    @cached_property
    def caution(self) -> str:
        """Why a person is asked even where the bits suffice; '' for no reason."""
        levels = {(one.field, one.level) for one in self.agreements}
        for found, why in _CAUTIONS.items():
            if found in levels and not (found == _ROLE and self._is_one_name):
                return why
        if levels & _ONE_PERSONS and self._names.given not in _OTHER_GIVEN:
            return ""
        if ("Apollo person id", "same") in levels:
            return ""
        if self._names.given in _SURE_GIVEN and self._names.family in _SURE_FAMILY:
            return ""
        return "the names do not agree well enough"

    @property
    def _is_one_name(self) -> bool:
        return self._names == (NameLevel.SAME, NameLevel.SAME, False)

    def judge(self, limits: Matching) -> MatchConfidence:
        """What the rules' thresholds make of it."""
        if self.bits < limits.ask:
            return MatchConfidence.OTHER
        if self.bits < limits.merge or self.caution:
            return MatchConfidence.UNSURE
        return MatchConfidence.SURE

    @property
    def is_of_one_employer(self) -> bool:
        """Whether the two are surely of one employer, or one person wherever that works: they share
        the domain's stem, the company's whole name, or what names a person. Records that only share
        a word of their companies' names may be strangers."""
        levels = {(one.field, one.level) for one in self.agreements}
        stem = domain_stem(self._domains[0])
        one_stem = bool(stem) and stem == domain_stem(self._domains[1])
        return one_stem or not levels.isdisjoint(_OF_ONE_EMPLOYER)

    def explain(self, limits: Matching) -> str:
        """The sum in one line."""
        said = f"{self.bits:+g} bits (merged from {limits.merge:+g}, asked from {limits.ask:+g})"
        if self.caution and self.bits >= limits.merge:
            said += f"; {self.caution}"
        return said


def _agreements(a: Profile, b: Profile, names: FullNameLevel) -> Iterator[Agreement]:
    """The fields of which both sides are known."""
    other = names.given in _OTHER_GIVEN or names.family is NameLevel.DIFFERENT
    company = compare_companies((a.company, a.domain), (b.company, b.domain))
    levels = (
        ("given name", names.given),
        ("family name", names.family),
        ("generation", fields.compare_generations(a, b)),
        ("e-mail", _of_other_name(fields.compare_emails(a, b), other=other)),
        ("LinkedIn profile", fields.compare_ids(a.linkedin, b.linkedin)),
        ("Apollo person id", fields.compare_ids(a.person_id, b.person_id)),
        ("CRM id", fields.compare_ids(a.crm_id, b.crm_id)),
        ("phone", _of_other_name(fields.compare_phones(a, b), other=other)),
        ("title", _of_other_name(fields.compare_titles(a, b), other=other)),
        ("gender of the title", fields.compare_genders(a, b)),
        ("company", company if company is not CompanyLevel.UNKNOWN else ""),
        ("place", fields.compare_places(a, b)),
    )
    for field, level in levels:
        if level:
            yield Agreement(field, str(level), WEIGHTS[field].get(level, 0.0))


def _of_other_name(level: str, *, other: bool) -> str:
    """An address, a phone or a title that people of other names share says little."""
    return "same_other_name" if other and level == "same" else level

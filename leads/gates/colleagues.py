"""Whom a lead is compared with at its company, and what is remembered of it there.

A lead stops at each of its company's brands (leads/matching/brands.py), in an order that all leads
share. So a record without the domain, with a sister company's or with one from before a change of
names meets those that have it, and of two at once the later one sees the earlier.
"""

from typing import NamedTuple

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, OutputRecord, TableWrite
from leads.gates.common import (
    GOES_ON,
    answered,
    forward,
    link_output,
    move_to_person,
    overruled,
    review,
)
from leads.keys import derive
from leads.matching.blocking import LARGEST_BLOCK
from leads.matching.brands import brand_stops, domain_stem
from leads.matching.evidence import MatchConfidence
from leads.matching.fingerprint import fingerprint
from leads.matching.kept_apart import are_apart, keep_apart
from leads.matching.search import find_match
from leads.records import Fingerprint, IdentityLink, Lead, Place, Reason, Record
from leads.rules import Rules
from leads.table_rows import BlockRow, BrandRow, CompanyRow

VARIANT = "company.variant"


class CompanyState(Record, frozen=True, kw_only=True):
    """The company's row and its brand's, and the people there who are named alike."""

    company: CompanyRow | None = None
    brand: BrandRow | None = None
    synced: bool = True
    # the people of each block that the lead's person is in, and what is remembered of them
    blocks: dict[str, tuple[str, ...]] = {}
    colleagues: tuple[Fingerprint, ...] = ()

    @property
    def row(self) -> CompanyRow:
        """The company's row, a blank one if there is none yet."""
        return self.company or CompanyRow(name="")

    @property
    def domains(self) -> dict[str, str]:
        """The brand's known domains, with their companies' names."""
        if self.brand is None:
            return {}
        return self.brand.domains


def brand_of(lead: Lead) -> str:
    """The brand at which a lead is compared now, '' for none."""
    return lead.brand_word or domain_stem(lead.company.domain)


def to_company(lead: Lead, stage: str) -> OutputRecord:
    """The output that brings a lead to the first brand of its company."""
    fresh = replace(lead, claim_key="", brand_word="", compared=False)
    return _to_brand(fresh, stage, "unique", _next_brand(fresh))


def compare_by_name(lead: Lead, seen: CompanyState, stage: str, rules: Rules) -> Decision:
    """Compare a lead with those who have its brand, before its company is looked at. A known
    person's goes to that person, and a person is asked about one who is much alike."""
    found = judge_alike(lead, seen, rules)
    if found.person_key:
        return move_to_person(answered(lead, "variant"), found.person_key, stage, found.trace)
    if found.asks:
        return review(found.lead, "variant", found.trace, found.lead.asked_about)
    return _go_on(found.lead, seen, stage, found.trace)


class Alike(NamedTuple):
    """Who a lead is, of those who are named alike: the person by key, '' for nobody known; or a
    question. The lead keeps in mind whom a person has said that it is not."""

    lead: Lead
    trace: tuple[Reason, ...]
    person_key: str = ""
    asks: bool = False


def judge_alike(lead: Lead, seen: CompanyState, rules: Rules) -> Alike:
    """Compare a lead with those who have its brand. An answer counts for the one that it was asked
    about: there may be another."""
    alike = others(seen, lead)
    if "variant" in lead.review_decisions and lead.asked_about:
        alike = [one for one in alike if one.lead_id == lead.asked_about] or alike
    match = find_match(fingerprint(lead), alike, rules.matching, VARIANT)
    if match.twin is None:
        return Alike(lead, match.reasons)
    answer = answer_about(lead, match.twin.lead_id)
    if answer in GOES_ON:
        why = overruled(lead, "variant", match.reasons[:1])
        apart = answered(keep_apart(lead, (match.twin.lead_id,)), "variant")
        rest = judge_alike(apart, seen, rules)
        return rest._replace(trace=(*match.reasons, why, *rest.trace))
    if match.confidence is MatchConfidence.SURE or answer == "merge":
        return Alike(lead, match.reasons, person_key=match.twin.person_key)
    asked = replace(answered(lead, "variant"), asked_about=match.twin.lead_id)
    return Alike(asked, match.reasons, asks=True)


def answer_about(lead: Lead, other: str) -> str:
    """A person's answer whether a lead and lead `other` are one person, '' for none: it may have
    been about a third."""
    if lead.asked_about not in {"", other}:
        return ""
    return lead.review_decisions.get("variant", "")


def _go_on(lead: Lead, seen: CompanyState, stage: str, trace: tuple[Reason, ...]) -> Decision:
    """To its next brand, and at last to its company: `matched` says that it was compared, and no
    event of its own, unless a person has answered."""
    brand, puts = _next_brand(lead), remember(seen, lead)
    passed = _remembered(lead)
    if not (brand or lead.company.domain):
        last = replace(passed, brand_word="")
        to = forward(last, stage, "matched", topics.MATCHED, lead.person_key)
        return Decision(
            kind="matched", place=Place.IN_FLIGHT, trace=trace, lead=last, outputs=(to,), puts=puts
        )
    return Decision(
        kind="compared",
        place=Place.IN_FLIGHT,
        trace=trace,
        lead=passed,
        outputs=(_to_brand(passed, stage, "compared", brand),),
        puts=puts,
        silent=not any(reason.rule.startswith("review_decision.") for reason in trace),
    )


def _next_brand(lead: Lead) -> str:
    """The next brand at which a lead is compared before its company is looked at, '' for none."""
    stops = _stops_before_company(lead)
    if not lead.brand_word:
        return next(iter(stops), "")
    if lead.brand_word not in stops:
        return ""  # of an earlier release, which read names otherwise
    return next(iter(stops[stops.index(lead.brand_word) + 1 :]), "")


def _to_brand(lead: Lead, stage: str, kind: str, brand: str) -> OutputRecord:
    """To a brand, or where its company is looked at: leads of sister companies meet in one
    partition. A lead that names no company passes in its person's."""
    stem, stops = domain_stem(lead.company.domain), _stops_before_company(lead)
    compared = not brand and lead.brand_word in stops and stem in stops
    there = replace(lead, brand_word=brand, compared=compared)
    return forward(there, stage, kind, topics.UNIQUE, brand or stem or lead.person_key)


def _stops_before_company(lead: Lead) -> tuple[str, ...]:
    """The brands at which a lead is compared before its company is looked at: all, unless the
    domain's comes last, which is compared there."""
    stops = brand_stops(lead.company.name, lead.company.domain)
    if stops and stops[-1] == domain_stem(lead.company.domain):
        return stops[:-1]
    return stops


def others(seen: CompanyState, lead: Lead) -> list[Fingerprint]:
    """The people of the brand who are named alike, without the lead's own person."""
    known = (*seen.colleagues, *seen.row.people)
    return [
        person
        for person in known
        if person.person_key != lead.person_key
        and person.lead_id != lead.lead_id
        and not are_apart(lead, person)
    ]


def _remembered(lead: Lead) -> Lead:
    """The lead with where it is remembered, so that it can be forgotten there if it is merged."""
    row = f"{brand_of(lead)}/{lead.person_key}"
    if row in lead.remembered:
        return lead
    return replace(lead, remembered=(*lead.remembered, row))


def forget(lead: Lead) -> tuple[OutputRecord, ...]:
    """The outputs by which a merged lead is forgotten at its brands: its key leads to the other
    lead's person, whom it must not draw there."""
    outputs = []
    for row in lead.remembered:
        brand, _, person = row.rpartition("/")
        link = IdentityLink(
            link_id=derive("forget", lead.lead_id, lead.step, row),
            address_key=brand,
            person_key="",
            forgotten=person,
        )
        outputs.append(link_output(link))
    return tuple(outputs)


def forgotten(link: IdentityLink) -> Decision:
    """A brand forgets a person; other links are identity's."""
    puts: tuple[TableWrite, ...] = ()
    if link.forgotten:
        row = f"{link.address_key}/{link.forgotten}"
        puts = (TableWrite(table="colleagues", key=row, value=None),)
    return Decision(kind="forgotten", place=Place.NOWHERE, puts=puts)


def with_rows(lead: Lead, seen: CompanyState) -> tuple[Lead, tuple[TableWrite, ...]]:
    """The lead, and the rows by which it is remembered where its company is looked at; none if it
    was compared at that brand before."""
    if lead.compared:
        return lead, ()
    return _remembered(lead), remember(seen, lead)


def remember(seen: CompanyState, lead: Lead) -> tuple[TableWrite, ...]:
    """The rows by which a later record of the same person is recognised."""
    brand, person = brand_of(lead), lead.person_key
    mine = TableWrite(table="colleagues", key=f"{brand}/{person}", value=fingerprint(lead))
    blocks = [
        TableWrite(
            table="name_blocks",
            key=f"{brand}/{block}",
            value=BlockRow(people=(*people, person)[-LARGEST_BLOCK:]),
        )
        for block, people in seen.blocks.items()
        if person not in people
    ]
    return (mine, *blocks)

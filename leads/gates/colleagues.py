"""Whom a lead is compared with at its company, and what is remembered of it there.

A lead stops at each of its company's brands (leads/matching/brands.py): last at that of the domain,
before it at those in the company's name. So a record without the domain, with a sister company's or
with one from before a change of names meets those that have it.
"""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, OutputRecord, TableWrite
from leads.gates.common import (
    GOES_ON,
    answered,
    forward,
    move_to_person,
    overruled,
    review,
)
from leads.matching.blocking import LARGEST_BLOCK
from leads.matching.brands import brand_stops, domain_stem
from leads.matching.evidence import MatchConfidence
from leads.matching.fingerprint import fingerprint
from leads.matching.kept_apart import are_apart, keep_apart
from leads.matching.search import find_match
from leads.records import Fingerprint, Lead, Place, Reason, Record
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
    return _to_brand(replace(lead, claim_key=""), stage, "unique", _next_brand(lead))


def compare_by_name(lead: Lead, seen: CompanyState, stage: str, rules: Rules) -> Decision:
    """Compare a lead with those whose company's name has the same brand. It goes on to its domain,
    if it has one; a known person's goes to that person, and a person is asked about one who is much
    alike."""
    match = find_match(fingerprint(lead), others(seen, lead), rules.matching, VARIANT)
    answer = lead.review_decisions.get("variant", "")
    if match.twin is None:
        return _go_on(lead, seen, stage, match.reasons)
    if match.confidence is MatchConfidence.SURE or answer == "merge":
        person = match.twin.person_key
        return move_to_person(answered(lead, "variant"), person, stage, match.reasons)
    if answer not in GOES_ON:
        return review(lead, "variant", match.reasons)
    why = overruled(lead, "variant", match.reasons[:1])
    apart = keep_apart(lead, (match.twin.lead_id,))
    return _go_on(apart, seen, stage, (*match.reasons, why))


def _go_on(lead: Lead, seen: CompanyState, stage: str, trace: tuple[Reason, ...]) -> Decision:
    """To its domain, where `matched` says the rest: that it was compared here is no event, unless a
    person has answered."""
    passed, brand, puts = answered(lead, "variant"), _next_brand(lead), remember(seen, lead)
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
        silent="variant" not in lead.review_decisions,
    )


def _next_brand(lead: Lead) -> str:
    """The next brand out of the company's name, '' where only the domain's is left."""
    stops = brand_stops(lead.company.name, lead.company.domain)
    if lead.company.domain:
        stops = stops[:-1]
    if not lead.brand_word:
        return next(iter(stops), "")
    if lead.brand_word not in stops:
        return ""  # of an earlier release, which read names otherwise
    return next(iter(stops[stops.index(lead.brand_word) + 1 :]), "")


def _to_brand(lead: Lead, stage: str, kind: str, brand: str) -> OutputRecord:
    """To a brand out of the company's name, or to the domain's: leads of sister companies meet in
    one partition. A lead that names no company passes in its person's."""
    key = brand or domain_stem(lead.company.domain) or lead.person_key
    return forward(replace(lead, brand_word=brand), stage, kind, topics.UNIQUE, key)


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

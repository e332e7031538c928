"""The company of a lead.

Recognises a person's other addresses, asks about possible subsidiaries, completes firmographics.
"""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, TableWrite
from leads.effect_results import CompanyRead, EffectResult, value_of
from leads.effects import AwaitSnapshot, EnrichCompany
from leads.gates.common import (
    forward,
    free_claim,
    link_output,
    overruled,
    review,
    terminal_decision,
)
from leads.keys import derive
from leads.match import Fingerprint, MatchConfidence, compare, domain_stem, fingerprint, related
from leads.normalise import normalise_country
from leads.numbers import parse_count
from leads.records import Company, CrmRecord, IdentityLink, Lead, Place, Reason, Record
from leads.rules import Rules
from leads.table_rows import BrandRow, CompanyRow

_DAY = 86_400.0
#: Answers after which a lead goes on as one of its own.
_GOES_ON = frozenset({"approve", "separate", "route"})


class CompanyState(Record, frozen=True, kw_only=True):
    """The company's row and its brand's."""

    company: CompanyRow | None = None
    brand: BrandRow | None = None
    synced: bool = True

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


class Companies:
    """Decides how a lead's person stands to its company."""

    name = "company"

    def decide(
        self,
        record: Lead | CrmRecord,
        seen: CompanyState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """A matched lead to `matched`, a merged variant, or a question to a person."""
        if isinstance(record, CrmRecord):
            return self._note_crm_record(record, seen)
        if (end := terminal_decision(record, None, now)) is not None:
            return end
        if not record.company.domain:
            why = Reason(
                rule="company.domain",
                decisive=False,
                why="no company domain is known, so there is nothing to compare with",
            )
            return self._pass(record, (why,), ())
        if not seen.synced and "sync" not in done:
            return NeedsEffects(effects={"sync": AwaitSnapshot()})
        question = self._subsidiary(record, seen, rules)
        trace: tuple[Reason, ...] = (question,)
        if question.decisive:
            if record.review_decisions.get("subsidiary") not in _GOES_ON:
                return review(record, "subsidiary", trace)
            trace = (question, overruled(record, "subsidiary", trace))
        likeness, twin, why = self._variant(record, seen, rules)
        if likeness is MatchConfidence.SURE and twin:
            return self._merge(record, twin, (*trace, why))
        if likeness is MatchConfidence.UNSURE and twin:
            return self._unsure(record, twin, seen, rules, now, done, (*trace, why))
        return self._complete(record, seen, done, rules, now, (*trace, why))

    def _unsure(
        self,
        lead: Lead,
        twin: Fingerprint,
        seen: CompanyState,
        rules: Rules,
        now: float,
        done: dict[str, EffectResult],
        trace: tuple[Reason, ...],
    ) -> Decision | NeedsEffects:
        ruled = lead.review_decisions.get("variant", "")
        if ruled == "merge":
            return self._merge(lead, twin, trace)
        if ruled in _GOES_ON:
            return self._complete(
                lead, seen, done, rules, now, (*trace, overruled(lead, "variant", trace[-1:]))
            )
        return review(lead, "variant", trace)

    def _subsidiary(self, lead: Lead, seen: CompanyState, rules: Rules) -> Reason:
        settled = seen.row.separate
        domain, parent = lead.company.domain, _parent(seen.row, lead)
        if parent and parent.casefold() not in settled:
            who = "source" if lead.company.parent else "CRM"
            return Reason(
                rule="company.subsidiary",
                decisive=True,
                why=f"the {who} calls it a subsidiary of {parent}",
            )
        if domain not in seen.domains:
            for other, name in seen.domains.items():
                if other not in settled and related(lead.company.name, name, rules.matching):
                    return Reason(
                        rule="company.subsidiary",
                        decisive=True,
                        why=f"{lead.company.name} is named like {name} ({other})",
                    )
        return Reason(rule="company.subsidiary", decisive=False, why="no related company is known")

    def _variant(
        self, lead: Lead, seen: CompanyState, rules: Rules
    ) -> tuple[MatchConfidence, Fingerprint | None, Reason]:
        mine = fingerprint(lead.lead_id, lead.person_key, lead.person)
        likeness, twin, why = MatchConfidence.OTHER, None, "nobody alike is known there"
        for other in _others(seen.row, lead):
            found, alike = compare(mine, other, rules.matching)
            if found is not MatchConfidence.OTHER:
                likeness, twin, why = found, other, alike
            if found is MatchConfidence.SURE:
                break
        return likeness, twin, Reason(rule="company.variant", decisive=twin is not None, why=why)

    def _merge(self, lead: Lead, twin: Fingerprint, trace: tuple[Reason, ...]) -> Decision:
        link = IdentityLink(
            link_id=derive("link", lead.lead_id, lead.step, twin.person_key),
            address_key=lead.person_key,
            person_key=twin.person_key,
        )
        return Decision(
            kind="merged",
            place=Place.MERGED,
            trace=trace,
            lead=lead,
            outputs=(free_claim(lead, "ended"), link_output(link)),
            outcome={"into": twin.lead_id},
        )

    def _complete(
        self,
        lead: Lead,
        seen: CompanyState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
        trace: tuple[Reason, ...],
    ) -> Decision | NeedsEffects:
        """Fill the company's blanks from what is known, or from Apollo once a domain and
        `enrich_days`."""
        before = seen.row
        facts = before.facts
        if before.facts_at <= now - rules.capture.enrich_days * _DAY:
            facts = None
        known = facts or Company()
        blank = not (lead.company.industry or known.industry) or not (
            lead.company.employees or known.employees
        )
        if blank and facts is None and rules.capture.enrich and "enrich" not in done:
            enrich = EnrichCompany(
                domain=lead.company.domain, daily_cap=rules.capture.enrich_daily_cap
            )
            return NeedsEffects(effects={"enrich": enrich})
        answer = done.get("enrich")
        if answer is not None and answer.ok:
            known = facts_of(answer)
            before = replace(before, facts=known, facts_at=now)
        lead = replace(lead, company=_fill(lead.company, known))
        row = replace(
            before,
            name=lead.company.name or before.name,
            people=_remember(before, lead),
            separate=_separate(before, lead),
        )
        puts = (
            TableWrite(table="companies", key=lead.company.domain, value=row),
            _brand_write(seen, lead.company.domain, row.name),
        )
        return self._pass(lead, trace, puts)

    def _pass(
        self, lead: Lead, trace: tuple[Reason, ...], puts: tuple[TableWrite, ...]
    ) -> Decision:
        to = forward(lead, self.name, "matched", topics.MATCHED, lead.person_key)
        return Decision(
            kind="matched", place=Place.IN_FLIGHT, trace=trace, lead=lead, outputs=(to,), puts=puts
        )

    def _note_crm_record(self, record: CrmRecord, seen: CompanyState) -> Decision:
        if record.kind == "complete":
            value = CompanyRow(name="complete")
            return Decision(
                kind="synced",
                place=Place.NOWHERE,
                puts=(TableWrite(table="companies", key="", value=value),),
            )
        if record.kind != "company":
            return Decision(kind="known", place=Place.NOWHERE)
        puts = [_brand_write(seen, record.key, record.name)]
        if record.parent != seen.row.parent:
            held = replace(seen.company or CompanyRow(name=record.name), parent=record.parent)
            puts.append(TableWrite(table="companies", key=record.key, value=held))
        return Decision(kind="known", place=Place.NOWHERE, puts=tuple(puts))


def facts_of(answer: EffectResult) -> Company:
    """Firmographics out of an enrichment's result."""
    found = value_of(answer, CompanyRead)
    if found is None:
        return Company()
    return Company(
        name=found.name,
        domain=found.domain,
        industry=found.industry,
        employees=parse_count(found.employees) or 0,
        country=normalise_country(found.country),
        state=found.state,
    )


def _fill(company: Company, known: Company) -> Company:
    return replace(
        company,
        name=company.name or known.name,
        industry=company.industry or known.industry,
        employees=company.employees or known.employees,
        country=known.country or company.country,
        state=known.state or company.state,
    )


def _brand_write(seen: CompanyState, domain: str, name: str) -> TableWrite:
    """The change of the brand's row that adds a company."""
    brand = BrandRow(domains={**seen.domains, domain: name})
    return TableWrite(table="brands", key=domain_stem(domain), value=brand)


def _others(row: CompanyRow, lead: Lead) -> list[Fingerprint]:
    """The known people of a company without the lead's own person."""
    return [person for person in row.people if person.person_key != lead.person_key]


def _remember(row: CompanyRow, lead: Lead) -> tuple[Fingerprint, ...]:
    return (*_others(row, lead), fingerprint(lead.lead_id, lead.person_key, lead.person))


def _separate(row: CompanyRow, lead: Lead) -> tuple[str, ...]:
    """A person's word that companies are unrelated is remembered; whose one lead is says nothing
    about others."""
    before, parent = row.separate, _parent(row, lead)
    if lead.review_decisions.get("subsidiary") not in {"approve", "separate"} or not parent:
        return before
    return tuple(dict.fromkeys((*before, parent.casefold())))


def _parent(row: CompanyRow, lead: Lead) -> str:
    """Whose subsidiary it is, by the lead's own source, else by the CRM; '' if nobody says so."""
    return lead.company.parent or row.parent

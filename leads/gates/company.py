"""The company of a lead.

Recognises a person's other addresses, asks about possible subsidiaries, completes firmographics.
"""

from msgspec.structs import replace

from leads import topics
from leads.countries import country_code
from leads.decision import Decision, NeedsEffects, TableWrite
from leads.effect_results import CompanyRead, EffectResult, value_of
from leads.effects import AwaitSnapshot, EnrichCompany
from leads.gates.colleagues import (
    CompanyState,
    compare_by_name,
    forgotten,
    judge_alike,
    with_rows,
)
from leads.gates.common import (
    GOES_ON,
    answered,
    forward,
    move_to_person,
    overruled,
    review,
    terminal_decision,
)
from leads.matching.brands import domain_stem, related
from leads.numbers import parse_count
from leads.records import Company, CrmRecord, IdentityLink, Lead, Place, Reason
from leads.rules import Rules
from leads.table_rows import BrandRow, CompanyRow

_DAY = 86_400.0


class Companies:
    """Decides how a lead's person stands to its company."""

    name = "company"
    logic = 4

    def decide(
        self,
        record: Lead | CrmRecord | IdentityLink,
        seen: CompanyState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """A matched lead to `matched`, a merged variant, or a question to a person."""
        if isinstance(record, CrmRecord):
            return self._note_crm_record(record, seen)
        if isinstance(record, IdentityLink):
            return forgotten(record)
        return self._decide(record, seen, done, rules, now)

    def _decide(
        self,
        lead: Lead,
        seen: CompanyState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        if (end := terminal_decision(lead, None, now)) is not None:
            return end
        if lead.brand_word:
            return compare_by_name(lead, seen, self.name, rules)
        if not lead.company.domain:
            why = Reason(
                rule="company.domain",
                decisive=False,
                why="no company is known, so there is nothing to compare with",
            )
            return self._pass(lead, (why,), ())
        if not seen.synced and "sync" not in done:
            return NeedsEffects(effects={"sync": AwaitSnapshot()})
        question = self._subsidiary(lead, seen, rules)
        trace: tuple[Reason, ...] = (question,)
        if question.decisive:
            if lead.review_decisions.get("subsidiary") not in GOES_ON:
                return review(lead, "subsidiary", trace)
            trace = (question, overruled(lead, "subsidiary", trace))
        # what is left are people whom an earlier release has in the company's row
        people = replace(seen, colleagues=()) if lead.compared else seen
        found = judge_alike(lead, people, rules)
        trace = (*trace, *found.trace)
        if found.person_key:
            known = answered(found.lead, "variant")
            return move_to_person(known, found.person_key, self.name, trace)
        if found.asks:
            return review(found.lead, "variant", trace, found.lead.asked_about)
        return self._complete(found.lead, seen, done, rules, now, trace)

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
            people=tuple(one for one in before.people if one.person_key != lead.person_key),
            separate=_separate(before, lead),
        )
        lead, rows = with_rows(lead, seen)
        puts = (
            TableWrite(table="companies", key=lead.company.domain, value=row),
            _brand_write(seen, lead.company.domain, row.name),
            *rows,
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
        country=country_code(found.country),
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

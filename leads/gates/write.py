"""The CRM has exactly one contact for the person, with our fields on it, linked to its
company."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from leads import topics
from leads.countries import is_country
from leads.decision import Decision, NeedsEffects, TableWrite
from leads.effect_results import ContactWritten, EffectResult, value_of
from leads.effects import UpsertContact
from leads.gates.common import (
    answered,
    automation_alert,
    forward,
    free_address,
    link_output,
    overruled,
    review,
    terminal_decision,
    to_fallback,
)
from leads.gates.merged_values import decide_values
from leads.gates.person_values import (
    WriteState,
    as_it_goes_on,
    come_again,
    is_about_values,
    noted,
    survivors_for,
)
from leads.keys import derive
from leads.matching.kept_apart import is_kept_apart
from leads.records import Alert, CrmLink, IdentityLink, Lead, PersonValues, Place, Reason
from leads.rule_models import CountryBasis
from leads.rules import Rules
from leads.survivorship import with_values
from leads.table_rows import ContactRow


class Write:
    """Decides what becomes of a lead by what the CRM says to it."""

    name = "write"
    logic = 2

    def decide(
        self,
        record: Lead,
        seen: WriteState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """A written lead to `written`; back to identity if the CRM knows it as somebody; else
        fallback or review. Of a merged record, what is better goes to the contact."""
        if is_about_values(record):
            return decide_values(record, seen, done, rules, now)
        if (end := terminal_decision(record, seen.suppression, now)) is not None:
            return end
        if record.review_decisions.get("deleted") == "approve":
            return self._make_again(record)
        answer = done.get("upsert")
        if answer is None:
            basis = basis_of(record, rules)
            if basis is not None and basis.basis == "none":
                return _without_basis(record, rules)
            return NeedsEffects(effects={"upsert": self._upsert(record, seen.known, basis, rules)})
        if answer.kind == "deleted":
            why = Reason(
                rule="crm.deleted",
                decisive=True,
                why=(
                    f"contact {record.crm.contact_id} was deleted in the CRM; it is not"
                    " created again unless somebody approves it"
                ),
            )
            return review(record, "deleted", (why,))
        if not answer.ok:
            return to_fallback(record, self.name, answer, rules, now)
        return self._written(record, seen.known, answer, rules, now)

    def _upsert(
        self, lead: Lead, known: PersonValues | None, basis: CountryBasis | None, rules: Rules
    ) -> UpsertContact:
        """The lead's write, with what merged records have brought already."""
        plain = UpsertContact(
            basis=basis.basis if basis is not None else "",
            source=basis.source if basis is not None else "",
            overwrite=_overwritten(rules, "contact"),
            company_overwrite=_overwritten(rules, "company"),
        )
        if known is None:
            return plain
        written = with_values(lead, survivors_for(lead, known, rules).values)
        return replace(plain, ours=known.ours, ours_on=known.contact_id, lead=written)

    def _written(
        self,
        lead: Lead,
        known: PersonValues | None,
        answer: EffectResult,
        rules: Rules,
        now: float,
    ) -> Decision:
        found = value_of(answer, ContactWritten)
        assert found is not None
        if found.person_key and found.person_key != lead.person_key:
            if _is_one_contact_for_two(lead, found.person_key):
                return review(lead, "shared_address", (_kept_apart(found.contact_id),))
            return self._send_back(lead, found.person_key, found.contact_id, known)
        crm = CrmLink(
            contact_id=found.contact_id,
            company_id=found.company_id,
            owner_id=found.owner_id,
            lifecycle=found.lifecycle,
            existed=found.existed,
            open_deal=found.open_deal,
        )
        lead = replace(lead, crm=crm)
        did = "was already there: blanks filled" if crm.existed else "made"
        why = Reason(rule="crm.write", decisive=True, why=f"contact {crm.contact_id} {did}")
        would = answer.kind == "would"
        values, again = noted(lead, known, "" if would else crm.contact_id, answer, rules)
        puts = [TableWrite(table="person_values", key=lead.person_key, value=values)]
        # a shadow run's contact is in no CRM: nobody must look for it later
        if not would:
            row = ContactRow(crm_id=crm.contact_id)
            puts.append(TableWrite(table="contacts", key=lead.person_key, value=row))
        goes_on = as_it_goes_on(lead, known, rules)
        better = survivors_for(lead, known, rules).reasons() if known is not None else ()
        decision = Decision(
            kind="written",
            place=Place.IN_FLIGHT,
            trace=(why, *better),
            lead=lead,
            outputs=(
                forward(goes_on, self.name, "written", topics.WRITTEN, lead.person_key),
                *again,
            ),
            puts=tuple(puts),
            outcome=_outcome(crm, found, would=would),
        )
        if lead.source_crm_id and crm.existed and found.unknown:
            return replace(decision, alerts=(_apollo_sync_alert(lead, rules, now),))
        return decision

    def _make_again(self, lead: Lead) -> Decision:
        """A person wants the deleted contact made again: written once more, as one that the CRM
        doesn't know."""
        gone = Reason(
            rule="crm.deleted",
            decisive=True,
            why=f"contact {lead.crm.contact_id} was deleted in the CRM",
        )
        why = overruled(lead, "deleted", (gone,))
        fresh = replace(answered(lead, "deleted"), crm=CrmLink())
        to = forward(fresh, self.name, "recreated", topics.MATCHED, lead.person_key)
        return Decision(
            kind="recreated", place=Place.IN_FLIGHT, trace=(why,), lead=fresh, outputs=(to,)
        )

    def _send_back(
        self, lead: Lead, person_key: str, contact_id: str, known: PersonValues | None
    ) -> Decision:
        """The CRM knows the contact under another main address: identity decides again
        (docs/design/interleavings.md 6).

        Nothing was written, unless that main address is one of the lead's further ones: then the
        contact has had its blanks filled, and has our properties.
        """
        why = Reason(
            rule="crm.identity",
            decisive=True,
            why=f"the CRM holds this address on contact {contact_id} under another main address",
        )
        link = IdentityLink(
            link_id=derive("crm", lead.lead_id, lead.step, person_key),
            address_key=lead.person_key,
            person_key=person_key,
            crm_id=contact_id,
            from_lead=lead.lead_id,
        )
        moved = replace(lead, person_key=person_key)
        outputs = (
            *free_address(lead, "ended"),
            link_output(link),
            forward(moved, self.name, "rekeyed", topics.VALIDATED, person_key),
            *come_again(known.waiting if known else (), person_key),
        )
        return Decision(
            kind="rekeyed",
            place=Place.IN_FLIGHT,
            trace=(why,),
            lead=lead,
            outputs=outputs,
            puts=_without_waiting(lead, known),
        )


def basis_of(lead: Lead, rules: Rules) -> CountryBasis | None:
    """The basis on which a lead's person is processed, and the source of its data; None for rules
    that say nothing of it."""
    if rules.lawful_basis is None:
        return None
    basis = rules.lawful_basis.of(_country(lead))
    if basis.source:
        return basis
    return CountryBasis(basis=basis.basis, source=lead.source)


def _country(lead: Lead) -> str:
    """The person's country, else the company's; '' for one that isn't known by its code."""
    countries = filter(is_country, (lead.person.country, lead.company.country))
    return next(countries, "")


def _without_basis(lead: Lead, rules: Rules) -> Decision:
    """A person whom the rules give no basis to process: nothing goes to the CRM."""
    assert rules.lawful_basis is not None
    country = _country(lead) or "people of no known country"
    why = Reason(
        rule="lawful_basis",
        decisive=True,
        why=f"the rules name no lawful basis for {country}: nothing is written to the CRM",
    )
    if rules.lawful_basis.without == "review":
        return review(lead, "no_lawful_basis", (why,))
    return Decision(kind="ended_without_basis", place=Place.SUPPRESSED, trace=(why,), lead=lead)


def _without_waiting(lead: Lead, known: PersonValues | None) -> tuple[TableWrite, ...]:
    if known is None or not known.waiting:
        return ()
    left = replace(known, waiting=())
    return (TableWrite(table="person_values", key=lead.person_key, value=left),)


def _is_one_contact_for_two(lead: Lead, person_key: str) -> bool:
    """Whether the CRM has the lead's address on the contact of somebody who the lead is not, as a
    person has said, and nobody has answered that they are one after all."""
    answer = lead.review_decisions.get("shared_address")
    return answer != "merge" and is_kept_apart(lead, person_key)


def _kept_apart(contact_id: str) -> Reason:
    return Reason(
        rule="crm.kept_apart",
        decisive=True,
        why=(
            f"the CRM holds its address on contact {contact_id}, whose person it is not, as a"
            " person has said: take the address off that contact, and look again"
        ),
    )


def _outcome(crm: CrmLink, found: ContactWritten, *, would: bool) -> dict[str, Any]:
    outcome: dict[str, Any] = {
        "contact": crm.contact_id,
        "company": crm.company_id,
        "existed": crm.existed,
        "would": would,
    }
    if found.dropped:
        outcome["dropped"] = found.dropped
    return outcome


def _apollo_sync_alert(lead: Lead, rules: Rules, now: float) -> Alert:
    """Once a day: Apollo knows a contact of the CRM that we have not written."""
    said = (
        f"Apollo knows {lead.person.name} as the CRM's {lead.source_crm_id}, which we have not"
        " written: its own sync is on"
    )
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    return automation_alert(lead, said, rules, now, derive("automation", "apollo", day))


def _overwritten(rules: Rules, of: str) -> tuple[str, ...]:
    """The properties of a contact or company that the rules' mapping may replace."""
    return tuple(r.to for r in rules.mapping if r.overwrite and r.object == of)

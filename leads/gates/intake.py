"""Gate 1: map, normalise, validate.

What fails waits for a person with every reason; nothing is dropped.
"""

from msgspec.structs import replace

from leads import topics
from leads.corrections import apply_corrections
from leads.decision import AuditNote, Decision, NeedsEffects, OutputRecord, TableWrite
from leads.effect_results import EffectResult
from leads.gates.common import forward, overruled, review, terminal_decision
from leads.keys import STEPS_A_REVISION, Keys, derive, event_id, lead_id, version
from leads.mapped import Mapped
from leads.mapping import map_captured
from leads.match import domain_stem
from leads.normalise import is_address
from leads.rawvalues import UnusableError
from leads.records import Captured, IdentityLink, Lead, Place, Reason, Record, Sequences, Signal
from leads.rules import Rules
from leads.table_rows import SourceRow
from leads.validate import validate


class IntakeState(Record, frozen=True, kw_only=True):
    """What intake knows of the source record."""

    source: SourceRow | None = None


class Intake:
    """Decides on captured records, and on waiting leads that a person has mended."""

    name = "intake"

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def decide(
        self,
        record: Captured | Lead,
        seen: IntakeState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """A mapped lead to `validated`, a review item, or nothing new."""
        del done, now
        if isinstance(record, Lead):
            lead, dropped = _mend(record, rules)
            return self._judge(
                lead,
                seen,
                rules,
                (AuditNote(kind="not_set", outcome={"dropped": dropped}),) if dropped else (),
                0.0,
            )
        try:
            mapped = map_captured(record, rules)
        except UnusableError as error:
            return self._dead(record, str(error))
        if (
            seen.source is not None
            and mapped.updated_at < seen.source.updated_at
            and mapped.updated_at
            and not record.reimport_id
        ):
            return self._outdated(record, mapped, seen.source)
        revision = version(
            mapped.person,
            mapped.company,
            mapped.seniority,
            mapped.intents and [(i.kind, i.value) for i in mapped.intents],
            *([record.reimport_id] if record.reimport_id else []),
            *(name for name in ("do_not_call", "replied") if getattr(mapped, name)),
        )
        if seen.source is not None and seen.source.version == revision:
            return self._unchanged(record, mapped, seen.source)
        lead = self._lead(record, mapped, revision, seen.source, rules)
        first = seen.source is None
        note = AuditNote(
            kind="captured" if first else "revised",
            place="in_flight",
            outcome={
                "source": record.source,
                "imported": record.imported,
                **({"dropped": mapped.dropped} if mapped.dropped else {}),
            },
        )
        decision = self._judge(lead, seen, rules, (note,), mapped.updated_at)
        return replace(
            decision, outputs=(*self._signals(record, mapped, seen.source), *decision.outputs)
        )

    def _unchanged(self, record: Captured, mapped: Mapped, source: SourceRow) -> Decision:
        """A known revision ends here; only what Apollo says of its sequences may be news."""
        outputs = self._signals(record, mapped, source)
        newest = max(source.updated_at, mapped.updated_at)
        row = replace(
            source,
            updated_at=newest,
            sequence=mapped.sequences.state if record.sequences_read_at else source.sequence,
        )
        puts = (
            (TableWrite(table="sources", key=source.lead_id, value=row),)
            if outputs or newest > source.updated_at
            else ()
        )
        return Decision(kind="unchanged", place=Place.NOWHERE, outputs=outputs, puts=puts)

    def _outdated(self, record: Captured, mapped: Mapped, source: SourceRow) -> Decision:
        """An older revision that comes after a newer one: only what stops is heeded, since that is
        never taken back."""
        outputs = self._signals(
            record, replace(mapped, replied=False, sequences=Sequences()), source
        )
        return Decision(kind="outdated", place=Place.NOWHERE, outputs=outputs)

    def _signals(
        self, record: Captured, mapped: Mapped, source: SourceRow | None
    ) -> tuple[OutputRecord, ...]:
        """What the record says beside the lead: a sequence that began or ended, an opt-out, a
        bounce."""
        key = (
            source.person_key
            if source and source.person_key
            else self._keys.address(mapped.person.email)
        )
        news = [(kind, "") for kind in mapped.stops]
        # of a new lead the lead itself tells
        news += [("reply", "")] if mapped.replied and source is not None else []
        state = mapped.sequences.state
        if source is not None and source.sequence and state not in {"unknown", source.sequence}:
            news.append(("sequence", state))
        signals = [
            Signal(
                signal_id=derive(
                    "signal",
                    record.source,
                    record.source_id,
                    kind,
                    value,
                    record.raw.get("updated_at", ""),
                ),
                kind=kind,
                value=value,
                heard_at=record.captured_at,
                source="apollo",
                address_key=key,
                person_key=key,
            )
            for kind, value in news
            if key
        ]
        return tuple(
            OutputRecord(topic=topics.SIGNALS.full, key=key, record=signal) for signal in signals
        )

    def _lead(
        self,
        record: Captured,
        mapped: Mapped,
        revision: str,
        source: SourceRow | None,
        rules: Rules,
    ) -> Lead:
        ident = lead_id(record.source, record.source_id)
        number = source.revision + 1 if source else 0
        person_key = self._keys.address(mapped.person.email)
        return Lead(
            lead_id=ident,
            source=record.source,
            source_id=record.source_id,
            version=revision,
            step=number * STEPS_A_REVISION,
            # a version that comes back is another fact
            cause=event_id(ident, self.name, f"{number} {revision}", "captured"),
            rules=rules.hash,
            captured_at=record.captured_at,
            person_key=person_key,
            address_key=person_key,
            priority=record.priority,
            imported=record.imported,
            lists=record.lists,
            apollo_id=mapped.apollo_id,
            seniority=mapped.seniority,
            person=mapped.person,
            company=mapped.company,
            intents=mapped.intents,
            sequences=mapped.sequences,
            source_crm_id=mapped.linked,
            do_not_call=mapped.do_not_call,
            replied=mapped.replied,
            review_decisions={"email_status": "verified"} if mapped.vouched else {},
        )

    def _judge(
        self,
        lead: Lead,
        seen: IntakeState,
        rules: Rules,
        notes: tuple[AuditNote, ...],
        updated_at: float,
    ) -> Decision:
        address = self._keys.address(lead.person.email)
        lead = replace(lead, person_key=address, address_key=address)
        reasons = validate(lead, rules)
        row = self._source(lead, seen.source, updated_at)
        puts = (TableWrite(table="sources", key=lead.lead_id, value=row),)
        if (end := terminal_decision(lead, None)) is not None:
            return replace(end, puts=puts, notes=notes)
        if any(reason.decisive for reason in reasons):
            if lead.review_decisions.get("invalid") != "approve" or not is_address(
                lead.person.email
            ):
                return replace(review(lead, "invalid", reasons), puts=puts, notes=notes)
            reasons = (*reasons, overruled(lead, "invalid", reasons))
        moved = _changes_employer(lead, seen.source)
        if moved and lead.review_decisions.get("job_change") not in {"approve", "route"}:
            return replace(review(lead, "job_change", (*reasons, moved)), puts=puts, notes=notes)
        if moved:
            reasons = (*reasons, moved, overruled(lead, "job_change", (moved,)))
        outputs = self._outputs(lead, seen.source)
        puts = (
            TableWrite(
                table="sources",
                key=lead.lead_id,
                value=replace(row, company_domain=lead.company.domain),
            ),
        )
        return Decision(
            kind="validated",
            place=Place.IN_FLIGHT,
            trace=reasons,
            lead=lead,
            outputs=outputs,
            puts=puts,
            notes=notes,
        )

    def _outputs(self, lead: Lead, source: SourceRow | None) -> tuple[OutputRecord, ...]:
        """To identity under the person's first key; a new address becomes an alias of it."""
        known = source.person_key if source is not None and source.person_key else lead.person_key
        addresses = {lead.person_key, *(self._keys.address(e) for e in lead.person.emails)} - {
            known,
            "",
        }
        links = [
            OutputRecord(
                topic=topics.LINKS.full,
                key=a,
                record=IdentityLink(
                    link_id=derive("link", a, known, lead.lead_id, lead.step),
                    address_key=a,
                    person_key=known,
                ),
            )
            for a in sorted(addresses)
        ]
        lead = replace(lead, person_key=known)
        return (*links, forward(lead, self.name, "validated", topics.VALIDATED, known))

    def _source(self, lead: Lead, before: SourceRow | None, updated_at: float) -> SourceRow:
        """The row of a record that did not pass: the employer is the one that passed last, so that
        a further revision of somebody whose change a person has yet to judge is judged like the
        first."""
        passed = before is not None and before.person_key
        return SourceRow(
            lead_id=lead.lead_id,
            version=lead.version,
            revision=lead.step // STEPS_A_REVISION,
            address_key=lead.person_key,
            person_key=before.person_key if passed and before else lead.person_key,
            company_domain=before.company_domain if before else "",
            sequence=lead.sequences.state if lead.sequences.read_at else "",
            updated_at=max(before.updated_at if before else 0.0, updated_at),
        )

    def _dead(self, record: Captured, why: str) -> Decision:
        ident = lead_id(record.source, record.source_id)
        nobody = Lead(
            lead_id=ident,
            source=record.source,
            source_id=record.source_id,
            version="",
            step=0,
            cause=event_id(ident, self.name, why, "captured"),
            rules="",
            captured_at=record.captured_at,
        )
        trace = (Reason(rule="mapping", decisive=True, why=why),)
        letter = OutputRecord(topic=topics.DEAD.full, key=ident, record=record)
        note = AuditNote(kind="captured", place="in_flight", outcome={"source": record.source})
        return Decision(
            kind="dead",
            place=Place.DEAD,
            trace=trace,
            lead=nobody,
            outputs=(letter,),
            notes=(note,),
        )


def _changes_employer(lead: Lead, source: SourceRow | None) -> Reason | None:
    """A known lead whose company's domain is another one than last time: a person decides
    (docs/architecture.md, Design decisions)."""
    if (
        source is None
        or not source.company_domain
        or not lead.company.domain
        or source.company_domain == lead.company.domain
    ):
        return None
    return Reason(
        rule="identity.job_change",
        decisive=True,
        why=f"worked at {source.company_domain}, now at {lead.company.domain}",
    )


def _mend(lead: Lead, rules: Rules) -> tuple[Lead, tuple[str, ...]]:
    """Apply what a person has set; a line for each value that can't be."""
    fields = {
        name.removeprefix("set."): value
        for name, value in lead.review_decisions.items()
        if name.startswith("set.")
    }
    if fields.get("email_status"):
        lead = replace(lead, review_decisions={**lead.review_decisions, "email_status": "verified"})
    person, company, dropped = apply_corrections(lead.person, lead.company, fields, rules)
    seniority = lead.seniority
    if person.title != lead.person.title:
        seniority = rules.seniority_of(person.title) or seniority
    return replace(lead, person=person, company=company, seniority=seniority), dropped


def company_key(lead: Lead) -> str:
    """The key of `unique`: leads of sister companies meet in one partition (see match.brand)."""
    return domain_stem(lead.company.domain) if lead.company.domain else lead.person_key

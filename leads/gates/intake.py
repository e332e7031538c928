"""Map, normalise, validate.

What fails waits for a person with every reason; nothing is dropped.
"""


from msgspec.structs import replace

from leads import topics
from leads.addresses import is_address
from leads.corrections import CORRECTED, apply_corrections, fields_set
from leads.decision import AuditNote, Decision, NeedsEffects, OutputRecord, TableWrite
from leads.effect_results import EffectResult
from leads.gates.common import (
    forward,
    link_output,
    overruled,
    review,
    signal_output,
    terminal_decision,
    unread_lead,
)
from leads.keys import STEPS_A_REVISION, Keys, derive, event_id, lead_id, version
from leads.mapped import Mapped
from leads.mapping import map_captured
from leads.matching.contact_keys import linkedin_profile, phone_digits
from leads.matching.fingerprint import phone_for_matching
from leads.matching.kept_apart import keep_apart, others_of
from leads.rawvalues import UnusableError
from leads.records import Captured, IdentityLink, Lead, Place, Reason, Record, Sequences, Signal
from leads.rules import Rules
from leads.table_rows import SourceRow
from leads.titles.read import Title
from leads.validate import validate


class IntakeState(Record, frozen=True, kw_only=True):
    """What intake knows of the source record."""

    source: SourceRow | None = None


class Intake:
    """Decides on captured records, and on waiting leads that a person has corrected."""

    name = "intake"
    logic = 5

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
        del done
        if isinstance(record, Lead):
            return self._decide_corrected(record, seen, rules, now)
        try:
            mapped = map_captured(record, rules)
        except UnusableError as error:
            return self._dead(record, str(error))
        source = seen.source
        if source is not None and _is_outdated(record, mapped, source):
            return self._outdated(record, mapped, source)
        revision = _revision(record, mapped)
        if source is not None and source.version == revision:
            return self._unchanged(record, mapped, source)
        lead = self._lead(record, mapped, revision, source, rules)
        note = AuditNote(
            kind="captured" if source is None else "revised",
            place="in_flight",
            outcome={"source": record.source, "imported": record.imported},
            details={"dropped": mapped.dropped} if mapped.dropped else {},
        )
        decision = self._judge(lead, seen, rules, (note,), mapped.updated_at)
        signals = self._signals(record, mapped, source)
        return replace(decision, outputs=(*signals, *decision.outputs))

    def _decide_corrected(
        self, waiting: Lead, seen: IntakeState, rules: Rules, now: float
    ) -> Decision:
        """A lead that waited here: ended by a person, or with what a person has set on it."""
        known = replace(waiting, person_key=_person_key(seen.source, waiting.address_key))
        if (end := terminal_decision(known, None, now)) is not None:
            row = self._source(waiting, seen.source, 0.0)
            return replace(end, puts=(TableWrite(table="sources", key=waiting.lead_id, value=row),))
        lead, dropped = _correct(waiting, rules)
        notes: tuple[AuditNote, ...] = ()
        if dropped:
            outcome, details = {"dropped": ()}, {"dropped": dropped}
            notes = (AuditNote(kind="not_set", outcome=outcome, details=details),)
        return self._judge(lead, seen, rules, notes, 0.0)

    def _unchanged(self, record: Captured, mapped: Mapped, source: SourceRow) -> Decision:
        """A known revision ends here; only what Apollo says of its sequences may be news."""
        outputs = self._signals(record, mapped, source)
        newest = max(source.updated_at, mapped.updated_at)
        puts: tuple[TableWrite, ...] = ()
        if outputs or newest > source.updated_at:
            row = replace(source, updated_at=newest)
            if record.sequences_read_at:
                row = replace(row, sequence=mapped.sequences.state)
            puts = (TableWrite(table="sources", key=source.lead_id, value=row),)
        return Decision(kind="unchanged", place=Place.NOWHERE, outputs=outputs, puts=puts)

    def _outdated(self, record: Captured, mapped: Mapped, source: SourceRow) -> Decision:
        """An older revision that comes after a newer one: only its stops count, since they are
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
        news = [(kind, "") for kind in mapped.stops]
        # a new lead carries `replied` itself
        if mapped.replied and source is not None:
            news.append(("reply", ""))
        state = mapped.sequences.state
        if source is not None and source.sequence and state not in {"unknown", source.sequence}:
            news.append(("sequence", state))
        key = _person_key(source, self._keys.address(mapped.person.email))
        if not key:
            return ()
        return tuple(_signal(record, key, kind, value) for kind, value in news)

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
        lead = Lead(
            lead_id=ident,
            source=record.source,
            source_id=record.source_id,
            version=revision,
            step=number * STEPS_A_REVISION,
            # a version that comes back is another fact
            cause=event_id(ident, self.name, f"{number} {revision}", "captured"),
            rules=rules.hash,
            captured_at=record.captured_at,
            updated_at=mapped.updated_at,
            person_key=person_key,
            address_key=person_key,
            priority=record.priority,
            imported=record.imported,
            lists=record.lists,
            apollo_id=mapped.apollo_id,
            apollo_person_id=mapped.apollo_person_id,
            seniority=mapped.seniority,
            function=mapped.function,
            person=mapped.person,
            company=mapped.company,
            intents=mapped.intents,
            sequences=mapped.sequences,
            source_crm_id=mapped.linked,
            unplaced_phone=mapped.unplaced_phone,
            do_not_call=mapped.do_not_call,
            replied=mapped.replied,
            review_decisions=_said_by_people(mapped),
        )
        return keep_apart(lead, (*mapped.apart, *(source.apart if source else ())))

    def _judge(
        self,
        lead: Lead,
        seen: IntakeState,
        rules: Rules,
        notes: tuple[AuditNote, ...],
        updated_at: float,
    ) -> Decision:
        address = self._keys.address(lead.person.email)
        lead = replace(
            lead, person_key=address, address_key=address, contact_keys=self._contact_keys(lead)
        )
        reasons = validate(lead, rules)
        row = self._source(lead, seen.source, updated_at)
        puts = (TableWrite(table="sources", key=lead.lead_id, value=row),)
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

    def _contact_keys(self, lead: Lead) -> tuple[str, ...]:
        """The keys of what names the person besides addresses."""
        named = (
            ("apollo", lead.apollo_person_id),
            ("linkedin", linkedin_profile(lead.person.linkedin)),
            ("crm", lead.source_crm_id),
            ("phone", phone_digits(phone_for_matching(lead))[0]),
        )
        return tuple(self._keys.contact(kind, value) for kind, value in named if value)

    def _outputs(self, lead: Lead, source: SourceRow | None) -> tuple[OutputRecord, ...]:
        """To identity under the person's first key; a new address becomes an alias of it."""
        known = _person_key(source, lead.person_key, others_of(lead))
        addresses = {lead.person_key, *map(self._keys.address, lead.person.emails)} - {known, ""}
        outputs = []
        for address in sorted(addresses):
            link = IdentityLink(
                link_id=derive("link", address, known, lead.lead_id, lead.step),
                address_key=address,
                person_key=known,
            )
            outputs.append(link_output(link))
        lead = replace(lead, person_key=known)
        return (*outputs, forward(lead, self.name, "validated", topics.VALIDATED, known))

    def _source(self, lead: Lead, before: SourceRow | None, updated_at: float) -> SourceRow:
        """The row of a record that did not pass.

        The employer is the one that passed last: until a person has decided on a changed employer,
        each further revision raises the question again.
        """
        apart = others_of(lead)
        row = SourceRow(
            lead_id=lead.lead_id,
            version=lead.version,
            revision=lead.step // STEPS_A_REVISION,
            address_key=lead.person_key,
            person_key=_person_key(before, lead.person_key, apart),
            company_domain="",
            sequence=lead.sequences.state if lead.sequences.read_at else "",
            updated_at=max(0.0, updated_at),
            apart=apart,
        )
        if before is None:
            return row
        newest = max(before.updated_at, updated_at)
        return replace(row, company_domain=before.company_domain, updated_at=newest)

    def _dead(self, record: Captured, why: str) -> Decision:
        lead = unread_lead(record, self.name, why)
        return Decision(
            kind="dead",
            place=Place.DEAD,
            trace=(Reason(rule="mapping", decisive=True, why=why),),
            lead=lead,
            outputs=(OutputRecord(topic=topics.DEAD.full, key=lead.lead_id, record=record),),
            notes=(
                AuditNote(kind="captured", place="in_flight", outcome={"source": record.source}),
            ),
        )


def _revision(record: Captured, mapped: Mapped) -> str:
    """Names what is mapped: the same fields are the same revision.

    When a sign of interest was seen doesn't count.
    """
    intents = mapped.intents and [(intent.kind, intent.value) for intent in mapped.intents]
    more = []
    if record.reimport_id:
        more.append(record.reimport_id)
    if mapped.do_not_call:
        more.append("do_not_call")
    if mapped.replied:
        more.append("replied")
    if mapped.unplaced_phone:
        more.append(mapped.unplaced_phone)
    position = [mapped.seniority, mapped.function]
    return version(mapped.person, mapped.company, position, intents, *more)


def _is_outdated(record: Captured, mapped: Mapped, source: SourceRow) -> bool:
    """Whether a newer revision has come before, by the source's own clock."""
    if not mapped.updated_at or record.reimport_id:
        return False
    return mapped.updated_at < source.updated_at


def _said_by_people(mapped: Mapped) -> dict[str, str]:
    """The review decisions that a record brings along: that its address is good, and which fields
    a person has set, whose values survive what sources say."""
    said = dict.fromkeys(map(CORRECTED.__add__, mapped.corrected), "set")
    return {**said, "email_status": "verified"} if mapped.vouched else said


def _person_key(source: SourceRow | None, address_key: str, apart: tuple[str, ...] = ()) -> str:
    """The key of the person that a source record belongs to; that of its address where none is
    known, or where it is kept apart from that person."""
    if source is None or source.person_key in apart:
        return address_key
    return source.person_key or address_key


def _signal(record: Captured, key: str, kind: str, value: str) -> OutputRecord:
    revised = record.raw.get("updated_at", "")
    return signal_output(
        Signal(
            signal_id=derive("signal", record.source, record.source_id, kind, value, revised),
            kind=kind,
            value=value,
            at=record.captured_at,
            source="apollo",
            address_key=key,
            person_key=key,
        )
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


def _correct(lead: Lead, rules: Rules) -> tuple[Lead, tuple[str, ...]]:
    """Apply what a person has set; a line for each value that can't be."""
    fields = fields_set(lead, "set.")
    if fields.get("email_status"):
        lead = replace(lead, review_decisions={**lead.review_decisions, "email_status": "verified"})
    person, company, dropped = apply_corrections(lead.person, lead.company, fields, rules)
    position = Title(lead.seniority, lead.function)
    if person.title != lead.person.title:
        position = rules.read_title(person.title)
    corrected = replace(
        lead,
        person=person,
        company=company,
        seniority=position.seniority,
        function=position.function,
    )
    return corrected, dropped

"""One person, one claim.

Who claimed the address is stored, never a mere flag (docs/design/faust-facts.md 6).
"""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, OutputRecord, TableWrite
from leads.effect_results import EffectResult
from leads.effects import AwaitSnapshot
from leads.gates.common import (
    answered,
    forward,
    link_output,
    review,
    signal_output,
    terminal_decision,
)
from leads.gates.contact_claims import FREE, bring_key, claim_contact_key, merge_lead, pass_on
from leads.gates.signal_forwarding import linked_signals
from leads.keys import STEPS_A_REVISION, derive, event_id
from leads.matching.evidence import Evidence, MatchConfidence
from leads.matching.fingerprint import fingerprint
from leads.matching.kept_apart import is_another_person, is_kept_apart
from leads.matching.search import explain
from leads.records import (
    CrmRecord,
    IdentityLink,
    Lead,
    Place,
    Reason,
    Record,
    Signal,
    SlaTick,
)
from leads.rules import Rules
from leads.score import high_intent
from leads.table_rows import ContactRow, PersonRow, Suppression

_MOST_STEPS = 40  # of a lead that reaches this stage; more mean that aliases forward it in a loop


class IdentityState(Record, frozen=True, kw_only=True):
    """The row of the record's address, the person's contact, and whether the CRM's snapshot is
    complete in this partition.

    `suppression` is what stops a link's address; of a lead only that its person was erased, since
    any other ends it where the CRM is written.
    """

    person: PersonRow | None = None
    contact: ContactRow | None = None
    suppression: Suppression | None = None
    synced: bool = True


class Identity:
    """Decides which person an address belongs to: of leads, of links, of the CRM's snapshot."""

    name = "identity"
    logic = 4

    def decide(
        self,
        record: Lead | IdentityLink | CrmRecord,
        seen: IdentityState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """A unique lead to `unique`, a merged one, or a changed row."""
        if isinstance(record, CrmRecord):
            return self._note_crm_record(record, seen)
        if isinstance(record, IdentityLink):
            return self._link(record, seen)
        if (end := terminal_decision(record, seen.suppression, now)) is not None:
            return end
        if not seen.synced and "sync" not in done:
            return NeedsEffects(effects={"sync": AwaitSnapshot()})
        if record.claim_key:
            return claim_contact_key(record, seen.person, self.name, rules)
        return self._claim(record, seen, rules, now)

    def _claim(self, lead: Lead, seen: IdentityState, rules: Rules, now: float) -> Decision:
        row, key = seen.person, lead.person_key
        if row is not None and _leads_on(lead, row):
            why = Reason(
                rule="identity.alias",
                decisive=True,
                why="the address belongs to a known person: goes there",
            )
            return self._forward(lead, row.person_key, why)
        if (
            row is None
            or row.person_key != key
            or row.status in FREE
            or row.lead_id == lead.lead_id
        ):
            decision = self._pass(lead, row, seen.contact)
            return replace(
                decision, outputs=(*decision.outputs, *self._start_clock(lead, rules, now))
            )
        return self._meet(lead, row, rules)

    def _forward(self, lead: Lead, person_key: str, why: Reason) -> Decision:
        """To the person of an alias; an address that came over another alias is that person's, too,
        so that a signal needs one step."""
        moved = replace(lead, person_key=person_key)
        outputs = [forward(moved, self.name, "forwarded", topics.VALIDATED, person_key)]
        if lead.address_key not in {lead.person_key, person_key}:
            link = IdentityLink(
                link_id=derive("alias", lead.lead_id, lead.step, person_key),
                address_key=lead.address_key,
                person_key=person_key,
            )
            outputs.append(link_output(link))
        return Decision(
            kind="forwarded",
            place=Place.IN_FLIGHT,
            trace=(why,),
            lead=lead,
            outputs=tuple(outputs),
        )

    def _meet(self, lead: Lead, row: PersonRow, rules: Rules) -> Decision:
        """Another lead has claimed the address: one person's further record, unless the names say
        that two people share it."""
        known = row.fingerprint
        brought = lead.address_key != lead.person_key  # its address is known to be this person's
        answer = lead.review_decisions.get("shared_address")
        if answer != "merge" and is_another_person(lead, row):
            return review(lead, "shared_address", (_kept_apart(row),), row.lead_id)
        if known is None or brought or answer == "merge":
            return self._merge(lead, row)
        evidence = Evidence(fingerprint(lead), known)
        if evidence.judge(rules.matching) is MatchConfidence.SURE:
            return self._merge(lead, row)
        table = explain(evidence, known, rules.matching, "identity.shared_address")
        return review(lead, "shared_address", table, row.lead_id)

    def _merge(self, lead: Lead, row: PersonRow) -> Decision:
        """It ends as merged; what it knows goes to the CRM write, which takes what is better."""
        decision = merge_lead(lead, row, (_claimed_by(row),))
        known = forward(
            replace(lead, merged_into=row.lead_id),
            self.name,
            "merged",
            topics.MATCHED,
            lead.person_key,
        )
        return replace(decision, outputs=(*decision.outputs, known))

    def _start_clock(self, lead: Lead, rules: Rules, now: float) -> tuple[OutputRecord, ...]:
        """A high-intent lead must reach a rep soon, wherever it waits on its way (promise P5's
        second limit)."""
        if not high_intent(lead.intents, rules, now)[0]:
            return ()
        first = min(intent.at for intent in lead.intents)
        tick = SlaTick(
            tick_id=event_id(lead.lead_id, self.name, lead.cause, "intent"),
            kind="intent",
            person_key=lead.person_key,
            at=first,
            lead=lead,
        )
        return (OutputRecord(topic=topics.CLOCKS.full, key=lead.person_key, record=tick),)

    def _pass(self, lead: Lead, row: PersonRow | None, contact: ContactRow | None) -> Decision:
        first = row is None or row.status in FREE
        why = Reason(rule="identity.claim", decisive=first, why=_say(row, lead))
        if crm_id := _contact_of(lead, row, contact):
            lead = replace(lead, crm=replace(lead.crm, contact_id=crm_id))
        lead = answered(lead, "shared_address")
        claim = PersonRow(
            person_key=lead.person_key,
            lead_id=lead.lead_id,
            crm_id=crm_id,
            fingerprint=fingerprint(lead),
            step=lead.step,
        )
        outputs = [pass_on(lead, self.name)]
        if row is not None and _takes_back(lead, row):
            outputs.append(_withdrawn(lead, row.person_key, self.name))
        put = TableWrite(table="people", key=lead.person_key, value=claim)
        return Decision(
            kind="unique",
            place=Place.IN_FLIGHT,
            trace=(why,),
            lead=lead,
            outputs=tuple(outputs),
            puts=(put,),
        )

    def _link(self, link: IdentityLink, seen: IdentityState) -> Decision:
        row = seen.person
        if link.forgotten:
            return Decision(kind="known", place=Place.NOWHERE)
        if link.ended:
            return self._end_claim(link, row)
        if link.lead_id:
            return bring_key(link, row)
        before = row or PersonRow(person_key=link.person_key)
        value = PersonRow(person_key=link.person_key, crm_id=link.crm_id or before.crm_id)
        if link.address_key == link.person_key:
            value = replace(
                value,
                lead_id=before.lead_id,
                status=before.status,
                fingerprint=before.fingerprint,
                step=before.step,
            )
        elif row is not None and row.status not in FREE and row.person_key == link.address_key:
            # the address has a lead of its own under way; what was deferred for the one before it
            # goes after that
            return Decision(
                kind="link_refused", place=Place.NOWHERE, outputs=linked_signals(link, "")
            )
        outputs = self._pass_on_opt_out(link, seen.suppression)
        if link.address_key != link.person_key:
            outputs = (*outputs, *linked_signals(link, before.lead_id))
        return Decision(
            kind="linked",
            place=Place.NOWHERE,
            puts=(TableWrite(table="people", key=link.address_key, value=value),),
            outputs=outputs,
        )

    def _end_claim(self, link: IdentityLink, row: PersonRow | None) -> Decision:
        """Free the address, unless it has been claimed since."""
        puts: tuple[TableWrite, ...] = ()
        if row is not None and row.lead_id == link.ended and not _claimed_again(row, link):
            ended = replace(row, status="ended")
            puts = (TableWrite(table="people", key=link.address_key, value=ended),)
        return Decision(kind="linked", place=Place.NOWHERE, puts=puts)

    def _pass_on_opt_out(
        self, link: IdentityLink, suppression: Suppression | None
    ) -> tuple[OutputRecord, ...]:
        """An opt-out of an address that turns out to be a known person's holds for the whole
        person, a bounce for the address wherever it is written to (promise P4)."""
        if suppression is None or link.address_key == link.person_key:
            return ()
        whole = suppression.whole_person
        signal = Signal(
            signal_id=derive("signal", "linked", link.link_id, suppression.kind),
            kind=suppression.kind,
            at=suppression.at,
            source=suppression.source,
            address_key=link.person_key if whole else link.address_key,
            person_key=link.person_key,
            forwarded=not whole,
        )
        return (signal_output(signal),)

    def _note_crm_record(self, record: CrmRecord, seen: IdentityState) -> Decision:
        if record.kind == "complete":
            value = PersonRow(person_key="", status="complete")
            return Decision(
                kind="synced",
                place=Place.NOWHERE,
                puts=(TableWrite(table="people", key="", value=value),),
            )
        # a row written for a lead wins over the snapshot
        if record.kind != "contact" or (seen.person is not None and seen.person.status != "crm"):
            return Decision(kind="known", place=Place.NOWHERE)
        value = PersonRow(person_key=record.person_key, status="crm", crm_id=record.crm_id)
        return Decision(
            kind="known",
            place=Place.NOWHERE,
            puts=(TableWrite(table="people", key=record.key, value=value),),
        )


def _goes_round(lead: Lead) -> bool:
    """Whether aliases point to each other: claims end and are taken over in partitions that can't
    see one another, so that the last of two facts may lead back. The claim is then made here."""
    return lead.step % STEPS_A_REVISION > _MOST_STEPS


def _claimed_again(row: PersonRow, link: IdentityLink) -> bool:
    """Whether the lead has come back to its address, or another revision of it has. A link of an
    earlier release has no step."""
    return bool(link.step) and row.step > link.step


def _leads_on(lead: Lead, row: PersonRow) -> bool:
    """Whether a lead follows an alias to another person's partition."""
    if row.person_key == lead.person_key or _takes_back(lead, row):
        return False
    return not _goes_round(lead)


def _takes_back(lead: Lead, row: PersonRow) -> bool:
    """Whether the address is the lead's own again: it is an alias of somebody who the lead is not,
    as a person has said."""
    if row.person_key == lead.person_key or is_kept_apart(lead, lead.person_key):
        return False
    return is_kept_apart(lead, row.person_key)


def _withdrawn(lead: Lead, person_key: str, stage: str) -> OutputRecord:
    """The output by which the values of an unmerged lead no longer count for the other person."""
    parted = replace(lead, person_key=person_key, parted=True)
    return forward(parted, stage, "parted", topics.MATCHED, person_key)


def _contact_of(lead: Lead, row: PersonRow | None, contact: ContactRow | None) -> str:
    """The id of the person's contact in the CRM, '' if none is known."""
    if contact is not None:
        return contact.crm_id
    if row is None or _takes_back(lead, row):
        return ""
    return row.crm_id


def _say(row: PersonRow | None, lead: Lead) -> str:
    if row is None:
        return "nobody had this address before"
    if _takes_back(lead, row):
        return "a person has said that it is not who the address belonged to: the claim is made"
    if row.person_key != lead.person_key:
        return "its aliases lead back to where it came from: the claim is made here"
    if row.status == "crm":
        return f"the CRM knows the person as contact {row.crm_id}, no lead does"
    if row.lead_id == lead.lead_id:
        return "the claim is this lead's own"
    return f"lead {row.lead_id} had it, and has ended"


def _kept_apart(row: PersonRow) -> Reason:
    return Reason(
        rule="identity.kept_apart",
        decisive=True,
        why=f"a person has said that it is not lead {row.lead_id}, which has the address",
    )


def _claimed_by(row: PersonRow) -> Reason:
    return Reason(
        rule="identity.claim", decisive=True, why=f"the person is already lead {row.lead_id}"
    )

"""`leadgate undo`: ends an import's leads, and restores what it wrote on contacts unless somebody
has changed it since."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer

from app.audit.reader import LatestPlaces, names_import, read_events
from app.base.settings import Settings
from app.base.vendors import VendorClients
from app.ingest.import_registry import started_at
from app.kafka.clients import producing
from app.review.send import RESTING, send_lead_signal, send_review_decision
from connectors.core.errors import RecordRejected
from leads import topics
from leads.keys import derive, event_id
from leads.records import WAITING_PLACES, Audit, Place, ReviewDecision, ReviewItem, encode
from leads.text import visible
from leads.times import format_time
from leads.undo import ContactChanges, Restoration, collect_changes, restore
from streams.runner.outbox import partition_of


@dataclass(slots=True)
class UndoReport:
    """What was (or would be) done. Contacts are given by their ids in the CRM."""

    leads: int = 0
    restored: dict[str, list[str]] = field(default_factory=dict)
    changed_since: dict[str, list[str]] = field(default_factory=dict)
    # created by the import: they stay in the CRM, without owner and score
    made: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    # leads that no gate has settled yet: run the undo again
    under_way: list[str] = field(default_factory=list)
    # when the last lead of an import ended of which nothing is left to take back; else 0
    taken_back_at: float = 0.0

    def text(self) -> str:
        """As sentences."""
        if self.taken_back_at:
            at = format_time(self.taken_back_at)
            return f"already taken back on {at}: nothing is left to set back"
        fields = sum(map(len, self.restored.values()))
        restored = f"{fields} properties of {len(self.restored)} contacts are set back"
        lines = [f"{self.leads} leads end; {restored}"]
        for contact, names in self.changed_since.items():
            lines.append(f"  contact {contact}: {', '.join(names)} changed since, left alone")
        for contact, why in self.refused.items():
            lines.append(f"  contact {contact}: the CRM refused: {visible(why)}")
        if self.made:
            lines.append(f"  made by the import, left without an owner: {', '.join(self.made)}")
        if self.gone:
            lines.append(f"  deleted meanwhile: {', '.join(self.gone)}")
        if self.under_way:
            lines.append(f"  {len(self.under_way)} leads are still under way: undo again later")
        return "\n".join(lines)


class ImportUndo:
    """One undo, by one person."""

    def __init__(
        self, settings: Settings, vendors: VendorClients, imported: str, actor: str, now: float
    ) -> None:
        self._settings, self._vendors, self._imported, self._actor, self._now = (
            settings,
            vendors,
            imported,
            actor,
            now,
        )

    async def run(self, held: list[ReviewItem], *, dry_run: bool) -> UndoReport | None:
        """End the leads first, so that they leave their sequences, then restore the contacts.

        Returns None for an unknown import. One that is taken back already, with nothing left to
        restore, is left as it is. `held` are the leads that wait for a person.
        """
        events, latest = await self._read()
        if not events:
            return None
        report = UndoReport(leads=len(latest))
        for lead, event in latest.items():
            if event.place == Place.IN_FLIGHT:
                report.under_way.append(lead)
        plans = await self._plan(collect_changes(events), report)
        if not report.restored and all(e.place == Place.UNDONE for e in latest.values()):
            return UndoReport(taken_back_at=max(event.at for event in latest.values()))
        if dry_run:
            return report
        async with producing(self._settings) as producer:
            await self._end_leads(producer, latest, {item.lead_id: item for item in held})
            for contact, (traces, plan) in plans.items():
                await self._restore(producer, contact, traces, plan, report)
        return report

    async def _read(self) -> tuple[list[Audit], dict[str, Audit]]:
        """The import's events in the order of their times, and the last places of its leads. Reads
        the audit once, from the import's start."""
        mine: dict[str, Audit] = {}
        leads: set[str] = set()
        places = LatestPlaces()
        async for event in read_events(
            self._settings, since=await started_at(self._settings, self._imported)
        ):
            if names_import(event, self._imported):
                mine[event.id] = event
                leads.add(event.lead)
            if event.lead in leads:
                places.note(event)
        return sorted(mine.values(), key=lambda e: (e.at, e.step)), places.latest

    async def _plan(
        self, found: dict[str, ContactChanges], report: UndoReport
    ) -> dict[str, tuple[ContactChanges, Restoration]]:
        """What to restore of each contact that is still there; fills the report."""
        present, plans = await self._present(found), {}
        for contact, traces in found.items():
            if (now := present[contact]) is None:
                report.gone.append(contact)
                continue
            plan = restore(traces, now, self._vendors.crm.identity)
            plans[contact] = (traces, plan)
            if traces.made:
                report.made.append(contact)
            if plan.values:
                report.restored[contact] = sorted(plan.values)
            if plan.left:
                report.changed_since[contact] = sorted(plan.left)
        return plans

    async def _present(self, found: dict[str, ContactChanges]) -> dict[str, dict[str, Any] | None]:
        """The present values of the written properties, None for a deleted contact. Contacts of
        which the same properties were written are read together, in batches."""
        alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for contact, traces in found.items():
            alike[tuple(sorted(traces.wrote))].append(contact)
        present: dict[str, dict[str, Any] | None] = {}
        for properties, contacts in alike.items():
            for start in range(0, len(contacts), self._vendors.crm.batch):
                some = contacts[start : start + self._vendors.crm.batch]
                present.update(
                    zip(some, await self._vendors.crm.read(some, properties), strict=True)
                )
        return present

    async def _end_leads(
        self, producer: AIOKafkaProducer, latest: dict[str, Audit], held: dict[str, ReviewItem]
    ) -> None:
        """Send a decision to each lead that waits, and a signal to each one at rest."""
        for lead, event in latest.items():
            if event.place in WAITING_PLACES and lead in held:
                await self._decide(producer, held[lead])
            elif event.place in RESTING:
                await send_lead_signal(
                    producer, self._settings.signatures, event, "undone", self._now
                )

    async def _decide(self, producer: AIOKafkaProducer, item: ReviewItem) -> None:
        review_decision = ReviewDecision(
            decision_id=derive("review-decision", item.lead_id, item.step, "undo"),
            lead_id=item.lead_id,
            stage=item.stage,
            step=item.step,
            action="undo",
            actor=self._actor,
            reason=f"import {self._imported} is taken back",
            at=self._now,
        )
        await send_review_decision(producer, self._settings.signatures, item, review_decision)

    async def _restore(
        self,
        producer: AIOKafkaProducer,
        contact: str,
        traces: ContactChanges,
        plan: Restoration,
        report: UndoReport,
    ) -> None:
        """Restore one contact, then write an audit event for each of its leads."""
        if plan.values:
            try:
                await self._vendors.crm.restore(contact, plan.values)
            except RecordRejected as error:
                report.refused[contact] = str(error)
                report.restored.pop(contact, None)
        outcome = {
            "contact": contact,
            "set_back": report.restored.get(contact, []),
            "left": report.changed_since.get(contact, []),
            "refused": report.refused.get(contact, ""),
        }
        for lead in sorted(traces.leads):
            event = self._restored(lead, outcome)
            await producer.send_and_wait(
                topics.AUDIT.full,
                encode(event),
                key=event.id.encode(),
                partition=partition_of(lead.encode()),
            )

    def _restored(self, lead: str, outcome: dict[str, Any]) -> Audit:
        return Audit(
            id=event_id(lead, "undo", self._imported, "restored"),
            lead=lead,
            stage="undo",
            kind="restored",
            step=0,
            place="",
            at=self._now,
            actor=self._actor,
            cause=self._imported,
            rules="",
            inputs={"imported": self._imported},
            outcome=outcome,
        )

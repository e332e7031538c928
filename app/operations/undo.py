"""`leadgate undo`: ends an import's leads, and restores what it wrote on contacts unless somebody
has changed it since."""

from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer

from app.audit.reader import LatestPlaces, names_import, read_events
from app.base.errors import UsageError
from app.base.settings import Settings
from app.base.vendors import VendorClients, make_vendors
from app.ingest.import_registry import started_at
from app.kafka.clients import producing
from app.operations.command_events import send_event
from app.operations.contact_restoring import ContactReport, plan_restoring, restore_contact
from app.privacy.lead_keys import open_sealing
from app.review import queue
from app.review.send import RESTING, decision_on, send_lead_signal, send_review_decision
from leads.keys import event_id
from leads.records import WAITING_PLACES, Audit, Place, ReviewItem
from leads.times import format_time
from leads.undo import ContactChanges, Restoration, collect_changes
from streams.ports import Clock


@dataclass(slots=True)
class UndoReport(ContactReport):
    """What was (or would be) done."""

    leads: int = 0
    # contacts created by the import: they stay in the CRM, without owner and score
    made: list[str] = field(default_factory=list)
    # leads that no gate has settled yet: run the undo again
    under_way: list[str] = field(default_factory=list)
    # when the last lead of an import ended of which nothing is left to take back; else 0
    taken_back_at: float = 0.0

    def text(self) -> str:
        """As sentences."""
        if self.taken_back_at:
            at = format_time(self.taken_back_at)
            return f"already taken back on {at}: nothing is left to set back"
        lines = [f"{self.leads} leads end; {self.summary()}", *self.exceptions()]
        if self.made:
            lines.append(f"  made by the import, left without an owner: {', '.join(self.made)}")
        if self.under_way:
            lines.append(f"  {len(self.under_way)} leads are still under way: undo again later")
        return "\n".join(lines)


async def undo_import(
    settings: Settings, imported: str, actor: str, clock: Clock, *, dry_run: bool
) -> UndoReport:
    """Take an import back, or only say what that would do. Reads the audit from the import's start,
    and each contact that it wrote in the CRM.

    Raises UsageError for an import that the audit doesn't know, SettingsError without the CRM's
    settings, KafkaError and VendorError.
    """
    waiting = await queue.waiting_items(settings)
    vendors = make_vendors(settings, clock)
    try:
        work = ImportUndo(settings, vendors, imported, actor, clock.now())
        report = await work.run(waiting, dry_run=dry_run)
    finally:
        await vendors.close()
    if report is None:
        raise UsageError(
            f"no lead came with import {imported}; leadgate import prints an import's id"
        )
    return report


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
        found = collect_changes(events)
        plans = await plan_restoring(self._vendors.crm, found, report)
        report.made = [contact for contact in plans if found[contact].made]
        if not report.restored and all(e.place == Place.UNDONE for e in latest.values()):
            return UndoReport(taken_back_at=max(event.at for event in latest.values()))
        if dry_run:
            return report
        async with producing(self._settings) as producer:
            await self._end_leads(producer, latest, {item.lead_id: item for item in held})
            for contact, plan in plans.items():
                await self._restore(producer, contact, found[contact], plan, report)
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
        reason = f"import {self._imported} is taken back"
        decision = decision_on(item, "undo", self._actor, reason, self._now)
        sealing = open_sealing(self._settings)
        await send_review_decision(
            producer, self._settings.signatures, sealing, item, decision
        )

    async def _restore(
        self,
        producer: AIOKafkaProducer,
        contact: str,
        traces: ContactChanges,
        plan: Restoration,
        report: UndoReport,
    ) -> None:
        """Restore one contact, then write an audit event for each of its leads."""
        await restore_contact(self._vendors.crm, contact, plan, report)
        outcome = report.outcome(contact)
        for lead in sorted(traces.leads):
            await send_event(
                producer, open_sealing(self._settings), self._restored(lead, outcome)
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

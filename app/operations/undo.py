"""`leadgate undo`: an import's leads end, and its contacts get back what nobody has changed
since."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer

from app.audit.reader import LatestPlaces, read_events
from app.base.settings import Settings
from app.base.vendors import VendorClients
from app.ingest.import_registry import started_at
from app.kafka.clients import producing
from app.review.send import RESTING, send_lead_signal, send_review_decision
from connectors.core.errors import RecordRejected
from leads import topics
from leads.keys import derive, event_id
from leads.records import Audit, Place, ReviewDecision, ReviewItem, encode
from leads.undo import ContactChanges, Restoration, collect_changes, restore
from streams.runner.outbox import partition_of

_WAITING = frozenset({Place.REVIEW, Place.HELD, Place.FALLBACK})


@dataclass(slots=True)
class UndoReport:
    """What was (or would be) done. Contacts by their ids in the CRM."""

    leads: int = 0
    restored: dict[str, list[str]] = field(default_factory=dict)
    changed_since: dict[str, list[str]] = field(default_factory=dict)
    # by the import: left in the CRM, without owner and score
    made: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    # leads that no gate has settled yet: undo once more
    under_way: list[str] = field(default_factory=list)

    def text(self) -> str:
        """For a person."""
        fields = sum(map(len, self.restored.values()))
        lines = [
            (
                f"{self.leads} leads end; {fields} properties of {len(self.restored)} contacts are"
                " set back"
            ),
            *(
                f"  contact {c}: {', '.join(names)} changed since, left alone"
                for c, names in self.changed_since.items()
            ),
            *(f"  contact {c}: the CRM refused: {why}" for c, why in self.refused.items()),
            *(
                [f"  made by the import, left without an owner: {', '.join(self.made)}"]
                if self.made
                else []
            ),
            *([f"  deleted meanwhile: {', '.join(self.gone)}"] if self.gone else []),
            *(
                [f"  {len(self.under_way)} leads are still under way: undo again later"]
                if self.under_way
                else []
            ),
        ]
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
        """Tell the leads first, so that they leave their sequences; then the contacts.

        None for an import nobody knows.
        """
        events, latest = await self._read()
        if not events:
            return None
        report = UndoReport(
            leads=len(latest),
            under_way=[i for i, e in latest.items() if e.place == Place.IN_FLIGHT],
        )
        plans = await self._plan(collect_changes(events), report)
        if dry_run:
            return report
        async with producing(self._settings) as producer:
            await self._tell(producer, latest, {h.lead_id: h for h in held})
            for contact, (traces, plan) in plans.items():
                await self._restore(producer, contact, traces, plan, report)
        return report

    async def _read(self) -> tuple[list[Audit], dict[str, Audit]]:
        """The import's events in time's order, and where its leads are by now: one reading, from
        the import's beginning on."""
        mine: dict[str, Audit] = {}
        leads: set[str] = set()
        moves = LatestPlaces()
        async for event in read_events(
            self._settings, since=await started_at(self._settings, self._imported)
        ):
            if self._is_mine(event):
                mine[event.id] = event
                leads.add(event.lead)
            if event.lead in leads:
                moves.note(event)
        return sorted(mine.values(), key=lambda e: (e.at, e.step)), moves.latest

    def _is_mine(self, event: Audit) -> bool:
        record = event.inputs.get("record") if isinstance(event.inputs, dict) else None
        told = (event.outcome or {}).get("imported") if isinstance(event.outcome, dict) else None
        return self._imported in {
            told,
            record.get("imported") if isinstance(record, dict) else None,
        }

    async def _plan(
        self, found: dict[str, ContactChanges], report: UndoReport
    ) -> dict[str, tuple[ContactChanges, Restoration]]:
        present, plans = await self._present(found), {}
        for contact, traces in found.items():
            if (now := present[contact]) is None:
                report.gone.append(contact)
                continue
            plan = restore(traces, now, self._vendors.crm.identity)
            plans[contact] = (traces, plan)
            report.made += [contact] if traces.made else []
            if plan.values:
                report.restored[contact] = sorted(plan.values)
            if plan.left:
                report.changed_since[contact] = sorted(plan.left)
        return plans

    async def _present(self, found: dict[str, ContactChanges]) -> dict[str, dict[str, Any] | None]:
        """What the CRM shows now, read in its batches: contacts of which the same properties were
        written go together."""
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

    async def _tell(
        self, producer: AIOKafkaProducer, latest: dict[str, Audit], held: dict[str, ReviewItem]
    ) -> None:
        for lead, event in latest.items():
            if event.place in _WAITING and lead in held:
                await self._rule(producer, held[lead])
            elif event.place in RESTING:
                await send_lead_signal(producer, event, "undone", self._now)

    async def _rule(self, producer: AIOKafkaProducer, item: ReviewItem) -> None:
        ruling = ReviewDecision(
            decision_id=derive("ruling", item.lead_id, item.step, "undo"),
            lead_id=item.lead_id,
            stage=item.stage,
            step=item.step,
            action="undo",
            actor=self._actor,
            reason=f"import {self._imported} is taken back",
            at=self._now,
        )
        await send_review_decision(producer, item, ruling)

    async def _restore(
        self,
        producer: AIOKafkaProducer,
        contact: str,
        traces: ContactChanges,
        plan: Restoration,
        report: UndoReport,
    ) -> None:
        """One contact, and a word of it in each lead's story."""
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
            event = Audit(
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
            place = partition_of(lead.encode())
            await producer.send_and_wait(
                topics.AUDIT.full, encode(event), key=event.id.encode(), partition=place
            )

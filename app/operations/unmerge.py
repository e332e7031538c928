"""`leadgate unmerge`: parts a merged lead from the one that it was merged into, gives back what can
be given back, and lists what can't."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import msgspec
from aiokafka import TopicPartition

from app.audit import reader
from app.audit.lead_lookup import find_leads
from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import Offsets, consuming, ends, producing, read_to
from app.monitoring.lag import committed, workers
from app.operations.command_events import send_event
from app.operations.contact_restoring import ContactReport, plan_restoring, restore_contact
from app.privacy.captured_messages import record_key
from app.privacy.lead_keys import open_sealing
from connectors.core.crm import Crm
from leads import topics
from leads.keys import event_id
from leads.records import Audit, Captured, Place
from leads.times import format_time
from leads.undo import Restoration
from leads.unmerge import (
    Merge,
    NotUnmergedError,
    OtherPerson,
    changes_of_other,
    find_merge,
    is_carried_out,
    last_place,
    separate_revision,
    taken_back,
    what_stays,
)
from streams.runner.outbox import partition_of

_STAGE = "unmerge"


class _Link(msgspec.Struct):
    address_key: str


@dataclass(slots=True)
class UnmergeReport(ContactReport):
    """What was (or would be) done about a lead, and what stays as it is."""

    lead: str = ""
    into: str = ""
    stays: list[str] = field(default_factory=list)
    # other leads that have its address, and stay merged into the same lead
    alike: list[str] = field(default_factory=list)
    # when it was unmerged already, else 0
    unmerged_at: float = 0.0
    workers: int = 0

    def text(self, *, dry_run: bool = False) -> str:
        """As sentences."""
        if self.unmerged_at:
            at = format_time(self.unmerged_at)
            return f"lead {self.lead} was unmerged from lead {self.into} on {at} already"
        goes = "would come in again" if dry_run else "comes in again"
        lines = [
            f"lead {self.lead} {goes} as a person of its own, apart from lead {self.into}",
            f"  {self.summary()}",
            *self.exceptions(),
            *(f"  {line}" for line in self.stays),
        ]
        for lead in self.alike:
            lines.append(f"  lead {lead} has its address, and stays merged: unmerge it, too")
        if not self.workers:
            lines.append("no worker runs: it comes in when one starts")
        return "\n".join(lines)


class LeadUnmerge:
    """One merge taken back, by one person."""

    def __init__(self, settings: Settings, crm: Crm, by: tuple[str, str], now: float) -> None:
        """`by` is who decides, and why."""
        self._settings, self._crm, self._now = settings, crm, now
        self._actor, self._reason = by

    async def run(self, wanted: str, *, dry_run: bool) -> UnmergeReport:
        """Give back what the merge wrote, then send the lead in again. Durable when it returns; a
        second run for the same merge does nothing.

        `wanted` stands for the lead as in `find_leads`. Raises UsageError where the merge can't be
        taken back.
        """
        lead, story = await self._find(wanted)
        event = taken_back(story)
        report = UnmergeReport(lead=lead, workers=await workers(self._settings))
        if event is not None:
            report.into, report.unmerged_at = str(event.outcome["into"]), event.at
            if dry_run or not _is_merged(story):
                return report
        try:
            merge = find_merge(story)
            other = await self._read_other(merge)
            record = separate_revision(merge, other)
        except NotUnmergedError as error:
            raise UsageError(f"lead {lead} can't be unmerged: {error}") from None
        if event is not None:
            await self._capture_once(record, event.at)
            return report
        await self._refuse_merge_under_way(story, merge)
        report.into = merge.into
        report.stays = list(what_stays(merge, other))
        report.alike = await self._alike(merge, other)
        plans = await plan_restoring(self._crm, changes_of_other(story), report)
        if not dry_run:
            await self._carry_out(merge, other, record, plans, report)
        return report

    async def _find(self, wanted: str) -> tuple[str, list[Audit]]:
        """The one lead that a text stands for, with its story; of an address the merged one."""
        found = await find_leads(self._settings, wanted)
        stories = await reader.stories_of(self._settings, found)
        merged = list(filter(lambda lead: _is_merged(stories[lead]), found))
        if len(found) == 1:
            merged = found
        if len(merged) != 1:
            raise UsageError(
                f"{wanted} is the address of {len(found)} leads, of which {len(merged)} are merged:"
                f" name one by its id ({', '.join(merged or found)})"
            )
        return merged[0], stories[merged[0]]

    async def _read_other(self, merge: Merge) -> OtherPerson:
        other, into = OtherPerson(), merge.into
        while into:
            into = other.add(into, (await reader.stories_of(self._settings, [into]))[into])
        return other

    async def _alike(self, merge: Merge, other: OtherPerson) -> list[str]:
        """Further leads with the lead's address that were merged into the same person."""
        found = await find_leads(self._settings, merge.lead.person.email)
        alike = []
        for lead, story in (await reader.stories_of(self._settings, found)).items():
            last = last_place(story)
            if lead == merge.lead.lead_id or last is None or last.place != Place.MERGED:
                continue
            if last.outcome["into"] in other.stories:
                alike.append(lead)
        return alike

    async def _refuse_merge_under_way(self, story: Sequence[Audit], merge: Merge) -> None:
        """Raise UsageError while the lead's values are on their way to the CRM write, or identity
        has not read all that the merge has sent it: read later, it would take the lead's address
        away again."""
        keys = {*merge.path, merge.lead.address_key, *merge.lead.contact_keys}
        under_way = not is_carried_out(story, merge)
        if under_way or await _unread_links(self._settings, keys):
            raise UsageError(
                "the merge is not carried out yet: run the command again in a moment, while a"
                " worker runs"
            )

    async def _carry_out(
        self,
        merge: Merge,
        other: OtherPerson,
        record: Captured,
        plans: dict[str, Restoration],
        report: UnmergeReport,
    ) -> None:
        for contact, plan in plans.items():
            await restore_contact(self._crm, contact, plan, report)
        sealing = open_sealing(self._settings)
        async with producing(self._settings) as producer:
            # the last event says that the merge is taken back
            for lead in (other.last, merge.lead.lead_id):
                await send_event(producer, sealing, self._event(lead, merge, other, report))
        await self._capture_once(record, self._now)

    async def _capture_once(self, record: Captured, since: float) -> None:
        """Send the lead in again, unless that was done since a time: an earlier run may have ended
        before it."""
        key = record_key(record)
        tp = TopicPartition(topics.CAPTURED.full, partition_of(key))
        sealing = open_sealing(self._settings)
        await sealing.ensure([record])
        value = sealing.encode(record)
        async with consuming(self._settings) as consumer:
            end = await consumer.end_offsets([tp])
            begin = await reader.offsets_at(consumer, end, since)
            async for sent in read_to(consumer, end, begin):
                if sent.key == key and sent.value == value:
                    return
        async with producing(self._settings) as producer:
            await producer.send_and_wait(tp.topic, value, key=key, partition=tp.partition)

    def _event(self, lead: str, merge: Merge, other: OtherPerson, report: UnmergeReport) -> Audit:
        """The event in the story of one of the two leads."""
        last = last_place(other.stories[lead]) if lead in other.stories else merge.event
        return Audit(
            id=event_id(lead, _STAGE, merge.event.id, "unmerged"),
            lead=lead,
            stage=_STAGE,
            kind="unmerged",
            step=last.step if last else 0,
            place="",
            at=self._now,
            actor=self._actor,
            cause=merge.ident,
            rules="",
            inputs={"merge": merge.event.id},
            outcome={
                "merged": merge.lead.lead_id,
                "into": merge.into,
                "reason": self._reason,
                "set_back": report.restored,
                "left": report.changed_since,
                "refused": report.refused,
                "stays": report.stays,
            },
        )


def _is_merged(story: Sequence[Audit]) -> bool:
    last = last_place(story)
    return last is not None and last.place == Place.MERGED


async def _unread_links(settings: Settings, keys: Collection[str]) -> bool:
    """Whether links of these keys wait for identity."""
    done = await committed(settings)
    homes: Offsets = {}
    async with consuming(settings) as consumer:
        end = await ends(consumer, [topics.LINKS.full])
        for key in keys:
            tp = TopicPartition(topics.LINKS.full, partition_of(key.encode()))
            homes[tp] = end[tp]
        async for record in read_to(consumer, homes, done):
            if msgspec.json.decode(record.value, type=_Link).address_key in keys:
                return True
    return False

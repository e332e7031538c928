"""`leadgate person export`: reads all that is held of one person, and records that it was given
out."""

import msgspec

from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import producing, read_topic
from app.operations.command_events import send_event
from app.operations.person_lookup import find_person, read_alerts, read_certificate
from app.privacy.hash_key import open_keys
from app.privacy.lead_keys import open_sealing
from app.review.queue import waiting_items
from leads import topics
from leads.keys import derive, event_id
from leads.person_export import Held, PersonExport, export_person
from leads.person_traces import PersonTraces
from leads.records import Audit, Captured, Signal
from leads.times import format_time
from leads.unmerge import last_place
from streams.runner.captured_records import identify

_STAGE = "export"


class PersonExporting:
    """One export, by one person of the team, at a time."""

    def __init__(self, settings: Settings, actor: str, now: float) -> None:
        self._settings, self._actor, self._now = settings, actor, now

    async def run(self, text: str) -> PersonExport:
        """All that is held of the person that a text stands for (see find_person). The audit event
        that says so is durable when it returns.

        Raises UsageError for an unknown person, and for one that was erased.
        """
        erased = await read_certificate(self._settings, text)
        if erased is not None:
            raise UsageError(
                f"the person was erased on {format_time(erased.at)}: nothing that can be read is"
                " held. leadgate erase with the same address shows the certificate"
            )
        traces = await find_person(self._settings, text)
        held = Held(
            captured=await self._captured(traces),
            waiting=await waiting_items(self._settings),
            alerts=await read_alerts(self._settings, traces.leads),
            signals=await self._signals(),
        )
        export = export_person(traces, held, await open_keys(self._settings), self._now)
        async with producing(self._settings) as producer:
            await send_event(producer, open_sealing(self._settings), self._event(traces, export))
        return export

    async def _captured(self, traces: PersonTraces) -> list[Captured]:
        """The captured records of these leads that are kept, opened."""
        decoder, found = msgspec.json.Decoder(Captured), []
        async for record in read_topic(self._settings, topics.CAPTURED.full):
            if identify(record)[0] in traces.stories:
                found.append(decoder.decode(record.value))
        return await open_sealing(self._settings).open_all(found)

    async def _signals(self) -> list[Signal]:
        """All signals that are kept, without those that can't be read: they are dead letters."""
        decoder, found = msgspec.json.Decoder(Signal), []
        async for record in read_topic(self._settings, topics.SIGNALS.full):
            try:
                found.append(decoder.decode(record.value or b""))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return found

    def _event(self, traces: PersonTraces, export: PersonExport) -> Audit:
        """The event, in the story of the newest lead."""
        lead = traces.leads[0]
        cause = derive(_STAGE, lead, self._actor, self._now)
        last = last_place(traces.stories[lead])
        return Audit(
            id=event_id(lead, _STAGE, cause, "person_exported"),
            lead=lead,
            stage=_STAGE,
            kind="person_exported",
            step=last.step if last else 0,
            place="",
            at=self._now,
            actor=self._actor,
            cause=cause,
            rules="",
            inputs={"leads": list(traces.leads)},
            outcome={
                "captured": sum(len(one.captured) for one in export.leads),
                "events": sum(len(one.events) for one in export.leads),
            },
        )

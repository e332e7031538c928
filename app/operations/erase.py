"""`leadgate erase`: one person, everywhere.

The order is stored first. Then signals and decisions end the person's leads, which destroys their
keys, and keep its addresses from ever being taken in again. Once all have ended, the order goes to
the erasure stage, which erases what is outside. A command that was killed anywhere is run again and
goes on from the stored order.
"""

import asyncio
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaProducer

from app.audit import reader
from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import producing
from app.operations.erasure_report import ErasureReport, report_before, report_of
from app.operations.person_lookup import (
    find_person,
    key_of,
    read_alerts,
    read_certificate,
    read_orders,
)
from app.privacy.hash_key import open_keys
from app.privacy.lead_keys import open_sealing
from app.review.queue import waiting_items
from app.review.send import decision_on, send_order, send_review_decision
from leads import topics
from leads.erasure_order import ErasureOrder
from leads.person_traces import PersonTraces, begin_order, erasing_signals, finish_order
from leads.records import WAITING_PLACES, encode
from streams.ports import Clock

_PAUSE = 0.5  # seconds between two looks at the audit


class PersonErasing:
    """One erasure, ordered by one person of the team."""

    def __init__(self, settings: Settings, clock: Clock, actor: str, reason: str) -> None:
        self._settings, self._clock, self._actor, self._reason = settings, clock, actor, reason

    async def run(self, text: str, *, dry_run: bool, force: bool, seconds: float) -> ErasureReport:
        """Erase the person that a text stands for. Waits for so long until its leads have ended,
        and as long until the keys are destroyed.

        Raises UsageError for an unknown person, and where the workers take longer: then it is run
        again. `force` goes on with leads that have not ended.
        """
        if (event := await read_certificate(self._settings, text)) is not None:
            return report_of(event)
        begun = await self._begun(text)
        if begun is None:
            begun = await self._first_order(await find_person(self._settings, text))
        if dry_run:
            return report_before(begun)
        traces = await self._traces(begun)
        async with producing(self._settings) as producer:
            await self._send_order(producer, begun)
            await self._end_leads(producer, begun, traces)
            left = await self._wait_for_ends(traces, seconds)
            if left and not force:
                raise UsageError(
                    f"{len(left)} leads of the person have not ended within {seconds:g} s:"
                    f" {', '.join(left)}. Nothing of them is sent any more. Look whether workers"
                    " run (leadgate doctor), and run the command again; --force erases the person"
                    " as it is now"
                )
            alerts = await read_alerts(self._settings, begun.lead_ids)
            keys = await open_keys(self._settings)
            order = finish_order(begun, traces.outside(keys, alerts), left)
            await self._send_order(producer, order)
        return await self._wait_for_certificate(order, seconds)

    async def _begun(self, text: str) -> ErasureOrder | None:
        """The order that an earlier command has begun with."""
        key = await key_of(self._settings, text)
        for order in await read_orders(self._settings):
            if order.phase == "begin" and key in {*order.address_keys, *order.lead_ids}:
                return order
        return None

    async def _first_order(self, traces: PersonTraces) -> ErasureOrder:
        alerts = await read_alerts(self._settings, traces.leads)
        person = traces.outside(await open_keys(self._settings), alerts)
        return begin_order(person, self._actor, self._reason, self._clock.now())

    async def _traces(self, begun: ErasureOrder) -> PersonTraces:
        stories = await reader.stories_of(self._settings, begun.lead_ids)
        return PersonTraces(begun.person.person_key, stories)

    async def _end_leads(
        self, producer: AIOKafkaProducer, begun: ErasureOrder, traces: PersonTraces
    ) -> None:
        """A signal for each address, and a decision for each lead that waits for one."""
        now, signatures = self._clock.now(), self._settings.signatures
        sealing = open_sealing(self._settings)
        for signal in erasing_signals(begun.address_keys, now):
            await send_order(
                producer, signatures, topics.SIGNALS, signal.person_key, encode(signal)
            )
        waits = traces.not_ended()
        for item in await waiting_items(self._settings):
            if item.lead_id in waits and waits[item.lead_id].place in WAITING_PLACES:
                decision = decision_on(item, "erase", self._actor, self._reason, now)
                await send_review_decision(producer, signatures, sealing, item, decision)

    async def _send_order(self, producer: AIOKafkaProducer, order: ErasureOrder) -> None:
        """Durable when it returns, the order's key before it."""
        sealing = open_sealing(self._settings)
        await sealing.ensure([order])
        key, value = order.person.person_key, sealing.encode(order)
        await send_order(producer, self._settings.signatures, topics.ERASURES, key, value)

    async def _wait_for_ends(self, traces: PersonTraces, seconds: float) -> list[str]:
        """The leads that have not ended by then."""
        since = self._clock.now()
        left = traces.not_ended()
        async for _ in _looks(seconds):
            if not left:
                break
            async for event in reader.read_events(self._settings, list(left), since):
                traces.stories[event.lead].append(event)
            left = traces.not_ended()
        return list(left)

    async def _wait_for_certificate(self, order: ErasureOrder, seconds: float) -> ErasureReport:
        since = self._clock.now()
        async for _ in _looks(seconds):
            async for event in reader.read_events(self._settings, [order.lead_ids[0]], since):
                if event.kind == "person_erased" and event.cause == order.erasure_id:
                    return report_of(event)
        raise UsageError(
            f"the person's leads have ended; the erasure stage has the order ({order.erasure_id})"
            f" and was not through with it within {seconds:g} s: a vendor is away, or effects"
            " are in shadow. It goes on by itself; run the command again to see the certificate"
        )


async def _looks(seconds: float) -> AsyncIterator[None]:
    """Yield at once, and again after each pause until so many seconds have passed."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        yield
        if loop.time() >= until:
            return
        await asyncio.sleep(_PAUSE)

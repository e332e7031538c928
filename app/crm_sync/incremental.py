"""Updates the CRM's snapshot every ten minutes with what has changed in the CRM.

It runs beside the poller's other sources: to read a change of half the CRM takes an hour, and a
bounce must not wait so long.
"""

from aiokafka import AIOKafkaProducer

from app.base.settings import Settings
from app.crm_sync.full import last_full_sync
from app.crm_sync.records import CrmRecordProducer, refresh
from app.kafka.clients import consuming, last_record
from connectors.core.crm import Crm
from leads import topics
from leads.keys import Keys
from leads.records import Record, encode
from streams.ports import Clock

EVERY, _OVERLAP = 600.0, 300.0  # the overlap covers clocks that differ and a search that lags
_KEY = b"crm.records"


class SyncCursor(Record, frozen=True, kw_only=True):
    """When the last update began: topic `cursors`."""

    at: float


class IncrementalSync:
    """The updates of one poller. There is none before sync-crm has read the CRM once."""

    def __init__(
        self, settings: Settings, crm: Crm, producer: AIOKafkaProducer, clock: Clock, keys: Keys
    ) -> None:
        self._settings, self._crm, self._producer, self._clock, self._keys = (
            settings,
            crm,
            producer,
            clock,
            keys,
        )

    async def sync_once(self) -> None:
        """Read what has changed since the last update began, or since the last complete reading
        began.

        Durable when it returns; raises what the CRM raises.
        """
        now = self._clock.now()
        async with consuming(self._settings) as consumer:
            last = await last_record(consumer, _KEY, SyncCursor)
            since = last.at if last else await last_full_sync(consumer)
        if since:
            await refresh(
                self._crm,
                CrmRecordProducer(self._producer, self._keys),
                self._keys,
                max(0.0, since - _OVERLAP),
            )
            await self._producer.send_and_wait(
                topics.CURSORS.full, encode(SyncCursor(at=now)), key=_KEY
            )

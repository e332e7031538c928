"""The fallback sheet: a CSV file, projected from the `fallback` topic by one writer, the poller.

It is written anew from the topic and put in place at once, so it can be deleted at any time, and no row is there twice.
"""

import csv
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer

from leadgate.app.kafka import ends, read_to
from leadgate.leads import names
from leadgate.leads.records import Lead

COLUMNS = ("timestamp", "lead", "email", "first_name", "last_name", "title", "company", "domain", "phone", "place_in_log")


class Sheet:
    """One sheet. `refresh` does nothing while the topic has not grown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = -1

    async def refresh(self, consumer: AIOKafkaConsumer) -> None:
        """Project every row that the topic holds now."""
        until = await ends(consumer, [names.FALLBACK.full])
        if sum(until.values()) == self._size:
            return
        decoder = msgspec.json.Decoder(Lead)
        rows = [_row(decoder.decode(r.value), r) async for r in read_to(consumer, until) if r.value]
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(sorted(rows))
        fresh.replace(self._path)
        self._size = sum(until.values())


def _row(lead: Lead, record: object) -> tuple[str, ...]:
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC).isoformat(timespec="seconds")  # type: ignore[attr-defined]
    place = f"{record.partition}@{record.offset}"  # type: ignore[attr-defined]
    p, c = lead.person, lead.company
    return at, lead.lead_id, p.email, p.first_name, p.last_name, p.title, c.name, c.domain, p.phone, place

"""What waits for people, and their decisions, one by one or out of a corrected sheet."""

from pathlib import Path
from typing import Any

import msgspec

from app import resubmitting
from app.baduse import BadUseError
from app.googling import read_google
from app.kafka import consuming, ends, producing, read_to
from app.settings import Settings
from app.sheets import read_csv
from app.telemetry import SystemClock
from app.telling import send_ruling
from connectors.errors import VendorError
from leads import names
from leads.keys import derive
from leads.records import Held, Ruling, to_plain
from leads.review_items import ReviewItems

_CLOCK = SystemClock()


async def held(settings: Settings) -> list[Any]:
    """Every waiting item, oldest first."""
    items = ReviewItems()
    decoder = msgspec.json.Decoder(Held)
    async with consuming(settings) as consumer:
        async for record in read_to(consumer, await ends(consumer, [names.HELD.full])):
            items.note(decoder.decode(record.value))
    return [to_plain(item) for item in items.waiting()]


async def held_one(settings: Settings, lead: str) -> Any:
    """One waiting item. Raises BadUseError if the lead waits for nobody."""
    found = next((h for h in await held(settings) if h["lead_id"] == lead), None)
    if found is None:
        raise BadUseError(f"lead {lead} waits for nobody")
    return found


async def resubmit(settings: Settings, file: Path | None, actor: str) -> dict[str, Any]:
    """Read a corrected sheet back, from a file or from Google Sheets. Raises BadUseError for one that can't be read."""
    try:
        rows = read_csv(file) if file else await read_google(settings)
    except (ValueError, OSError, VendorError) as error:
        raise BadUseError(str(error)) from None
    reading = resubmitting.read(rows, [msgspec.convert(item, Held) for item in await held(settings)])
    async with producing(settings) as producer:
        for wanted in reading.wanted:
            ruling = _ruling(wanted.item, wanted.action, wanted.fields, actor, "corrected in the sheet")
            await send_ruling(producer, wanted.item, ruling)
    return {"decided": len(reading.wanted), "untouched": reading.untouched, "problems": reading.problems}


async def resolve(settings: Settings, lead: str, action: str, fields: dict[str, str], actor: str, reason: str) -> Any:
    """Produce a person's decision to the partition of the stage that asked."""
    item = msgspec.convert(await held_one(settings, lead), Held)
    ruling = _ruling(item, action, fields, actor, reason)
    async with producing(settings) as producer:
        await send_ruling(producer, item, ruling)
    return to_plain(ruling)


def _ruling(item: Held, action: str, fields: dict[str, str], actor: str, reason: str) -> Ruling:
    now = _CLOCK.now()
    return Ruling(
        ruling_id=derive("ruling", item.lead_id, item.step, action, actor, now),
        lead_id=item.lead_id,
        stage=item.stage,
        step=item.step,
        action=action,
        actor=actor,
        reason=reason,
        at=now,
        fields=fields,
    )

"""What waits for people, and their decisions, one by one or out of a corrected sheet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from app.base.clock import SystemClock
from app.base.errors import UsageError
from app.base.settings import Settings
from app.base.vendors import make_vendors
from app.kafka.clients import consuming, ends, read_to
from app.review import read_back
from app.review.decisions import Decided, Wish, decide
from app.review.google_sheet import read_google
from app.review.sheets import read_csv
from connectors.core.errors import VendorError
from leads import topics
from leads.records import ReviewItem, to_plain
from leads.review_items import ReviewItems

_CLOCK = SystemClock()


async def list_items(settings: Settings) -> list[Any]:
    """Every waiting item, oldest first."""
    items = ReviewItems()
    decoder = msgspec.json.Decoder(ReviewItem)
    async with consuming(settings) as consumer:
        async for record in read_to(consumer, await ends(consumer, [topics.REVIEW_QUEUE.full])):
            items.note(decoder.decode(record.value))
    return [to_plain(item) for item in items.waiting()]


async def get_item(settings: Settings, lead: str) -> Any:
    """One waiting item. Raises UsageError if the lead does not wait."""
    found = next((h for h in await list_items(settings) if h["lead_id"] == lead), None)
    if found is None:
        raise UsageError(_waits_no_more(lead))
    return found


async def resubmit(settings: Settings, file: Path | None, actor: str) -> dict[str, Any]:
    """Read a corrected sheet back, from a file or from Google Sheets.

    Raises UsageError for one that can't be read.
    """
    try:
        rows = read_csv(file) if file else await read_google(settings)
    except (ValueError, OSError, VendorError) as error:
        raise UsageError(str(error)) from None
    reading = read_back.read(
        rows, [msgspec.convert(item, ReviewItem) for item in await list_items(settings)]
    )
    wishes = [
        Wish(w.item, w.action, actor, "corrected in the sheet", w.fields) for w in reading.wanted
    ]
    if not wishes:
        return {"decided": 0, "untouched": reading.untouched, "problems": reading.problems}
    decided = await decide(settings, wishes, _CLOCK, lambda: make_vendors(settings, _CLOCK).crm)
    problems = [
        *reading.problems,
        *(f"lead {lead}: {why}" for lead, why in decided.refused.items()),
    ]
    return {"decided": len(decided.taken), "untouched": reading.untouched, "problems": problems}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which waiting leads a decision is about: one by its id (and the step that was looked at), or
    all of a reason."""

    lead: str = ""
    step: int | None = None
    reason_kind: str = ""
    stage: str = ""


async def choose(settings: Settings, chosen: Chosen) -> list[ReviewItem]:
    """The waiting leads that are meant.

    Raises UsageError if there are none, or the one has moved on.
    """
    items = [msgspec.convert(item, ReviewItem) for item in await list_items(settings)]
    if chosen.lead:
        return [_the_one(items, chosen)]
    found = [
        i for i in items if i.reason_kind == chosen.reason_kind and chosen.stage in {"", i.stage}
    ]
    if not found:
        kinds = ", ".join(sorted({i.reason_kind for i in items})) or "nothing"
        raise UsageError(f"no lead waits as {chosen.reason_kind}; what leads wait as: {kinds}")
    return found


def _the_one(items: list[ReviewItem], chosen: Chosen) -> ReviewItem:
    item = next((i for i in items if i.lead_id == chosen.lead), None)
    if item is None:
        raise UsageError(_waits_no_more(chosen.lead))
    if chosen.step not in {None, item.step}:
        said = (
            f"lead {chosen.lead} has moved on from step {chosen.step}: it waits at step {item.step}"
            f" as {item.reason_kind}"
        )
        raise UsageError(f"{said}; look at it again (leadgate review show) and decide then")
    return item


def _waits_no_more(lead: str) -> str:
    return f"lead {lead} does not wait for a person; leadgate why {lead} tells where it is"


async def resolve(
    settings: Settings,
    chosen: Chosen,
    action: str,
    fields: dict[str, str],
    by: tuple[str, str],
    *,
    dry_run: bool = False,
) -> Decided:
    """Decide about the chosen leads; `by` is who decides, and why.

    Raises UsageError if nothing could be taken.
    """
    actor, reason = by
    wishes = [Wish(item, action, actor, reason, fields) for item in await choose(settings, chosen)]
    decided = await decide(
        settings, wishes, _CLOCK, lambda: make_vendors(settings, _CLOCK).crm, dry_run=dry_run
    )
    if not decided.taken:
        raise UsageError(decided.text())
    return decided

"""The leads that wait for people, and people's decisions: one by one or from a corrected sheet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from app.base.clock import SystemClock
from app.base.errors import UsageError
from app.base.settings import Settings
from app.base.vendors import make_vendors
from app.kafka.clients import read_topic
from app.privacy.lead_keys import open_sealing
from app.review import read_back
from app.review.decisions import DecisionReport, DecisionRequest, decide
from app.review.google_sheet import read_google
from app.review.sheets import read_csv
from connectors.core.errors import VendorError
from leads import topics
from leads.lead_ids import AmbiguousIdError, match_id
from leads.records import ReviewItem
from leads.review_items import ReviewItems

_CLOCK = SystemClock()


class NotWaitingError(UsageError):
    """No such lead waits, or it does at another step, or several do whose ids begin so."""


async def waiting_items(settings: Settings) -> list[ReviewItem]:
    """The items of all leads that wait, the oldest first."""
    items = ReviewItems()
    decoder = msgspec.json.Decoder(ReviewItem)
    async for record in read_topic(settings, topics.REVIEW_QUEUE.full):
        if record.value:
            items.note(decoder.decode(record.value))
    return await open_sealing(settings).open_all(items.waiting())


async def get_item(settings: Settings, lead: str) -> ReviewItem:
    """One waiting lead's item, by its id or the beginning of it.

    Raises UsageError if the lead does not wait, or several do whose ids begin so.
    """
    return _item_of(await waiting_items(settings), lead)


async def resubmit(settings: Settings, file: Path | None, actor: str) -> dict[str, Any]:
    """Read a corrected sheet, from a file or from Google Sheets, and decide what it asks for.

    Raises UsageError for a sheet that can't be read.
    """
    try:
        rows = read_csv(file) if file else await read_google(settings)
    except (ValueError, OSError, VendorError) as error:
        raise UsageError(str(error)) from None
    reading = read_back.read(rows, await waiting_items(settings))
    problems = list(reading.problems)
    requests = []
    for wanted in reading.wanted:
        requests.append(
            DecisionRequest(
                wanted.item, wanted.action, actor, "corrected in the sheet", wanted.fields
            )
        )
    if not requests:
        return {"decided": 0, "untouched": reading.untouched, "problems": problems}
    decided = await decide(settings, requests, _CLOCK, lambda: make_vendors(settings, _CLOCK).crm)
    for lead, why in decided.refused.items():
        problems.append(f"lead {lead}: {why}")
    return {"decided": len(decided.taken), "untouched": reading.untouched, "problems": problems}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The waiting leads that a decision is about: one by its id (and the step at which the person
    saw it), or all that wait for the same reason."""

    lead: str = ""
    step: int | None = None
    reason_kind: str = ""
    stage: str = ""


async def choose(settings: Settings, chosen: Chosen) -> list[ReviewItem]:
    """The items of the chosen leads.

    Raises UsageError if there are none, or if the one has moved on.
    """
    items = await waiting_items(settings)
    if chosen.lead:
        return [_at_step(_item_of(items, chosen.lead), chosen.step)]
    found = []
    for item in items:
        if item.reason_kind == chosen.reason_kind and chosen.stage in {"", item.stage}:
            found.append(item)
    if not found:
        kinds = ", ".join(sorted({item.reason_kind for item in items})) or "nothing"
        raise UsageError(f"no lead waits as {chosen.reason_kind}; what leads wait as: {kinds}")
    return found


def _item_of(items: list[ReviewItem], lead: str) -> ReviewItem:
    by_id = {item.lead_id: item for item in items}
    try:
        found = match_id(lead, by_id)
    except AmbiguousIdError as error:
        raise NotWaitingError(str(error)) from None
    if not found:
        raise NotWaitingError(
            f"lead {lead} does not wait for a person; leadgate why {lead} shows its place"
        )
    return by_id[found]


def _at_step(item: ReviewItem, step: int | None) -> ReviewItem:
    """The item, if it is still at the step at which the person saw it."""
    if step in {None, item.step}:
        return item
    moved = f"lead {item.lead_id} has moved on from step {step}"
    waits = f"it waits at step {item.step} as {item.reason_kind}"
    raise NotWaitingError(
        f"{moved}: {waits}; look at it again (leadgate review show) and decide then"
    )


async def resolve(
    settings: Settings,
    chosen: Chosen,
    action: str,
    fields: dict[str, str],
    by: tuple[str, str],
    *,
    key: str = "",
    dry_run: bool = False,
) -> DecisionReport:
    """Decide about the chosen leads; `by` is the actor and the reason, `key` as DecisionRequest's.

    Raises as `choose`.
    """
    actor, reason = by
    requests = []
    for item in await choose(settings, chosen):
        requests.append(DecisionRequest(item, action, actor, reason, fields, key))
    return await decide(
        settings, requests, _CLOCK, lambda: make_vendors(settings, _CLOCK).crm, dry_run=dry_run
    )

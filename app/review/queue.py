"""The leads that wait for people, and people's decisions: one by one or from a corrected sheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

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
from leads.review_actions import refusal_of_several
from leads.review_items import ReviewItems

_CLOCK = SystemClock()


class NotWaitingError(UsageError):
    """No such lead waits, or it does at another step, or several do whose ids begin so."""


async def waiting_items(settings: Settings) -> list[ReviewItem]:
    """The items of all leads that wait, the oldest first."""
    return await open_sealing(settings).open_all(await _sealed_items(settings))


async def _sealed_items(settings: Settings) -> list[ReviewItem]:
    """As `waiting_items`, without what is personal: that needs a key for each lead."""
    items = ReviewItems()
    decoder = msgspec.json.Decoder(ReviewItem)
    async for record in read_topic(settings, topics.REVIEW_QUEUE.full):
        if record.value:
            items.note(decoder.decode(record.value))
    return items.waiting()


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
    saw it), all that wait for the same reason, or `seen`: several by their ids, each with its
    step."""

    lead: str = ""
    step: int | None = None
    reason_kind: str = ""
    stage: str = ""
    seen: Mapping[str, int] = field(default_factory=dict)


class Choice(NamedTuple):
    """The items of chosen leads; of those of `seen` that do not wait any more, why."""

    items: list[ReviewItem]
    refused: dict[str, str]


async def choose(settings: Settings, chosen: Chosen) -> Choice:
    """The items of the chosen leads, opened.

    Raises UsageError if there are none, or if the one has moved on.
    """
    waiting = await _sealed_items(settings)
    if chosen.lead:
        choice = Choice([_at_step(_item_of(waiting, chosen.lead), chosen.step)], {})
    elif chosen.reason_kind:
        choice = Choice(_alike(waiting, chosen), {})
    else:
        choice = _still_waiting(waiting, chosen.seen)
    return choice._replace(items=await open_sealing(settings).open_all(choice.items))


def _still_waiting(waiting: list[ReviewItem], seen: Mapping[str, int]) -> Choice:
    choice = Choice([], {})
    for lead, step in seen.items():
        try:
            choice.items.append(_at_step(_item_of(waiting, lead), step))
        except NotWaitingError as error:
            choice.refused[lead] = str(error)
    return choice


def _alike(items: list[ReviewItem], chosen: Chosen) -> list[ReviewItem]:
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
    Of several leads each that can't be decided about so is refused by itself.

    Raises as `choose`.
    """
    actor, reason = by
    choice, requests = await choose(settings, chosen), []
    for item in choice.items:
        if not chosen.lead and (why := refusal_of_several(item, action)):
            choice.refused[item.lead_id] = why
        else:
            requests.append(DecisionRequest(item, action, actor, reason, fields, key))
    report = await decide(
        settings, requests, _CLOCK, lambda: make_vendors(settings, _CLOCK).crm, dry_run=dry_run
    )
    report.refused |= choice.refused
    return report

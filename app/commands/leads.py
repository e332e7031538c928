"""What the commands about leads do. How they are called and printed is in app/cli."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec

from app.audit import reader
from app.audit.lead_lookup import find_leads
from app.audit.verify import verify_placement
from app.base.clock import SystemClock
from app.base.errors import UsageError
from app.base.settings import Settings
from app.base.vendors import make_vendors
from app.kafka.clients import consuming, ends
from app.operations import release as releasing
from app.operations import unmerge as unmerging
from app.operations.erase import PersonErasing
from app.operations.person_export import PersonExporting
from app.privacy.lead_keys import open_sealing
from app.rules.store import effects_are_live
from leads import topics
from leads.explain import describe_event, reasons
from leads.person_export import PersonExport
from leads.records import Audit, to_plain
from leads.rules import Rules
from leads.times import format_time

_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class LeadHistory:
    """A lead's events, and the same in sentences."""

    events: list[Any]
    text: str


async def why(settings: Settings, wanted: str) -> LeadHistory:
    """The story of the lead that `wanted` stands for (see find_leads), from the audit; of an
    address with several leads the newest one's, and a line for each other. The events are those of
    all of them.

    Raises UsageError for a lead without events.
    """
    newest, *others = found = await find_leads(settings, wanted)
    stories = await reader.stories_of(settings, found)
    if not stories[newest]:
        raise UsageError(f"no event of lead {newest}; leadgate review list and audit tail show ids")
    lines = [] if wanted == newest else [f"lead {newest}"]
    for event in stories[newest]:
        lines += describe_event(event), *map("    {}".format, reasons(event))
    for lead in others:
        lines.append(_other_lead(stories[lead]))
    events = list(map(to_plain, chain.from_iterable(stories.values())))
    return LeadHistory(events, "\n".join(lines))


def _other_lead(story: list[Audit]) -> str:
    """A line about a further lead of the same person."""
    places = reader.LatestPlaces()
    for event in story:
        places.note(event)
    lead = story[0].lead
    at = format_time(story[-1].at)
    return f"another lead: {lead}, {places.latest[lead].place} since {at}; leadgate why {lead}"


async def verify(settings: Settings) -> dict[str, Any]:
    """The proof from the log that every lead is in exactly one place, as JSON."""
    return (await verify_placement(settings)).report()


async def tail(settings: Settings, show: Callable[[Any, str], None]) -> None:
    """Pass every new audit event to `show`, as JSON and as a sentence, until cancelled."""
    decoder, sealing = msgspec.json.Decoder(Audit), open_sealing(settings)
    async with consuming(settings) as consumer:
        end = await ends(consumer, [topics.AUDIT.full])
        consumer.assign(list(end))
        for tp, offset in end.items():
            consumer.seek(tp, offset)
        async for record in consumer:
            if record.value:
                event = sealing.open(decoder.decode(record.value))
                show(to_plain(event), f"{event.lead}  {describe_event(event)}")


async def unmerge(
    settings: Settings, lead: str, by: tuple[str, str], *, dry_run: bool
) -> unmerging.UnmergeReport:
    """Take the merge of a lead back; `by` is who decides, and why. Raises UsageError where it can't
    be taken back."""
    vendors = make_vendors(settings, _CLOCK)
    try:
        work = unmerging.LeadUnmerge(settings, vendors.crm, by, _CLOCK.now())
        return await work.run(lead, dry_run=dry_run)
    finally:
        await vendors.close()


def erasing(settings: Settings, actor: str, reason: str) -> PersonErasing:
    """What erases a person, ordered by one of the team."""
    return PersonErasing(settings, _CLOCK, actor, reason)


async def export_person(settings: Settings, person: str, actor: str) -> PersonExport:
    """All that is held of a person; the audit says who has exported it. Raises UsageError for an
    unknown person, and for one that was erased."""
    return await PersonExporting(settings, actor, _CLOCK.now()).run(person)


async def release(
    settings: Settings, rules: Rules, wanted: releasing.ReleaseScope, *, dry_run: bool
) -> releasing.ReleaseReport:
    """Send leads that rest in shadow through the gates again, live.

    Raises UsageError while effects are in shadow.
    """
    if not dry_run and not effects_are_live(settings, rules):
        raise UsageError(
            "effects are in shadow (LEADGATE_EFFECTS, or effects in the rules): released leads"
            " would pass in shadow again. Make effects live, restart the workers, and release then;"
            " --dry-run says what waits for it"
        )
    named: set[str] = set()
    for text in wanted.leads:
        named.update(await find_leads(settings, text))
    scope = releasing.ReleaseScope(frozenset(named), wanted.lists)
    return await releasing.release_leads(settings, scope, _CLOCK.now(), dry_run=dry_run)

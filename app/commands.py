"""What the commands do, without how they are called or printed."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress, TextColumn

from app import audit, desk, releasing, trail
from app.baduse import BadUseError
from app.crashing import crash_at
from app.endpoint import serving
from app.googling import make_sheets
from app.importer import count_rows, import_csv, import_id
from app.initial import write_rules
from app.kafka import consuming, ends, producing
from app.lag import committed
from app.mapped import wants_of
from app.outside import make_vendors
from app.poller import Poller
from app.provision import provision_topics, publish_rules
from app.releasing import Found, Wanted
from app.rulesfile import effects_are_live
from app.settings import Settings, SettingsError
from app.sheets import Waiting
from app.sitecheck import settle_site
from app.snapshot import Snapshot
from app.sync import Syncing
from app.telemetry import SystemClock
from app.undoing import Undoing, Undone
from connectors.errors import RowRejected, VendorError
from connectors.http import POLLER_SHARE
from leads import names
from leads.explain import reasons, sentence
from leads.keys import Keys
from leads.records import Audit, Held, to_plain
from leads.rules import Rules

_CLOCK = SystemClock()


async def provision(settings: Settings, rules: Rules, *, dry_run: bool = False) -> list[str]:
    """Make what is missing; answers what was made, or with `dry_run` what would be."""
    made = [f"topic {name}" for name in await provision_topics(settings, dry_run=dry_run)]
    if not dry_run and (faults := await settle_site(settings)):
        raise SettingsError(faults[0])
    vendors = make_vendors(settings, _CLOCK)
    try:
        made += await vendors.crm.provision(wants_of(rules), dry_run=dry_run)
    except RowRejected as error:
        raise BadUseError(str(error)) from None
    finally:
        await vendors.close()
    if not dry_run:
        await committed(settings)  # the broker makes the topic of its groups now, so that no worker meets it without
        await publish_rules(settings, rules)
    return made


async def sync(settings: Settings, rules: Rules, *, anew: bool) -> Snapshot:
    """The CRM's snapshot into Kafka, with its progress on stderr; one that was cut off goes on, unless `anew`."""
    del rules
    vendors = make_vendors(settings, _CLOCK)
    keys = Keys(settings.site_secret.get_secret_value())
    try:
        with Progress(
            "{task.description}", TextColumn("{task.completed:.0f}"), console=Console(stderr=True), transient=True
        ) as bar:
            task = bar.add_task("contacts and companies read:", total=None)
            async with producing(settings) as producer, consuming(settings) as consumer:
                syncing = Syncing(vendors.crm, producer, consumer, keys, lambda n: bar.update(task, completed=n))
                return await syncing.run(_CLOCK.now(), anew=anew)
    except VendorError as error:
        said = f"the CRM can't be read: {error}; what was read is kept"
        raise BadUseError(f"{said}: run leadgate sync-crm again within twelve hours, and it goes on there") from None
    finally:
        await vendors.close()


async def poll(settings: Settings, rules: Rules, *, once: bool, since: float | None) -> None:
    """Poll until cancelled, or once."""
    vendors = make_vendors(settings, _CLOCK)
    vendors.share(POLLER_SHARE)
    async with producing(settings) as producer:
        keys = Keys(settings.site_secret.get_secret_value())
        poller = Poller(settings, rules, vendors, producer, _CLOCK, keys, crash_at)
        await poller.load_cursor(since)
        sheets, close = make_sheets(settings)
        try:
            async with serving(settings.metrics_address, poller.passes.metrics.registry, poller.passes.why_not_ready):
                await poller.run(Waiting(sheets), once=once)
        except VendorError as error:
            raise BadUseError(f"a source can't be read: {error}; the others were read") from None
        await close()
    await vendors.close()


async def import_file(settings: Settings, file: Path, window: int, *, again: bool) -> dict[str, Any]:
    """Import with a progress bar on stderr; the import's id and the number of rows."""
    if not file.exists():
        raise BadUseError(f"{file}: no such file")
    async with producing(settings) as producer:
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(file.name, total=count_rows(file))
            ident = import_id(file)
            rows = await import_csv(
                file,
                ident,
                settings,
                producer,
                _CLOCK,
                window=window,
                again=again,
                progress=lambda n: bar.update(task, completed=n),
            )
            return {"import": ident, "rows": rows}


@dataclass(frozen=True, slots=True)
class Story:
    """A lead's events, and the same in sentences."""

    events: list[Any]
    text: str


async def why(settings: Settings, lead: str) -> Story:
    """A lead's story out of the audit. Raises BadUseError for a lead without events."""
    found = await trail.events_of(settings, lead)
    if not found:
        raise BadUseError(f"no event of lead {lead}; leadgate review list and audit tail show ids")
    lines = []
    for event in found:
        lines.append(sentence(event))
        lines += [f"    {line}" for line in reasons(event)]
    return Story([to_plain(e) for e in found], "\n".join(lines))


async def verify(settings: Settings) -> dict[str, Any]:
    """The proof of conservation."""
    return (await audit.verify(settings)).report()


async def tail(settings: Settings, show: Callable[[Any, str], None]) -> None:
    """Every new audit event."""
    decoder = msgspec.json.Decoder(Audit)
    async with consuming(settings) as consumer:
        end = await ends(consumer, [names.AUDIT.full])
        consumer.assign(list(end))
        for tp, offset in end.items():
            consumer.seek(tp, offset)
        async for record in consumer:
            if record.value:
                event = decoder.decode(record.value)
                show(to_plain(event), f"{event.lead}  {sentence(event)}")


async def undo(settings: Settings, imported: str, actor: str, *, dry_run: bool) -> Undone:
    """Take an import back. Raises BadUseError for one that the audit doesn't know."""
    vendors = make_vendors(settings, _CLOCK)
    items = [msgspec.convert(item, Held) for item in await desk.held(settings)]
    try:
        report = await Undoing(settings, vendors, imported, actor, _CLOCK.now()).run(items, dry_run=dry_run)
    finally:
        await vendors.close()
    if report is None:
        raise BadUseError(f"no lead came with import {imported}; leadgate import prints an import's id")
    return report


async def release(settings: Settings, rules: Rules, wanted: Wanted, *, dry_run: bool) -> Found:
    """Send leads that rest in shadow through the gates again, live. Raises BadUseError while effects are in shadow."""
    if not dry_run and not effects_are_live(settings, rules):
        raise BadUseError(
            "effects are in shadow (LEADGATE_EFFECTS, or effects in the rules): released leads would pass in shadow again. "
            "Make effects live, restart the workers, and release then; --dry-run says what waits for it"
        )
    return await releasing.release(settings, wanted, _CLOCK.now(), dry_run=dry_run)


async def init(settings: Settings, path: Path) -> Path:
    """First rules from what is there."""
    if path.exists():
        raise BadUseError(f"{path} is already there; move it away first")
    vendors = make_vendors(settings, _CLOCK)
    try:
        await write_rules(vendors, path)
    finally:
        await vendors.close()
    return path

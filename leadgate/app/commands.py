"""What the commands do, without how they are called or printed."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import Progress, TextColumn

from leadgate.app import audit, releasing, replaying, resubmitting, trail
from leadgate.app.crashing import crash_at
from leadgate.app.googling import check_google, make_sheets, read_google
from leadgate.app.importer import count_rows, import_csv, import_id
from leadgate.app.initial import write_rules
from leadgate.app.kafka import consuming, ends, producing, read_to
from leadgate.app.mapped import unmapped, wants_of
from leadgate.app.outside import make_vendors
from leadgate.app.poller import Poller
from leadgate.app.provision import check_topics, provision_topics, publish_rules
from leadgate.app.rulesfile import open_points
from leadgate.app.settings import Settings
from leadgate.app.sheets import Waiting, read_csv
from leadgate.app.snapshot import Snapshot
from leadgate.app.sync import Syncing
from leadgate.app.telemetry import SystemClock
from leadgate.app.undoing import Undoing, Undone
from leadgate.connectors.contract import Crm
from leadgate.connectors.errors import RowRejected, Unavailable, VendorError
from leadgate.connectors.http import POLLER_SHARE
from leadgate.leads import names
from leadgate.leads.explain import reasons, sentence
from leadgate.leads.keys import Keys, derive
from leadgate.leads.records import Audit, Held, Ruling, encode, to_plain
from leadgate.leads.rules import Rules

_CLOCK = SystemClock()


class BadUseError(ValueError):
    """The command can't be done as it was called; the text says why."""


async def provision(settings: Settings, rules: Rules, *, dry_run: bool = False) -> list[str]:
    """Make what is missing; answers what was made, or with `dry_run` what would be."""
    made = [f"topic {name}" for name in await provision_topics(settings, dry_run=dry_run)]
    vendors = make_vendors(settings, _CLOCK)
    try:
        made += await vendors.crm.provision(wants_of(rules), dry_run=dry_run)
    except RowRejected as error:
        raise BadUseError(str(error)) from None
    finally:
        await vendors.close()
    if not dry_run:
        await publish_rules(settings, rules)
    return made


@dataclass(slots=True)
class Findings:
    """What `doctor` found: faults stand in the way, notes are what goes on without something."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def doctor(settings: Settings, rules: Rules) -> Findings:
    """Look at everything outside that Leadgate stands on."""
    found = Findings()
    try:
        found.faults += await check_topics(settings)
    except (KafkaError, OSError) as error:
        found.faults.append(
            f"the broker at {settings.kafka_bootstrap_servers} does not answer ({error!r}): set KAFKA_BOOTSTRAP_SERVERS"
        )
    vendors = make_vendors(settings, _CLOCK)
    try:
        wants = wants_of(rules)
        crm = await vendors.crm.check(wants)
        found.faults += crm or await _strangers(vendors.crm, rules)
        found.notes += [] if crm else [*await vendors.crm.limits(wants), *await unmapped(vendors, rules)]
    except VendorError as error:
        found.faults.append(str(error))
    for check in (vendors.apollo.check, vendors.slack.check):
        found.faults += await check()
    with suppress(VendorError):  # that it doesn't answer is a fault above
        apollos = any(s.tool == "apollo" for s in rules.sequences)
        found.notes += await vendors.apollo.limits(enrich=rules.capture.enrich, sequences=apollos, owners=rules.apollo_owner)
    if settings.google_sheet:
        found.faults += await check_google(settings)
    await vendors.close()
    found.faults += open_points(settings.rules) if _live(settings, rules) else []
    return found


async def _strangers(crm: Crm, rules: Rules) -> list[str]:
    users = await crm.owners()
    known = {o.email for o in users}
    wanted = {r.owner for r in rules.routes} | {rules.nurture.owner, rules.sla.escalate_to, *rules.inboxes}
    teams = set(rules.account_owner.teams if rules.account_owner else ()) - {team for o in users for team in o.teams}
    unknown = [f"rules: {email} is no user of the CRM" for email in sorted(wanted) if email.casefold() not in known]
    return unknown + [f"rules: account_owner.teams: no user of the CRM is in {team}" for team in sorted(teams)]


async def wait_until_sound(settings: Settings, rules: Rules) -> list[str]:
    """Configuration faults, at once; an outage of the broker or the CRM is waited for."""
    while True:
        try:
            faults = await check_topics(settings)
            vendors = make_vendors(settings, _CLOCK)
            try:
                if _live(settings, rules):
                    faults += await vendors.crm.check(wants_of(rules)) + open_points(settings.rules)
            finally:
                await vendors.close()
        except (KafkaError, OSError, Unavailable) as error:
            Console(stderr=True).print(f"waiting: {error!r}", markup=False)
            await asyncio.sleep(2)
            continue
        await publish_rules(settings, rules)
        return faults


def _live(settings: Settings, rules: Rules) -> bool:
    return (rules.effects if settings.effects == "rules" else settings.effects) == "live"


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
        await poller.run(Waiting(sheets), once=once)
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


async def held(settings: Settings) -> list[Any]:
    """Every waiting item, oldest first."""
    latest: dict[bytes, Held | None] = {}
    decoder = msgspec.json.Decoder(Held)
    async with consuming(settings) as consumer:
        async for record in read_to(consumer, await ends(consumer, [names.HELD.full])):
            latest[record.key] = decoder.decode(record.value) if record.value else None
    return [to_plain(h) for h in sorted((h for h in latest.values() if h), key=lambda h: h.since)]


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
            await producer.send_and_wait(
                names.DECIDED.full, encode(ruling), key=ruling.lead_id.encode(), partition=wanted.item.partition
            )
    return {"decided": len(reading.wanted), "untouched": reading.untouched, "problems": reading.problems}


async def resolve(settings: Settings, lead: str, action: str, fields: dict[str, str], actor: str, reason: str) -> Any:
    """Produce a person's decision to the partition of the stage that asked."""
    item = msgspec.convert(await held_one(settings, lead), Held)
    ruling = _ruling(item, action, fields, actor, reason)
    async with producing(settings) as producer:
        await producer.send_and_wait(names.DECIDED.full, encode(ruling), key=lead.encode(), partition=item.partition)
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


async def undo(settings: Settings, imported: str, actor: str, *, dry_run: bool) -> Undone:
    """Take an import back. Raises BadUseError for one that the audit doesn't know."""
    vendors = make_vendors(settings, _CLOCK)
    items = [msgspec.convert(item, Held) for item in await held(settings)]
    try:
        report = await Undoing(settings, vendors, imported, actor, _CLOCK.now()).run(items, dry_run=dry_run)
    finally:
        await vendors.close()
    if report is None:
        raise BadUseError(f"no lead came with import {imported}; leadgate import prints an import's id")
    return report


async def release(settings: Settings, leads: list[str], lists: list[str]) -> dict[str, int]:
    """Send leads that rest in shadow through the gates again, live."""
    return await releasing.release(settings, leads, lists, _CLOCK.now())


async def replay(settings: Settings, rules: Rules, since: str, until: str | None, *, act: bool) -> dict[str, Any]:
    """Rewind the workers' group over `captured`."""
    del rules
    return await replaying.replay(settings, since, until, act=act)


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

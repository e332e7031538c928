"""What the commands do that set a site up and read its vendors. How they are called and printed is
in app/cli."""

from pathlib import Path

from app.base.clock import SystemClock
from app.base.errors import UsageError
from app.base.fault_points import hit_fault_point
from app.base.settings import Settings, SettingsError
from app.base.vendors import make_vendors
from app.commands.progress import counting
from app.console.store import open_read_model
from app.crm_sync.full import FullSync
from app.crm_sync.report import SyncReport
from app.ingest.poller import Poller
from app.kafka.clients import consuming, producing
from app.monitoring.broker_watch import BrokerOutage
from app.monitoring.endpoint import serving
from app.monitoring.lag import committed
from app.privacy.hash_key import SiteKeys, open_keys
from app.privacy.key_store import open_key_store
from app.privacy.lead_keys import open_sealing
from app.review.google_sheet import make_sheets
from app.review.sheets import ReviewSheetProjector
from app.rules.requirements import requirements_of
from app.rules.starter import write_starter_rules
from app.rules.store import load_rules, publish_rules
from app.setup.apollo_account import describe_account
from app.setup.provision import provision_topics
from app.setup.site_check import settle_hash_key, settle_site
from connectors.core.errors import RecordRejected, VendorError
from connectors.core.http import POLLER_SHARE
from leads.rules import Rules

_CLOCK = SystemClock()


async def init(settings: Settings, path: Path) -> list[str]:
    """Write first rules from what the CRM and Apollo hold; returns what Apollo's account holds and
    what these rules would make of it, a sentence each.

    Raises UsageError if the file is there already or its directory is not.
    """
    if path.exists():
        raise UsageError(f"{path} is already there; move it away first")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no directory: create it, or name another file")
    vendors = make_vendors(settings, _CLOCK)
    try:
        await write_starter_rules(vendors, path)
        return await describe_account(vendors.apollo, load_rules(path), _CLOCK.now())
    finally:
        await vendors.close()


async def provision(settings: Settings, rules: Rules, *, dry_run: bool = False) -> list[str]:
    """Make what is missing; returns what was made, or with `dry_run` what would be.

    Raises SettingsError for another secret than the site's, UsageError for a refusal of the CRM.
    """
    made = await provision_topics(settings, rules.retention, dry_run=dry_run)
    store = open_key_store(settings)
    made += store.missing()
    read_model = open_read_model(settings)
    made += read_model.missing()
    if not dry_run:
        store.create()
        faults = await settle_hash_key(settings)
        if faults := faults or await settle_site(settings, await SiteKeys.read(settings)):
            raise SettingsError(faults[0])
        read_model.migrate()
    vendors = make_vendors(settings, _CLOCK)
    try:
        made += await vendors.crm.provision(requirements_of(rules), dry_run=dry_run)
    except RecordRejected as error:
        raise UsageError(str(error)) from None
    finally:
        await vendors.close()
    if not dry_run:
        # the broker makes the topic of its groups now, so that no worker meets it without
        await committed(settings)
        await publish_rules(settings, rules)
    return made


async def sync(settings: Settings, rules: Rules, *, restart: bool) -> SyncReport:
    """Read the CRM's contacts and companies into Kafka, with progress on stderr.

    A run that was cut off goes on where it ended, unless `restart`. The snapshot is durable on
    return. Raises UsageError if the CRM can't be read.
    """
    del rules
    vendors = make_vendors(settings, _CLOCK)
    keys = await open_keys(settings)
    try:
        with counting("contacts and companies read:") as show:
            async with producing(settings) as producer, consuming(settings) as consumer:
                syncing = FullSync(vendors.crm, producer, consumer, keys, show)
                return await syncing.run(_CLOCK.now(), restart=restart)
    except VendorError as error:
        raise UsageError(
            f"the CRM can't be read: {error}; what was read is stored: run leadgate sync-crm again"
            " within twelve hours, and it goes on there"
        ) from None
    finally:
        await vendors.close()


async def poll(settings: Settings, rules: Rules, *, once: bool, since: float | None) -> None:
    """Read the sources until cancelled, or once; the first time from `since`, by default from now.

    Raises UsageError if a source can't be read with `once`.
    """
    vendors = make_vendors(settings, _CLOCK)
    vendors.share(POLLER_SHARE)
    async with producing(settings) as producer:
        keys = await open_keys(settings)
        sealing = open_sealing(settings)
        poller = Poller(settings, rules, vendors, producer, _CLOCK, keys, sealing, hit_fault_point)
        await poller.load_cursor(since)
        sheets, close = make_sheets(settings)
        try:
            async with (
                serving(
                    settings.metrics_address,
                    poller.passes.metrics.registry,
                    poller.passes.why_not_ready,
                ),
                BrokerOutage(settings).watched(),
            ):
                await poller.run(ReviewSheetProjector(sheets, sealing), once=once)
        except VendorError as error:
            raise UsageError(f"a source can't be read: {error}; the others were read") from None
        await close()
    await vendors.close()

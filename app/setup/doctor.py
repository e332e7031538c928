"""`leadgate doctor`, and the checks of a worker before it starts: everything outside Leadgate that
it depends on."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import structlog
from aiokafka.errors import KafkaError

from app.base.clock import SystemClock
from app.base.errors import UsageError
from app.base.settings import Settings
from app.base.vendors import make_vendors
from app.monitoring.broker_watch import BrokerOutage
from app.privacy.hash_key import SiteKeys
from app.privacy.lead_keys import open_lead_keys
from app.review.google_sheet import check_google
from app.rules.requirements import mapping_gaps, requirements_of
from app.rules.store import effects_are_live, publish_rules, unresolved_todos
from app.setup.apollo_account import describe_account
from app.setup.broker_security import describe_denial, security_notes
from app.setup.provision import check_topics
from app.setup.retention import TopicRetention, describe_retention
from app.setup.site_check import check_site, settle_site
from app.setup.site_mark import secret_notes
from connectors.apollo.pace import POLLED, slower
from connectors.core.crm import OwnerDirectory
from connectors.core.errors import Unauthorised, Unavailable, VendorError
from leads.rule_checks import rule_notes
from leads.rules import Rules
from leads.sealing import KeysUnavailableError
from streams.effects.vendors import APART

log = structlog.get_logger(__name__)
_CLOCK = SystemClock()
#: Seconds until what did not answer is asked again.
_PAUSE = 2.0


@dataclass(slots=True)
class Findings:
    """What `doctor` found, one sentence each: faults prevent the work, notes say what is left
    out. `topics`: for how long each is kept, and what it holds; empty if they can't be read."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    topics: list[TopicRetention] = field(default_factory=list)


async def doctor(settings: Settings, rules: Rules) -> Findings:
    """Check everything outside Leadgate that it depends on."""
    found = Findings(notes=rule_notes(rules))
    try:
        found.notes += await security_notes(settings)
        found.faults += await check_topics(settings) or await _check_site(settings)
        if not found.faults:
            found.notes += secret_notes(settings)
            found.notes += (await open_lead_keys(settings).wrapping()).notes
            found.topics, differences = await describe_retention(settings, rules.retention)
            found.notes += differences
    except UsageError as error:
        found.faults.append(str(error))
    except (KafkaError, OSError) as error:
        found.faults.append(
            describe_denial(error, settings)
            or f"the broker at {settings.kafka_bootstrap_servers} does not answer ({error!r}): set"
            " KAFKA_BOOTSTRAP_SERVERS"
        )
    vendors = make_vendors(settings, _CLOCK)
    try:
        wants = requirements_of(rules)
        if faults := await vendors.crm.check(wants):
            found.faults += faults
        else:
            found.faults += await _unknown_users(vendors.crm, rules)
            found.notes += await unknown_members(vendors.crm, rules)
            notes = await vendors.crm.limits(wants)
            found.notes += [*notes, *await mapping_gaps(vendors, rules)]
    except VendorError as error:
        found.faults.append(str(error))
    unread = await vendors.apollo.check()
    found.faults += [*unread, *await vendors.slack.check()]
    with suppress(VendorError):
        found.notes += unknown_lists(rules, await vendors.apollo.lists())
    with suppress(VendorError):  # that Apollo doesn't answer is among the faults already
        found.notes += await vendors.apollo.limits(
            enrich=rules.capture.enrich,
            sequences=any(sequence.tool == "apollo" for sequence in rules.sequences),
            owners=rules.apollo_owner,
        )
        for endpoint in POLLED:
            pace = vendors.apollo.pace(endpoint)
            found.notes += slower(endpoint, pace, settings.poll_seconds)
    if not unread:
        found.notes += await describe_account(vendors.apollo, rules, _CLOCK.now())
    if settings.google_sheet:
        found.faults += await check_google(settings)
    await vendors.close()
    if effects_are_live(settings, rules):
        found.faults += unresolved_todos(settings.rules)
    return found


async def _unknown_users(crm: OwnerDirectory, rules: Rules) -> list[str]:
    """The users and teams that the rules name and the CRM does not have."""
    known: set[str] = set()
    teams: set[str] = set()
    for user in await crm.owners():
        known.add(user.email)
        teams.update(user.teams)
    wanted = {rules.nurture.owner, rules.sla.escalate_to, *rules.inboxes}
    wanted.update(route.owner for route in rules.routes)
    faults = []
    for email in sorted(wanted):
        if email.casefold() not in known:
            faults.append(f"rules: {email} is no user of the CRM")
    if rules.account_owner is not None:
        for team in sorted({*rules.account_owner.teams} - teams):
            faults.append(f"rules: account_owner.teams: no user of the CRM is in {team}")
    return faults


async def unknown_members(crm: OwnerDirectory, rules: Rules) -> list[str]:
    """The members of the rules' teams that are no users of the CRM: they own no lead."""
    known = {user.email.casefold() for user in await crm.owners()}
    notes = []
    for team, members in rules.teams.items():
        for email in members:
            if email.casefold() not in known:
                notes.append(
                    f"rules: teams.{team}: {email} is no user of the CRM, so no clock is counted"
                    " for them"
                )
    return notes


def unknown_lists(rules: Rules, lists: list[str]) -> list[str]:
    """The lists of `high_intent` that Apollo does not have."""
    notes = []
    for sign in rules.high_intent:
        if sign.kind == "list" and sign.value and sign.value not in lists:
            near = get_close_matches(sign.value, lists, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            notes.append(f"rules: high_intent: Apollo has no list {sign.value!r}{hint}")
    return notes


async def wait_until_sound(settings: Settings, rules: Rules, data: Path) -> list[str]:
    """The faults of the configuration, at once; waits while the broker or the CRM does not answer.
    Publishes the rules if there is no fault.

    A key counts as wrong when the CRM has refused it twice, some time apart: a single refusal can
    be a failure of the CRM.
    """
    refused = False
    broker = BrokerOutage(settings)
    awaited = ""
    while True:
        try:
            faults = await _startup_faults(settings, rules, data)
        except (KafkaError, OSError) as error:
            if denial := describe_denial(error, settings):
                return [denial]
            broker.note(answers=False)
            await asyncio.sleep(_PAUSE)
            continue
        except Unavailable as error:
            broker.note(answers=True)
            if awaited != (awaited := str(error)):
                log.warning("waiting for the CRM", error=awaited)
            await asyncio.sleep(_PAUSE)
            continue
        except Unauthorised as error:
            if refused:
                return [str(error)]
            refused = True
            log.warning(
                "the CRM refuses our key; it is asked once more", error=str(error), again_in=APART
            )
            await asyncio.sleep(APART)
            continue
        except VendorError as error:
            return [str(error)]
        broker.note(answers=True)
        if not faults:
            await publish_rules(settings, rules)
        return faults


async def _check_site(settings: Settings) -> list[str]:
    try:
        if faults := await check_site(settings, await SiteKeys.read(settings)):
            return faults
        return (await open_lead_keys(settings).wrapping()).faults
    except KeysUnavailableError as error:
        return [f"{error}: start it, or set LEADGATE_DATABASE_URL"]


async def _startup_faults(settings: Settings, rules: Rules, data: Path) -> list[str]:
    """The faults of topics, site and the worker's directory; if there are none, those of the CRM
    and the rules' TODOs, as far as effects are live."""
    if faults := await check_topics(settings):
        return faults
    keys = open_lead_keys(settings)
    if faults := await settle_site(settings, await SiteKeys.read(settings), data):
        return faults
    if faults := (await keys.wrapping()).faults:
        return faults
    vendors = make_vendors(settings, _CLOCK)
    try:
        if not effects_are_live(settings, rules):
            return []
        faults = await vendors.crm.check(requirements_of(rules))
    finally:
        await vendors.close()
    return faults + unresolved_todos(settings.rules)

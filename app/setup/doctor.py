"""`leadgate doctor`, and what a worker looks at before it starts: everything outside that Leadgate
stands on."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from aiokafka.errors import KafkaError

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.base.vendors import make_vendors
from app.review.google_sheet import check_google
from app.rules.requirements import mapping_gaps, requirements_of
from app.rules.store import effects_are_live, unresolved_todos
from app.setup.provision import check_topics, publish_rules
from app.setup.site_check import check_site, settle_site
from connectors.core.crm import OwnerDirectory
from connectors.core.errors import Unauthorised, Unavailable, VendorError
from leads.rules import Rules
from streams.effects.vendors import APART

log = structlog.get_logger(__name__)
_CLOCK = SystemClock()


@dataclass(slots=True)
class Findings:
    """What `doctor` found: faults stand in the way, notes are what goes on without something."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def doctor(settings: Settings, rules: Rules) -> Findings:
    """Look at everything outside that Leadgate stands on."""
    found = Findings()
    try:
        found.faults += await check_topics(settings) or await check_site(settings)
    except (KafkaError, OSError) as error:
        found.faults.append(
            f"the broker at {settings.kafka_bootstrap_servers} does not answer ({error!r}): set"
            " KAFKA_BOOTSTRAP_SERVERS"
        )
    vendors = make_vendors(settings, _CLOCK)
    try:
        wants = requirements_of(rules)
        crm = await vendors.crm.check(wants)
        found.faults += crm or await _strangers(vendors.crm, rules)
        found.notes += (
            [] if crm else [*await vendors.crm.limits(wants), *await mapping_gaps(vendors, rules)]
        )
    except VendorError as error:
        found.faults.append(str(error))
    for check in (vendors.apollo.check, vendors.slack.check):
        found.faults += await check()
    with suppress(VendorError):  # that it doesn't answer is a fault above
        apollos = any(s.tool == "apollo" for s in rules.sequences)
        found.notes += await vendors.apollo.limits(
            enrich=rules.capture.enrich, sequences=apollos, owners=rules.apollo_owner
        )
    if settings.google_sheet:
        found.faults += await check_google(settings)
    await vendors.close()
    found.faults += unresolved_todos(settings.rules) if effects_are_live(settings, rules) else []
    return found


async def _strangers(crm: OwnerDirectory, rules: Rules) -> list[str]:
    users = await crm.owners()
    known = {o.email for o in users}
    wanted = {r.owner for r in rules.routes} | {
        rules.nurture.owner,
        rules.sla.escalate_to,
        *rules.inboxes,
    }
    teams = set(rules.account_owner.teams if rules.account_owner else ()) - {
        team for o in users for team in o.teams
    }
    unknown = [
        f"rules: {email} is no user of the CRM"
        for email in sorted(wanted)
        if email.casefold() not in known
    ]
    return unknown + [
        f"rules: account_owner.teams: no user of the CRM is in {team}" for team in sorted(teams)
    ]


async def wait_until_sound(settings: Settings, rules: Rules) -> list[str]:
    """Configuration faults, at once; an outage of the broker or the CRM is waited for.

    A key is wrong when the CRM has said so twice, some time apart: one refusal can be the CRM's
    own trouble.
    """
    refused = False
    while True:
        try:
            if faults := await check_topics(settings) or await settle_site(settings):
                return faults
            vendors = make_vendors(settings, _CLOCK)
            try:
                if effects_are_live(settings, rules):
                    faults += await vendors.crm.check(requirements_of(rules)) + unresolved_todos(
                        settings.rules
                    )
            finally:
                await vendors.close()
        except (KafkaError, OSError, Unavailable) as error:
            log.warning("waiting for the broker or the CRM", error=repr(error))
            await asyncio.sleep(2)
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
        if not faults:
            await publish_rules(settings, rules)
        return faults

"""Waiting for a site to settle, and having the auditor judge it: for tests whose site has nothing
but its processes."""

import time
from collections.abc import Callable

from tests.crash import auditor
from tests.crash.case import Case, sort_out
from tests.crash.evidence import LogReader, read_crm
from tests.limits import HUNG
from tests.sites import SiteHarness

#: Cases of the generator whose truth needs the later events, which most tests don't play.
LATER = frozenset(
    {
        "bounce",
        "unsubscribe",
        "reply",
        "intent",
        "new_employer",
        "away_owner",
        "ownerless",
        "sequence",
    }
)
_CLOCK = 10.0  # seconds after the last deadline in which a breach must have shown


def is_settled(case: Case, leads: int) -> bool:
    """Whether so many of Apollo's leads are captured, none moves, nothing is left to read and no
    clock runs."""
    captured = sum(source.startswith("apollo:") for source in case.captured.values())
    moving = any(case.place(lead) in {"", "in_flight"} for lead in case.captured)
    deadline = max(
        (e.outcome["deadline"] for e in case.events if e.kind == "sla_started"), default=0.0
    )
    return (
        captured >= leads
        and not moving
        and not case.evidence.lag()
        and time.time() > deadline + _CLOCK
    )


def violations_of(
    site: SiteHarness,
    leads: int,
    keep_alive: Callable[[], None] = lambda: None,
) -> list[str]:
    """Wait until the site has settled, and what the auditor finds then.

    `keep_alive` is called meanwhile.
    """
    reader = LogReader(site.broker.address)
    deadline = time.monotonic() + HUNG
    while True:
        keep_alive()
        settled = is_settled(sort_out(reader.read()), leads)
        if settled or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    reader.evidence.crm = read_crm(site.base)
    reader.evidence.crm.groups = [
        group for group in reader.evidence.crm.groups if group["case"] not in LATER
    ]
    return [
        f"{violation.kind}: {violation.what}" for violation in auditor.audit(reader.evidence)[1]
    ]

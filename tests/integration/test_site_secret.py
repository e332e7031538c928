"""The site secret replaced while leads come, on a real broker: who is known is recognised, who
opted out stays out, and orders of the step before are obeyed."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.local.demo_site import SITE_SECRET
from leads import topics
from leads.keys import derive
from leads.records import Signal, encode
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = pytest.mark.kafka
NEW = "9d34f2865e1d09ab7c0ffee8d21b94fa"
_OTHERS = ("LEADGATE_OTHER_WRAPPING_SECRET", "LEADGATE_OTHER_SIGNING_SECRET")
#: The settings at each step of the runbook (docs/operations.md, Rotation).
BEFORE: dict[str, str] = {}
KNOWN = dict.fromkeys(_OTHERS, NEW)
CHANGED = {"LEADGATE_SITE_SECRET": NEW} | dict.fromkeys(_OTHERS, SITE_SECRET)
AFTER = {"LEADGATE_SITE_SECRET": NEW}
ASKED = ("Demo requests",)
BY = ("--actor", "olga", "--reason", "it is right")


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[SiteHarness]:
    one = SiteHarness(tmp_path, leads=0)
    try:
        one.ground()
        yield one
    finally:
        one.stop()


def opt_out(site: SiteHarness, address: str) -> None:
    """Tell that a person wants no messages, as the poller does."""
    key = site.keys.address(address)
    heard = Signal(
        signal_id=derive("unsubscribe", address),
        kind="unsubscribe",
        at=time.time(),
        source="apollo",
        address_key=key,
        person_key=key,
    )
    site.produce(topics.SIGNALS, [(key.encode(), encode(heard))])


def is_engaged(site: SiteHarness, lead: str) -> bool:
    """Whether a rep has a lead."""
    return site.place_of(lead) == "engaged"


def restart(site: SiteHarness, settings: dict[str, str]) -> None:
    """The worker, with these settings."""
    site.kill("worker", signal.SIGTERM)
    site.work(**settings)


def test_the_site_secret_is_replaced_while_leads_come(empty_site: SiteHarness) -> None:
    site = empty_site
    site.work()
    [first] = site.capture(captured(1, lists=ASKED))
    for number in range(4):
        opt_out(site, f"out@company{number}.com")
    site.wait_settled(1)
    assert site.place_of(first) == "engaged"
    count, steps = 1, (BEFORE, KNOWN, CHANGED, AFTER)
    for number, (own, next_one) in enumerate(zip(steps, [*steps[1:], AFTER], strict=True)):
        ten = 10 * (number + 1)
        known, out, untitled, new = site.capture(
            captured(ten, lists=ASKED, email="rosalind@sample1.com", company="sample1"),
            captured(ten + 1, company=f"company{number}", email=f"out@company{number}.com"),
            captured(ten + 2, lists=ASKED, title=""),
            captured(ten + 3, lists=ASKED),
        )
        count += 4
        site.wait_settled(count)
        places = {one: site.place_of(one) for one in (known, out, untitled, new)}
        assert places == {known: "merged", out: "suppressed", untitled: "review", new: "engaged"}
        answer = ("review", "resolve", untitled, "--set", "title=VP Sales", *BY)
        assert site.leadgate(*answer, **own)["decided"]
        if own is CHANGED:
            assert site.leadgate("keys", "rewrap", **own)["left"] == 0
        restart(site, next_one)
        site.wait_for(partial(is_engaged, site, untitled))
    assert "LEADGATE_SITE_SECRET is not the one" in site.refusal("audit", "recompute")
    done = site.leadgate("audit", "recompute", **AFTER)
    assert done["same"] == done["decisions"], done
    assert broken_promises(site) == []

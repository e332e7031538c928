"""Retention on a real broker: under load, with two workers of which one stands still and one dies,
nothing unread is deleted; what `replay` needs stays; what was deleted on purpose is no loss."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka.admin import RecordsToDelete

from app.kafka.clients import Offsets, administering, consuming, ends
from app.monitoring.lag import committed
from app.retention.deletions import Deletions, read_deletions
from leads import topics
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = pytest.mark.kafka
AT_REST = {"engaged", "nurtured"}
#: Two seconds, in days, for every topic that a worker shortens.
SHORT = (
    "retention: {stages: 2.3e-5, captured: 2.3e-5, signals: 2.3e-5, review_decisions: 2.3e-5,"
    " sla_outcomes: 2.3e-5, alerts: 2.3e-5, replay: REPLAY}\n"
)
OFTEN = {"LEADGATE_RETENTION_SECONDS": "0.5"}


MakeSite = Callable[[float], SiteHarness]


@pytest.fixture
def make_site(tmp_path: Path, request: pytest.FixtureRequest) -> MakeSite:
    """Makes a site whose rules keep records for two seconds, and so many days for a replay."""

    def make(replay_days: float) -> SiteHarness:
        line = SHORT.replace("REPLAY", str(replay_days))
        one = SiteHarness(tmp_path, leads=0, rules=lambda text: text + line)
        request.addfinalizer(one.stop)
        one.ground()
        return one

    return make


def state_of(site: SiteHarness) -> tuple[Offsets, Offsets, Deletions]:
    """Where the shortened topics begin, what is committed of them, and what was stored."""

    async def read() -> tuple[Offsets, Offsets, Deletions]:
        async with consuming(site.settings()) as consumer:
            end = await ends(consumer, [topic.full for topic in topics.SHORTENED])
            begin = await consumer.beginning_offsets(list(end))
            # later than the beginnings: neither ever goes back
            stored = await read_deletions(consumer)
            return begin, await committed(site.settings()), stored

    return asyncio.run(read())


def check_beginnings(site: SiteHarness) -> int:
    """How many records are deleted; each was committed, and deleted on purpose."""
    begin, done, stored = state_of(site)
    for tp, first in begin.items():
        if first:
            assert first <= done[tp], f"{tp} lacks unread records"
            assert first <= stored[tp].before, f"{tp} was not shortened on purpose"
            assert not stored[tp].otherwise
    return sum(begin.values())


def test_nothing_unread_is_deleted_under_load_a_standstill_and_a_kill(make_site: MakeSite) -> None:
    site = make_site(0)
    for name in ("one", "two"):
        site.work(name, **OFTEN)
    leads: list[str] = []
    for wave in range(8):
        batch = [captured(n, company=f"c{n // 5}") for n in range(wave * 40, wave * 40 + 40)]
        leads += site.capture(*batch)
        if wave == 2:
            site.children["two"].send_signal(signal.SIGSTOP)
        if wave == 4:
            site.children["two"].send_signal(signal.SIGCONT)
        if wave == 6:
            site.kill("two")
        check_beginnings(site)
        time.sleep(1.5)
    site.work("two", **OFTEN)
    site.wait_settled(len(leads))
    gone = site.wait_for(lambda: check_beginnings(site))
    assert gone
    assert broken_promises(site) == []
    assert sum(site.account()["deleted"].values()) >= gone
    for name in ("one", "two"):
        said = (site.data / f"{name}.log").read_text()
        assert "LostRecordsError" not in said
        assert "can't be deleted" not in said
    site.wait_for(lambda: is_empty(site), why=lambda: state_of(site))
    site.kill("two", 15)
    for name in ("one", "two"):
        assert "LostRecordsError" not in (site.data / f"{name}.log").read_text()
    site.work("two", **OFTEN)
    [last] = site.capture(captured(999, company="last"))
    site.wait_for(lambda: site.place_of(last) in AT_REST)
    site.wait_settled(len(leads) + 1)
    assert broken_promises(site) == []
    recomputed = site.leadgate("audit", "recompute")
    assert recomputed["different"] == {}
    assert recomputed["deleted"]


def is_empty(site: SiteHarness) -> bool:
    """Whether every record between stages is deleted, once it is two seconds old."""
    begin, done, _ = state_of(site)
    return all(begin[tp] == end for tp, end in done.items() if tp in begin)


def test_what_replay_needs_is_kept_for_as_long_as_the_rules_say(make_site: MakeSite) -> None:
    site = make_site(1)
    site.work("worker", **OFTEN)
    [lead] = site.capture(captured(1))
    site.wait_for(lambda: site.place_of(lead) in AT_REST)
    site.wait_settled(1)
    time.sleep(5.0)  # it looks ten times
    assert check_beginnings(site) == 0
    stop(site)
    assert site.leadgate("replay", "--from", "1h", "--topic", "matched")["records"] == 1
    site.work("worker", **OFTEN)
    site.wait_settled(1)
    assert broken_promises(site) == []


@pytest.mark.long
def test_a_death_before_deleting_and_what_others_delete(make_site: MakeSite) -> None:
    site = make_site(0)
    site.work("worker", **OFTEN, LEADGATE_CRASH_AT="after deletions stored before deleted")
    leads = site.capture(*(captured(n) for n in range(5)))
    assert site.wait_for_end("worker") == -signal.SIGKILL
    site.remove_members()
    assert check_beginnings(site) == 0
    site.work("worker", **OFTEN)
    site.wait_settled(len(leads))
    site.wait_for(lambda: is_empty(site))
    assert broken_promises(site) == []
    stop(site)
    site.work("worker")  # looks for old records in an hour
    site.capture(*(captured(n) for n in range(5, 60)))
    site.wait_settled(60)
    stop(site)
    delete_by_hand(site, topics.VALIDATED)
    assert list(site.leadgate("audit", "verify")["faults"]) == ["truncated"]
    site.work("worker", **OFTEN)
    said = site.data / "worker.log"
    site.wait_for(lambda: "records were deleted by others" in said.read_text())
    site.wait_for(lambda: is_empty(site))
    assert site.leadgate("audit", "verify")["faults"] == {}


@pytest.mark.long
def test_a_captured_record_that_nothing_was_decided_about_is_kept(make_site: MakeSite) -> None:
    """It is all that shows the loss."""
    site = make_site(0)
    site.work("worker", **OFTEN)
    site.capture(captured(1))
    site.wait_settled(1)
    stop(site)
    [skipped] = site.capture(captured(2))
    site.commit_to_the_end(topics.CAPTURED)
    site.work("worker", **OFTEN)
    said = site.data / "worker.log"
    site.wait_for(lambda: "was never decided" in said.read_text())
    site.wait_for(lambda: "Nothing was decided" in str(site.records(topics.ALERTS)))
    assert list(site.leadgate("audit", "verify")["faults"]) == ["skipped"]
    stop(site)
    [kept] = site.records(topics.CAPTURED)
    at = ("--partition", str(kept.partition), "--from-offset", str(kept.offset))
    assert site.leadgate("replay", *at, "--act")["records"] == 1
    site.work("worker", **OFTEN)
    site.wait_for(lambda: site.place_of(skipped) in AT_REST)
    site.wait_settled(2)
    site.wait_for(lambda: not site.records(topics.CAPTURED))
    assert broken_promises(site) == []


def stop(site: SiteHarness) -> None:
    """Stop the worker, and take it out of the group."""
    site.kill("worker", signal.SIGTERM)
    site.remove_members()


def delete_by_hand(site: SiteHarness, topic: topics.Topic) -> None:
    """Somebody deletes what is processed of a topic."""

    async def delete() -> None:
        settings = site.settings()
        done = await committed(settings)
        before = {tp: RecordsToDelete(end) for tp, end in done.items() if tp.topic == topic.full}
        async with administering(settings) as admin:
            await admin.delete_records(before)

    asyncio.run(delete())

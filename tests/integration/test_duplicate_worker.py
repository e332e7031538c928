"""Two workers under one LEADGATE_WORKER_ID: the older one ends and says why, the newer one works
on."""

import pytest

from leads.keys import lead_id
from streams.consumer.static_member import is_static_member
from tests.samples import captured
from tests.sites import SiteHarness

UUID = "0f0e0d0c-0b0a-0908-0706-050403020100"


@pytest.mark.kafka
def test_the_older_worker_ends_and_names_the_setting(site: SiteHarness) -> None:
    site.work()
    older, newer = site.data / "worker.log", site.data / "second.log"
    site.wait_for(lambda: "worker ready" in older.read_text())
    site.spawn("second", "worker", "--data", str(site.data / "second"), LEADGATE_WORKER_ID="worker")
    assert site.wait_for_end("worker") == 2
    last = older.read_text().splitlines()[-1]
    assert "another worker runs with this worker's LEADGATE_WORKER_ID" in last
    record = captured(1)
    site.capture(record)
    lead = lead_id("apollo", record.source_id)
    site.wait_for(lambda: site.place_of(lead) in {"engaged", "nurtured"})
    assert newer.read_text().count("partitions assigned") == 1


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([f"worker-1-{UUID}"], True),
        ([f"worker-2-{UUID}", f"worker-1-{UUID}"], True),
        ([f"worker-1-2-{UUID}"], False),
        ([f"xworker-1-{UUID}"], False),
        (["worker-1"], False),
        ([], False),
    ],
)
def test_a_static_member_is_known_by_its_member_id(members: list[str], expected: bool) -> None:
    assert is_static_member("worker-1", members) is expected

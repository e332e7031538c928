"""A merge taken back on a real broker, through the command line, with HubSpot."""

from pathlib import Path
from typing import Any

import pytest

from leads.records import Captured
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = pytest.mark.kafka
BY = ("--actor", "olga", "--reason", "father and son")
LATER = "2026-11-22T10:00:00.000Z"  # than what the first record says
PROFILE = "http://www.linkedin.com/in/gmontgomery"


def gloria(number: int, email: str, **fields: Any) -> Captured:
    """A record of somebody whom a LinkedIn profile names."""
    given = {"first_name": "Gloria", "last_name": "Montgomery", "company": "alike"}
    return captured(number, email=email, **(given | {"linkedin_url": PROFILE} | fields))


def test_a_merged_lead_becomes_a_person_of_its_own_and_stays_one(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=0)
    try:
        site.ground()
        site.work()
        [kept] = site.capture(gloria(1, "gloria@alike.com"))
        site.wait_for(lambda: site.place_of(kept) in {"engaged", "nurtured"})
        title = properties(site)["jobtitle"]
        better = {"title": f"{title} Europe", "sanitized_phone": "+12025550143"}
        [merged] = site.capture(
            gloria(2, "gloria.montgomery@alike.com", **better, updated_at=LATER)
        )
        [twin] = site.capture(gloria(3, "Gloria@alike.com"))
        site.wait_for(lambda: [site.place_of(i) for i in (merged, twin)] == ["merged"] * 2)
        site.wait_settled(3)
        assert len(contacts(site)) == 1
        site.wait_for(lambda: properties(site)["phone"] == "+12025550143")
        assert properties(site)["jobtitle"] == f"{title} Europe"
        assert contacts(site) == ["gloria@alike.com"]
        assert properties(site)["leadgate_lead"] == kept
        assert "it was not merged" in site.refusal("unmerge", kept, *BY)
        assert "the same address" in site.refusal("unmerge", twin, *BY)
        planned = site.leadgate("unmerge", merged, *BY, "--dry-run")
        assert (planned["into"], planned["unmerged_at"], planned["workers"]) == (kept, 0.0, 1)
        assert site.place_of(merged) == "merged"
        done = site.leadgate("unmerge", "gloria.montgomery@alike.com", *BY)
        assert (done["lead"], done["into"]) == (merged, kept)
        assert not properties(site)["phone"]
        assert properties(site)["jobtitle"] == title
        site.wait_for(lambda: site.place_of(merged) in {"engaged", "nurtured"})
        assert contacts(site) == ["gloria.montgomery@alike.com", "gloria@alike.com"]
        again = site.leadgate("unmerge", merged, *BY)
        assert again["unmerged_at"] > 0
        later = {"title": "SVP Sales", "updated_at": "2026-11-25T10:00:00.000Z"}
        site.capture(
            gloria(1, "gloria@alike.com", **later),
            gloria(2, "gloria.montgomery@alike.com", **later),
        )
        site.wait_for(lambda: [revisions(site, i) for i in (kept, merged)] == [1, 2])
        site.wait_settled(3)
        assert {site.place_of(i) for i in (kept, merged)} <= {"engaged", "nurtured"}
        assert contacts(site) == ["gloria.montgomery@alike.com", "gloria@alike.com"]
        for lead in (kept, merged):
            [told] = [e for e in site.leadgate("why", lead) if e["kind"] == "unmerged"]
            assert (told["actor"], told["outcome"]["reason"]) == ("olga", "father and son")
        assert broken_promises(site) == []
        assert site.leadgate("audit", "recompute")["different"] == {}
    finally:
        site.stop()


def test_what_it_wrote_on_the_other_persons_contact_is_given_back(tmp_path: Path) -> None:
    """HubSpot holds both addresses on one contact, so that the second lead is found to be the
    first one's person; its record has the first one's address, and fills blanks."""
    site = SiteHarness(tmp_path, leads=0)
    try:
        site.ground()
        site.work()
        [kept] = site.capture(gloria(1, "gloria@alike.com", linkedin_url=""))
        site.wait_for(lambda: site.place_of(kept) in {"engaged", "nurtured"})
        [held] = site.objects("hubspot.contacts")
        both = {**held["properties"], "hs_additional_emails": "office@other.com"}
        site.control("POST", f"objects/hubspot.contacts/{held['id']}", {**held, "properties": both})
        more = [{"email": "gloria@alike.com"}]
        [merged] = site.capture(
            gloria(
                2,
                "office@other.com",
                company="other",
                linkedin_url="",
                contact_emails=more,
                sanitized_phone="+12025550143",
            )
        )
        site.wait_for(lambda: site.place_of(merged) == "merged")
        site.wait_settled(2)
        assert properties(site)["phone"] == "+12025550143"
        assert properties(site)["leadgate_lead"] == kept
        done = site.leadgate("unmerge", merged, *BY)
        assert "phone" in done["restored"][held["id"]]
        assert not properties(site)["phone"]
        assert properties(site)["leadgate_lead"] == kept
        site.wait_for(lambda: site.place_of(merged) == "review")
        [item] = [i for i in site.leadgate("review", "list") if i["lead_id"] == merged]
        assert (item["stage"], item["reason_kind"]) == ("write", "shared_address")
        site.leadgate("review", "resolve", merged, "--set", "email=g.mont@other.com", *BY)
        site.wait_for(lambda: site.place_of(merged) in {"engaged", "nurtured"})
        assert contacts(site) == ["g.mont@other.com", "gloria@alike.com"]
        assert broken_promises(site) == []
        assert site.leadgate("audit", "recompute")["different"] == {}
    finally:
        site.stop()


def contacts(site: SiteHarness) -> list[str]:
    """The main addresses of all contacts."""
    return sorted(person["email"] for person in site.crm("people"))


def properties(site: SiteHarness) -> dict[str, Any]:
    """What the first contact holds."""
    found: dict[str, Any] = min(site.objects("hubspot.contacts"), key=lambda c: int(c["id"]))[
        "properties"
    ]
    return found


def revisions(site: SiteHarness, lead: str) -> int:
    """How often a lead came in again."""
    return sum(event["kind"] == "revised" for event in site.leadgate("why", lead))

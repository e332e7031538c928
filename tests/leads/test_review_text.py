"""A waiting lead as people read it."""

from leads.explain import describe_item, review_line
from leads.records import Company, Person, Reason, ReviewItem

ITEM = ReviewItem(
    lead_id="1aa18dfd-8d67-5007-a54f-16f7574545b8",
    kind="review",
    stage="intake",
    partition=0,
    step=1,
    since=1_795_514_400.0,
    reasons=(Reason(rule="required.title", why="title is missing", decisive=True),),
    person=Person(first_name="Ben", last_name="Archer", email="ben@northpole.test", country="DE"),
    company=Company(name="Northpole Tools", domain="northpole.test"),
    reason_kind="invalid",
)


def test_a_line_names_the_person() -> None:
    line = review_line(ITEM)
    assert line.startswith(f"{ITEM.lead_id}  review ")
    assert line.endswith("  Ben Archer <ben@northpole.test>  title is missing")


def test_a_lead_without_name_and_address_has_a_line() -> None:
    nobody = ReviewItem(lead_id="x", kind="held", stage="write", partition=0, step=1, since=0.0)
    assert "no name" in review_line(nobody)


def test_an_item_is_shown_as_text() -> None:
    assert describe_item(ITEM).splitlines() == [
        f"lead {ITEM.lead_id}",
        "  who:      Ben Archer <ben@northpole.test>",
        "  location: DE",
        "  company:  Northpole Tools, northpole.test",
        "  waits:    review at intake as invalid, step 1",
        "  since:    2026-11-24 10:00:00 UTC",
        "  decided: required.title: title is missing",
    ]

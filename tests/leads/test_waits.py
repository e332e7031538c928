"""What comes for a lead that waits, rests, or is put off."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leads.decision import Parked
from leads.records import Lead, ReviewDecision, ReviewItem, Signal
from leads.review_items import ReviewItems
from leads.table_rows import Deferred
from leads.waits import EARLY_WAITS, awaits, defer, early_wait, release, resume
from tests.leads.test_gates import NOW, lead


def signal(kind: str, ident: str = "s", **fields: object) -> Signal:
    """A signal about the sample lead's person."""
    return replace(
        Signal(signal_id=ident, kind=kind, at=NOW + 1, source="crm", person_key="p1"),
        **fields,
    )


def review_decision(step: int, ident: str = "r") -> ReviewDecision:
    """A person's word on the sample lead."""
    return ReviewDecision(
        decision_id=ident,
        lead_id="l1",
        stage="engage",
        step=step,
        action="redrive",
        actor="o",
        reason="",
        at=NOW + 5,
    )


def asked(waiting: Lead, step: int) -> ReviewItem:
    """What people are asked of it."""
    return ReviewItem(
        lead_id=waiting.lead_id, kind="held", stage="engage", partition=0, step=step, since=NOW
    )


def rests(**fields: object) -> Parked:
    """The lead at rest."""
    return replace(Parked(subject="l1", lead=lead(), wakes=("reply", "intent")), **fields)


def test_a_put_off_lead_is_set_going_by_nothing_and_awaits_what_people_were_asked() -> None:
    put_off = rests(put_off=True, rested=lead(), held=asked(lead(), 3))
    assert resume(put_off, signal("reply"), "engage") is None
    assert resume(put_off, review_decision(3), "engage") is None
    assert awaits(put_off, review_decision(3))
    assert not awaits(put_off, review_decision(4))
    assert not awaits(rests(held=asked(lead(), 3)), review_decision(3))


def test_what_was_deferred_goes_out_as_soon_as_the_lead_rests_in_the_order_in_which_it_came() -> (
    None
):
    kept = Deferred()
    for number, kind in enumerate(("intent", "owner", "reply")):
        kept = defer(kept, signal(kind, f"s{number}"), NOW + number)
    sent, stays = release(kept, rests(), "engage", lasting=True)
    assert [(s.kind, s.only, s.delivery) for _, s in sent.signals] == [
        ("intent", "engage", 1),
        ("reply", "engage", 1),
    ]
    assert not stays


def test_an_answer_waits_while_the_lead_does_and_ends_with_it() -> None:
    kept = defer(None, signal("reply"), NOW + 1)
    held = Parked(subject="l1", lead=lead(), wakes=("sequence",), held=asked(lead(), 3))
    assert release(kept, held, "engage", lasting=True)[1] == kept
    assert not any(release(kept, None, "engage", lasting=False))


def test_a_person_who_decides_has_had_the_replies_before_and_not_those_after() -> None:
    kept = defer(defer(None, signal("reply", "a"), NOW + 1), signal("reply", "b"), NOW + 9)
    sent, _ = release(kept, rests(), "engage", lasting=True, answered_at=NOW + 5)
    assert [s.signal_id for _, s in sent.signals] == ["b"]


def test_a_signal_older_than_the_sources_record_says_nothing() -> None:
    kept = defer(None, signal("intent"), NOW - 1)
    assert not any(release(kept, rests(), "engage", lasting=True))
    assert resume(rests(), signal("intent", delivery=1, at=NOW - 1), "engage") is None


def test_a_review_decision_goes_on_under_the_step_at_which_the_lead_asks_by_now() -> None:
    kept = defer(None, review_decision(3), NOW)
    sent, _ = release(kept, rests(held=asked(lead(), 4)), "engage", lasting=False)
    assert [(r.step, r.delivery) for r in sent.review_decisions] == [(4, 1)]
    assert not any(release(kept, rests(), "engage", lasting=False))


def test_a_signal_about_nobody_comes_again_for_a_day() -> None:
    waits = [early_wait(signal("reply", delivery=number)) for number in range(len(EARLY_WAITS) + 1)]
    assert waits[-1] == 0
    assert 80_000 < sum(waits) <= 86_400
    assert early_wait(signal("owner")) == 0


@given(st.permutations([(3, "review"), (4, "moved"), (7, "held"), (9, "moved")]), st.integers(1, 4))
def test_whether_a_lead_waits_is_said_by_its_latest_step_whatever_is_written_again(
    order: list[tuple[int, str]], known: int
) -> None:
    items = ReviewItems()
    for step, kind in [*order[:known], *order[:known]]:
        items.note(replace(asked(lead(), step), kind=kind))
    last = max(order[:known])
    assert [i.step for i in items.waiting()] == ([] if last[1] == "moved" else [last[0]])

"""The proof of conservation can fail: a lead doubled and a lead from nowhere are told."""

from app.audit import Brief, settle


def event(lead: str, kind: str, step: int, place: str) -> Brief:
    """One audit event."""
    return Brief(id=f"{lead}{kind}{step}{place}", lead=lead, stage="s", kind=kind, step=step, place=place)


def test_the_place_is_that_of_the_highest_step() -> None:
    account = settle([event("a", "captured", 0, "in_flight"), event("a", "engaged", 7, "engaged"), event("a", "held", 3, "held")])
    assert account.places == {"a": "engaged"}
    assert account.report()["conserved"]


def test_two_places_at_one_step_are_a_lead_doubled() -> None:
    account = settle(
        [event("a", "captured", 0, "in_flight"), event("a", "engaged", 7, "engaged"), event("a", "nurtured", 7, "nurtured")]
    )
    assert not account.report()["conserved"]


def test_a_lead_that_was_never_captured_is_told() -> None:
    assert settle([event("a", "engaged", 7, "engaged")]).broken


def test_events_that_move_nobody_move_nobody() -> None:
    account = settle([event("a", "captured", 0, "in_flight"), event("a", "held", 3, "held"), event("a", "breached", 9, "")])
    assert account.places == {"a": "held"}

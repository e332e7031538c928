"""The demo explains each place, and the way of one lead."""

from app.local.demo_story import MEANINGS, describe_way, explain_places
from leads.audit_kinds import AUDIT_KINDS
from leads.records import Audit, AuditPerson, Place

RECORD = {"record": {"company": {"name": "Engine Works"}}}
OUTCOMES = {
    "captured": {"source": "apollo"},
    "written": {"contact": "41", "existed": False},
    "scored": {"points": 85, "parts": {"size": 20, "seniority": 30}},
    "routed": {"kind": "rep", "owner": "ana@acme.test", "rule": "us-west"},
    "assigned": {"owner": "ana@acme.test"},
    "noticed": {"to": "ana@acme.test", "text": "Ada: 85 points"},
    "sla_started": {"deadline": 1_800_000_000.0},
}


def event(kind: str) -> Audit:
    """An event of one lead."""
    ada = AuditPerson(first_name="Ada", last_name="Byron", title="VP Sales")
    return Audit(
        id=kind,
        lead="l",
        stage="s",
        kind=kind,
        step=1,
        place="",
        at=0.0,
        actor="leadgate",
        cause="",
        rules="",
        inputs=RECORD,
        outcome=OUTCOMES.get(kind),
        person=ada,
    )


def test_every_place_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Place) - {Place.NOWHERE}
    shown = explain_places({"engaged": 2, "review": 1, "held": 0}).splitlines()
    assert [line.split()[0] for line in shown[1:]] == ["engaged", "review"]


def test_the_way_of_a_lead_is_described_in_plain_sentences() -> None:
    kinds = ["captured", "validated", "unique", "matched", *list(OUTCOMES)[1:], "engaged"]
    first, *sentences = describe_way([event(kind) for kind in kinds]).splitlines()
    assert first == "The way of one lead, Ada Byron, VP Sales at Engine Works:"
    assert len(sentences) == len(kinds)
    text = "\n".join(sentences)
    assert "Write: contact 41 was made in the CRM." in text
    assert "Score: 85 of 100 points (size 20, seniority 30)." in text
    assert "Route: the rule 'us-west' gives it to ana@acme.test." in text
    assert "Clock: the owner has until 2027-01-15 08:00:00 UTC to act." in text


def test_every_kind_of_event_has_a_sentence() -> None:
    for kind in AUDIT_KINDS:
        if kind.name not in OUTCOMES and "*" not in kind.name:
            assert describe_way([event(kind.name)]).count("\n") == 1, kind.name

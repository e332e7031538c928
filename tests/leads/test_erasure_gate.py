"""The erasure stage's gate: the order of the steps, and what the certificate says."""

from typing import Any

from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult, Erased
from leads.effects import EraseContact
from leads.erasure import Erasure
from leads.erasure_order import ErasureOrder, PersonOutside
from leads.gates.common import terminal_decision
from leads.gates.erasure import ErasureState, PersonErasure
from leads.gates.signals import Signals, SignalsState
from leads.keys import Keys
from leads.person_traces import PersonTraces, begin_order, erasing_signals, finish_order
from leads.records import Audit, AuditPerson, Place
from leads.rules import Rules
from leads.table_rows import Suppression
from tests.leads.test_gates import lead

NOW = 1_800_000_000.0
PERSON = PersonOutside(
    person_key="k1",
    contact_ids=("c1",),
    apollo_ids=("a1",),
    emails=("ada@a.test",),
    address_keys=("k1", "k2"),
    lead_ids=("l1", "l2"),
)
BEGUN = begin_order(PERSON, "olga", "asked", NOW)
ORDER = finish_order(BEGUN, PERSON, ["l2"])
ERASED = Suppression(kind="erased", at=NOW, source="erase", whole_person=True)


def decide(order: ErasureOrder, done: dict[str, EffectResult], rules: Rules) -> Any:
    """The gate's answer."""
    return PersonErasure().decide(order, ErasureState(), done, rules, NOW + 5)


def run(rules: Rules, refused: str = "") -> tuple[list[list[str]], Decision]:
    """The steps as they are asked for, and the decision; effects of a name are refused."""
    steps: list[list[str]] = []
    done: dict[str, EffectResult] = {}
    while isinstance(answer := decide(ORDER, done, rules), NeedsEffects):
        steps.append(list(answer.effects))
        for name, effect in answer.effects.items():
            part = Erasure(system="HubSpot", what="contact", outcome="erased", ids=("c1",))
            value = Erased(parts=(part,)) if isinstance(effect, EraseContact) else None
            done[name] = EffectResult(ok=True, value=value)
            if refused and name.startswith(refused):
                done[name] = EffectResult(ok=False, kind="rejected", reason="no right")
    assert isinstance(answer, Decision)
    return steps, answer


def test_the_contact_is_the_last_and_then_the_keys(rules: Rules) -> None:
    steps, decision = run(rules)
    assert steps[0][0] == "stop c1"
    assert steps[-1] == ["contact c1"]
    assert (decision.kind, decision.place) == ("person_erased", Place.NOWHERE)
    assert decision.erases == ("l1", "l2", BEGUN.erasure_id)
    assert [part["outcome"] for part in decision.outcome["parts"]] == ["erased", "erased"]
    assert decision.outcome["not_ended"] == ("l2",)


def test_what_refuses_is_a_line_of_the_certificate(rules: Rules) -> None:
    _, decision = run(rules, refused="apollo")
    failed = [part for part in decision.outcome["parts"] if part["outcome"] == "failed"]
    assert {part["system"] for part in failed} == {"Apollo"}
    assert all(part["remains"] == "no right" for part in failed)


def test_the_first_phase_is_only_stored(rules: Rules) -> None:
    assert decide(BEGUN, {}, rules).kind == "unchanged"
    assert BEGUN.order_id != ORDER.order_id == BEGUN.erasure_id


def test_an_erasure_says_more_than_an_opt_out(rules: Rules) -> None:
    [signal] = erasing_signals(["k1"], NOW)
    opted = Suppression(kind="unsubscribe", at=1.0, source="crm", whole_person=True)
    for known, writes in ((None, 1), (opted, 1), (ERASED, 0)):
        answer = Signals().decide(signal, SignalsState(suppression=known), {}, rules, NOW)
        assert isinstance(answer, Decision)
        assert len(answer.puts) == writes


def test_who_was_erased_ends_and_its_key_with_it() -> None:
    end = terminal_decision(lead(), ERASED, NOW)
    assert end is not None
    assert (end.place, end.erases) == (Place.ERASED, (lead().lead_id,))
    ordered = terminal_decision(lead(review_decisions={"erase": "olga"}), None, NOW)
    assert ordered is not None
    assert ordered.place == Place.ERASED


def story(ident: str, place: str, email: str, contact: str) -> list[Audit]:
    """A lead that has come to a place."""
    record = {"lead_id": ident, "person_key": "k1", "apollo_id": f"a-{ident}"}
    if contact:
        record["crm"] = {"contact_id": contact}  # type: ignore[assignment]
    return [
        Audit(
            id=ident,
            lead=ident,
            stage="engage",
            kind="x",
            step=3,
            place=place,
            at=NOW,
            actor="a",
            cause="c",
            rules="r",
            inputs={"record": record},
            person=AuditPerson(email=email),
        )
    ]


def test_traces_name_every_address_and_contact_but_none_of_shadow() -> None:
    keys = Keys("s")
    stories = {
        "l1": story("l1", "engaged", "Ada@a.test", "c1"),
        "l2": story("l2", "merged", "ada@b.test", "shadow:k1"),
    }
    traces = PersonTraces("k1", stories)
    assert list(traces.not_ended()) == ["l1"]
    person = traces.outside(keys, [])
    assert person.contact_ids == ("c1",)
    assert person.apollo_ids == ("a-l1", "a-l2")
    own = {keys.address(email) for email in ("ada@a.test", "ada@b.test")}
    assert set(person.address_keys) == {"k1"} | own
    assert begin_order(person, "x", "", 1.0).erasure_id == begin_order(
        traces.outside(keys, []), "y", "", 2.0
    ).erasure_id

"""A signal follows its address to another person's partition, however many aliases lie between."""

import pytest
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision
from leads.gates.engage import DEFERRED, AliasRows, Engage, EngageState
from leads.gates.identity import Identity, IdentityState
from leads.gates.signals import Signals, SignalsState
from leads.records import IdentityLink, ReviewDecision, Signal
from leads.rules import Rules
from leads.table_rows import Deferred, PersonRow, Suppression
from leads.waits import MOST_DELIVERIES
from tests.leads.test_gates import NOW

INTEREST = Signal(
    signal_id="s1",
    kind="intent",
    at=NOW,
    source="crm",
    address_key="k1",
    person_key="k1",
    value="list:Demo requests",
)
OPT_OUT = replace(INTEREST, signal_id="s2", kind="unsubscribe", value="")
LINK = IdentityLink(link_id="l1", address_key="k1", person_key="k2")


def routed(signal: Signal, alias_of: str, rules: Rules) -> Decision:
    """What the signals stage decides, where the signal's key is an alias."""
    row = PersonRow(person_key=alias_of)
    decision = Signals().decide(signal, SignalsState(person=row), {}, rules, NOW)
    assert isinstance(decision, Decision)
    return decision


def sent(decision: object) -> list[tuple[str, Signal]]:
    """The signals of a decision, with their topics."""
    assert isinstance(decision, Decision)
    return [(one.topic, one.record) for one in decision.outputs]


def test_a_signal_follows_every_alias_and_no_circle(rules: Rules) -> None:
    key, signal, way = "k1", INTEREST, list[str]()
    for number in range(2, 30):
        key = f"k{number}"
        [(topic, signal)] = sent(routed(signal, key, rules))
        if topic == topics.ROUTED_SIGNALS.full:
            break
        way.append(signal.person_key)
    assert way == [f"k{number}" for number in range(2, 3 + MOST_DELIVERIES)]
    assert (signal.signal_id, signal.address_key) == ("s1", "k1")


def test_each_person_on_an_opt_outs_way_is_suppressed(rules: Rules) -> None:
    first = routed(OPT_OUT, "k2", rules)
    [(_, moved)] = sent(first)
    second = routed(moved, "k3", rules)
    assert [put.key for put in (*first.puts, *second.puts)] == ["k1", "k2"]


def test_a_claimed_address_that_becomes_an_alias_is_told_to_engagement(rules: Rules) -> None:
    claimed = PersonRow(person_key="k1", lead_id="lead-1", status="ended")
    answer = Identity().decide(LINK, IdentityState(person=claimed), {}, rules, NOW)
    told = sent(answer)
    assert [said.kind for _, said in told] == ["linked", "moved"]
    for topic, said in told:
        assert (topic, said.only) == (topics.ROUTED_SIGNALS.full, "engage")
        assert (said.person_key, said.value) == ("k1", "lead-1")
        assert said.address_key == "k2"
    unclaimed = Identity().decide(LINK, IdentityState(), {}, rules, NOW)
    assert sent(unclaimed) == []


def test_what_was_deferred_goes_after_a_lead_whose_address_was_claimed_meanwhile(
    rules: Rules,
) -> None:
    """The link came after another lead's claim, and is refused."""
    claimed = PersonRow(person_key="k1", lead_id="lead-2")
    moved = replace(LINK, from_lead="lead-1")
    answer = Identity().decide(moved, IdentityState(person=claimed), {}, rules, NOW)
    assert isinstance(answer, Decision)
    assert (answer.kind, answer.puts) == ("link_refused", ())
    for _, said in sent(answer):
        assert (said.value, said.person_key, said.address_key) == ("lead-1", "k1", "k2")
    ended = replace(claimed, status="ended")
    both = sent(Identity().decide(moved, IdentityState(person=ended), {}, rules, NOW))
    assert [signal.value for _, signal in both] == 2 * ["lead-1"] + 2 * ["lead-2"]
    assert len({signal.signal_id for _, signal in both}) == 4


@pytest.mark.parametrize(("step", "freed"), [(0, True), (4, False), (5, True), (6, True)])
def test_an_end_that_is_older_than_a_claim_does_not_free_it(
    step: int, freed: bool, rules: Rules
) -> None:
    """A lead may come back to its address before the end of its first claim is read. Links of an
    earlier release have no step."""
    claimed = PersonRow(person_key="k1", lead_id="lead-1", step=5)
    ended = replace(LINK, person_key="", ended="lead-1", step=step)
    answer = Identity().decide(ended, IdentityState(person=claimed), {}, rules, NOW)
    assert isinstance(answer, Decision)
    assert bool(answer.puts) == freed


def test_a_bounce_follows_its_address_to_another_persons_partition(rules: Rules) -> None:
    """The lead is written to the bounced address there, too (promise P4)."""
    bounced = Suppression(kind="bounce", at=NOW, source="csv", whole_person=False)
    answer = Identity().decide(LINK, IdentityState(suppression=bounced), {}, rules, NOW)
    [(topic, moved)] = sent(answer)
    assert (topic, moved.kind, moved.address_key, moved.person_key) == (
        topics.SIGNALS.full,
        "bounce",
        "k1",
        "k2",
    )
    decision = Signals().decide(moved, SignalsState(), {}, rules, NOW)
    assert isinstance(decision, Decision)
    assert [put.key for put in decision.puts] == ["k1"]
    assert decision.outputs[0].key == "k2"


def test_what_was_deferred_goes_after_its_lead_and_answers_stay(rules: Rules) -> None:
    answer = ReviewDecision(
        decision_id="d",
        lead_id="lead-1",
        stage="engage",
        step=3,
        action="redrive",
        actor="olga",
        reason="",
        at=NOW,
    )
    waits = Deferred(signals=((NOW, INTEREST),), review_decisions=(answer,))
    alias = AliasRows(person=PersonRow(person_key="k2"), deferred=waits)
    seen = EngageState(alias=alias)
    told = replace(INTEREST, kind="linked", value="lead-1", address_key="k2")
    decision = Engage().decide(told, seen, {}, rules, NOW)
    [(topic, moved)] = sent(decision)
    assert topic == topics.SIGNALS.full
    assert moved == replace(INTEREST, person_key="k2", forwarded=True, delivery=1)
    assert isinstance(decision, Decision)
    [put] = decision.puts
    assert (put.table, put.key) == (DEFERRED, "lead-1")
    assert put.value == Deferred(review_decisions=(answer,))


def test_a_signal_that_meets_an_alias_at_engagement_reaches_every_stage_there(
    rules: Rules,
) -> None:
    again = replace(INTEREST, only="engage", delivery=2)
    seen = EngageState(alias=AliasRows(person=PersonRow(person_key="k2")))
    [(_, moved)] = sent(Engage().decide(again, seen, {}, rules, NOW))
    assert (moved.person_key, moved.only, moved.delivery) == ("k2", "", 3)

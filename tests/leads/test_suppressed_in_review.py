"""A person decides that somebody is not to be written to: that holds for every later lead."""

from typing import Any

import pytest
from msgspec.structs import replace

from leads.decision import Decision
from leads.gates import assign, colleagues, company, engage, identity, routing, write
from leads.gates.common import Guarded
from leads.gates.intake import Intake, IntakeState
from leads.gates.person_values import WriteState
from leads.gates.signals import Signals, SignalsState
from leads.keys import Keys
from leads.records import Place, Signal
from leads.rules import Rules
from leads.table_rows import SourceRow
from tests.leads.test_gates import NOW, OK, lead

DECIDED = {"suppress": "rev@acme.test"}
GATES: list[tuple[Any, Any]] = [
    (Intake(Keys("s")), IntakeState()),
    (identity.Identity(), identity.IdentityState()),
    (company.Companies(), colleagues.CompanyState()),
    (write.Write(), WriteState()),
    (routing.Routing(), Guarded()),
    (assign.Assign(), assign.AssignState()),
    (engage.Engage(), engage.EngageState()),
]


def opt_outs(decision: Any) -> list[Signal]:
    """The signals of a decision that ends a lead."""
    assert isinstance(decision, Decision)
    assert decision.place is Place.SUPPRESSED
    return [o.record for o in decision.outputs if isinstance(o.record, Signal)]


@pytest.mark.parametrize(("gate", "seen"), GATES, ids=lambda part: getattr(part, "name", ""))
def test_each_gate_tells_the_signals_stage(rules: Rules, gate: Any, seen: Any) -> None:
    record = lead(review_decisions=DECIDED, address_key="p1", person_key="p1")
    done = {"stop": OK, "apollo": OK}
    [opt_out] = opt_outs(gate.decide(record, seen, done, rules, NOW))
    assert (opt_out.kind, opt_out.address_key, opt_out.source) == (
        "do_not_contact",
        "p1",
        "review",
    )


def test_the_address_and_the_person_are_stopped(rules: Rules) -> None:
    """The lead came by an address that was another person's, or is by now."""
    record = lead(review_decisions=DECIDED, address_key="a2", person_key="p1")
    found = opt_outs(write.Write().decide(record, WriteState(), {}, rules, NOW))
    assert [signal.address_key for signal in found] == ["a2", "p1"]
    assert len({signal.signal_id for signal in found}) == 2


def test_a_revision_that_waits_at_intake_stops_the_person_that_is_known(rules: Rules) -> None:
    waits = lead(review_decisions=DECIDED, address_key="a2", person_key="a2")
    source = SourceRow(
        lead_id="l1", version="v", revision=0, address_key="p1", person_key="p1", company_domain=""
    )
    found = opt_outs(Intake(Keys("s")).decide(waits, IntakeState(source=source), {}, rules, NOW))
    assert [signal.address_key for signal in found] == ["a2", "p1"]


def test_what_was_decided_in_review_suppresses_the_whole_person(rules: Rules) -> None:
    record = lead(review_decisions=DECIDED, address_key="p1", person_key="p1")
    [opt_out] = opt_outs(write.Write().decide(record, WriteState(), {}, rules, NOW))
    decision = Signals().decide(opt_out, SignalsState(), {}, rules, NOW)
    assert isinstance(decision, Decision)
    [put] = decision.puts
    assert (put.table, put.key, put.value.whole_person) == ("suppressions", "p1", True)
    later = replace(lead(person_key="p1", address_key="p1"), lead_id="l2")
    stopped = write.Write().decide(later, WriteState(suppression=put.value), {}, rules, NOW)
    assert isinstance(stopped, Decision)
    assert stopped.place is Place.SUPPRESSED

"""The pure core by examples: score, route, validation, the guard, the clock."""

import time

import pytest
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, Parked, WaitReason
from leads.effect_results import ActivityRead, ContactWritten, EffectResult, OwnerRead
from leads.explain import notice
from leads.gates import assign, engage, identity, routing, sla, write
from leads.gates.common import Guarded
from leads.gates.person_values import WriteState
from leads.mapping import map_captured
from leads.records import (
    Company,
    CrmLink,
    Intent,
    Lead,
    Person,
    Place,
    Route,
    Score,
    Sequences,
    Signal,
    SlaTick,
    Trigger,
)
from leads.route import route
from leads.rule_file import parse_rules
from leads.rule_models import RolloutShare
from leads.rules import Rules, RulesError
from leads.score import score
from leads.sequence_guard import guard
from leads.table_rows import PersonRow, SlaClock, Suppression
from leads.validate import validate
from leads.waits import resume
from tests.conftest import DEMO_RULES
from tests.samples import captured

NOW = 1_800_000_000.0
OK = EffectResult(ok=True)


def lead(**fields: object) -> Lead:
    """A written, scored and routed lead."""
    base = Lead(
        lead_id="l1",
        source="apollo",
        source_id="s1",
        version="v",
        step=3,
        cause="c",
        rules="r",
        captured_at=NOW,
        person_key="p1",
        address_key="p1",
        apollo_id="a1",
        seniority="vp",
        person=Person(email="a@b.com", email_status="Verified", title="VP Sales", last_name="X"),
        company=Company(name="B", domain="b.com", industry="internet", employees=300, country="US"),
        crm=CrmLink(contact_id="7"),
        sequences=Sequences(state="inactive", read_at=NOW - 10),
        score=Score(points=80, parts={"seniority": 30}),
        route=Route(kind="rep", owner_email="ana.us@acme.test", owner_id="9", rule="us"),
        owner_confirmed_at=NOW,
    )
    return replace(base, **fields)


@pytest.mark.parametrize(
    ("seconds", "within"), [(60, "1 min"), (7200, "2 h"), (5400, "1 h 30 min")]
)
def test_the_notice_gives_the_time_in_plain_units(rules: Rules, seconds: int, within: str) -> None:
    clock = rules.sla.model_copy(update={"seconds": seconds})
    urgent = lead(score=Score(points=80, parts={"seniority": 30}, high_intent="demo"))
    text = notice(urgent, rules.model_copy(update={"sla": clock}))
    assert text.endswith(f"Please call within {within}.")


def at_points(rules: Rules, points: int) -> Rules:
    """Rules under which the sample lead has exactly so many points, and the threshold is 70."""
    weights = {
        "seniority": {"vp": points - 60},
        "industry": {"saas": 20},
        "size": {"mid-market": 20},
        "country": {"US": 20},
    }
    icp = rules.icp.model_copy(update=weights)
    return rules.model_copy(update={"icp": icp})


@pytest.mark.parametrize(("points", "kind"), [(69, "nurture"), (70, "rep"), (71, "rep")])
def test_the_threshold_counts_as_above(rules: Rules, points: int, kind: str) -> None:
    decision = routing.Routing().decide(
        lead(score=None, route=None), Guarded(), {}, at_points(rules, points), NOW
    )
    assert isinstance(decision, Decision)
    assert decision.lead is not None
    assert decision.lead.score is not None
    assert decision.lead.score.points == points
    assert decision.lead.route is not None
    assert decision.lead.route.kind == kind


def test_a_missing_part_gives_nothing_and_is_named(rules: Rules) -> None:
    found, _ = score(lead(company=Company(name="B", country="US")), rules, NOW)
    assert (found.parts["industry"], found.parts["size"]) == (0, 0)
    assert {"industry", "size", "intent"} <= set(found.missing)


@pytest.mark.parametrize(("age_days", "high"), [(13.9, True), (14.1, False)])
def test_high_intent_is_not_older_than_its_days(rules: Rules, age_days: float, high: bool) -> None:
    sign = Intent(kind="list", value="demo requests", at=NOW - age_days * 86_400)
    found, _ = score(lead(intents=(sign,)), rules, NOW)
    assert bool(found.high_intent) is high


@pytest.mark.parametrize(
    ("value", "high"), [("79", False), ("80", True), ("", False), ("many", False)]
)
def test_an_intent_score_counts_from_its_least(rules: Rules, value: str, high: bool) -> None:
    found, _ = score(lead(intents=(Intent(kind="score", value=value, at=NOW),)), rules, NOW)
    assert bool(found.high_intent) is high


def test_routes_are_asked_in_the_files_order(rules: Rules) -> None:
    here = lead(company=Company(name="B", country="US", state="California"))
    rule, reasons = route(here, rules)
    assert rule is not None
    assert rule.name == "us-west"
    assert [r.rule for r in reasons] == ["routes.demo-desk", "routes.us-west"]


def test_every_reason_of_an_invalid_lead_is_kept(rules: Rules) -> None:
    bare = lead(person=Person(email="nonsense"), company=Company())
    assert [r.rule for r in validate(bare, rules) if r.decisive] == [
        "required.verified_email",
        "required.company",
        "required.title",
    ]


@pytest.mark.parametrize("status", ["User Managed", "Guessed", ""])
def test_verified_is_what_the_true_status_says(rules: Rules, status: str) -> None:
    raw = captured(1, email_status="verified", email_true_status=status or None)
    person = map_captured(raw, rules).person
    assert [r.rule for r in validate(lead(person=person), rules) if r.decisive] == [
        "required.verified_email"
    ]


def test_firmographics_alone_must_reach_the_threshold() -> None:
    text = DEMO_RULES.read_text().replace("threshold: 70", "threshold: 90")
    with pytest.raises(RulesError, match="never the threshold 90"):
        parse_rules(text)


def test_a_bad_rule_is_refused_with_its_line_and_field() -> None:
    text = DEMO_RULES.read_text().replace("  steps: 5", "  steps: many")
    number = text.splitlines().index("  steps: many") + 1
    with pytest.raises(RulesError, match=rf"rules.yaml:{number}: nurture.steps"):
        parse_rules(text)


def test_a_claim_of_its_own_goes_on_and_anothers_merges(rules: Rules) -> None:
    gate = identity.Identity()
    own = gate.decide(
        lead(),
        identity.IdentityState(person=PersonRow(person_key="p1", lead_id="l1")),
        {},
        rules,
        NOW,
    )
    other = gate.decide(
        lead(),
        identity.IdentityState(person=PersonRow(person_key="p1", lead_id="l2")),
        {},
        rules,
        NOW,
    )
    ended = gate.decide(
        lead(),
        identity.IdentityState(person=PersonRow(person_key="p1", lead_id="l2", status="ended")),
        {},
        rules,
        NOW,
    )
    assert [d.kind for d in (own, other, ended) if isinstance(d, Decision)] == [
        "unique",
        "merged",
        "unique",
    ]


def shown(email: str, active: bool = True) -> EffectResult:
    """What the CRM shows, read back."""
    return EffectResult(
        ok=True, value=OwnerRead(owner_id=email and "9", email=email, active=active, at=NOW)
    )


OURS, ANOTHERS = shown("ana.us@acme.test"), shown("x@y.z")


@pytest.mark.parametrize(
    ("read", "again", "kind", "place", "alerts"),
    [
        (OURS, None, "assigned", Place.IN_FLIGHT, 0),
        (ANOTHERS, OURS, "assigned", Place.IN_FLIGHT, 1),
        (ANOTHERS, ANOTHERS, "another_automation", Place.REVIEW, 1),
        (shown(""), shown(""), "unowned", Place.HELD, 2),
        (
            shown("ana.us@acme.test", active=False),
            shown("ana.us@acme.test", active=False),
            "unowned",
            Place.HELD,
            2,
        ),
    ],
)
def test_an_owner_is_confirmed_only_by_what_is_read_back_and_written_twice_at_most(
    rules: Rules,
    read: EffectResult,
    again: EffectResult | None,
    kind: str,
    place: Place,
    alerts: int,
) -> None:
    gate, done = assign.Assign(), {"assign": OK, "read": read}
    if again is not None:
        need = gate.decide(lead(), assign.AssignState(), done, rules, NOW)
        assert isinstance(need, NeedsEffects)
        assert [act.name for act in need.effects.values()] == ["crm.assign"]
        need = gate.decide(lead(), assign.AssignState(), {**done, "again": OK}, rules, NOW)
        assert isinstance(need, NeedsEffects)
        assert [act.name for act in need.effects.values()] == ["crm.read_owner"]
        done |= {"again": OK, "read_again": again}
    decision = gate.decide(lead(), assign.AssignState(), done, rules, NOW)
    assert isinstance(decision, Decision)
    assert (decision.kind, decision.place) == (kind, place)
    assert len(decision.alerts) == alerts
    assert alerts == 0 or "another automation writes here" in decision.alerts[-1].text


@pytest.mark.parametrize("trigger", [None, "due", "owner"])
def test_a_revision_that_waits_for_an_owner_gives_way_to_a_newer_one(
    rules: Rules, trigger: str | None
) -> None:
    """The newer one may wait at the CRM write; the older one asked the CRM each minute."""
    none = EffectResult(ok=False, kind="no_owner")
    woken = lead(trigger=trigger and Trigger(kind=trigger, at=NOW))
    asked = {"assign": none, "before": shown("")} if trigger is None else {}
    newer = assign.AssignState(superseded=True)
    gone = assign.Assign().decide(woken, newer, asked, rules, NOW)
    assert isinstance(gone, Decision)
    assert (gone.kind, gone.place, gone.wait) == ("superseded", Place.NOWHERE, WaitReason.NO)
    named = replace(woken, review_decisions={"unowned": "route", "route": "ana.us@acme.test"})
    routed = assign.Assign().decide(named, newer, {}, rules, NOW)
    assert isinstance(routed, Decision)
    assert routed.kind == "rerouted", "a person's answer counts"
    owned = assign.Assign().decide(lead(), newer, {"assign": OK, "read": OURS}, rules, NOW)
    assert isinstance(owned, Decision)
    assert owned.kind == "assigned"


def test_an_owner_that_flips_back_is_written_once_more_and_then_a_persons_question(
    rules: Rules,
) -> None:
    """Only the owner that our write replaced; any other change is a person's."""
    resting = lead(engaged_at=NOW, crm=CrmLink(contact_id="7", owner_id="gone"))

    def hears(rested: Lead, owner: str) -> Decision:
        heard = replace(rested, trigger=Trigger(kind="owner", value=owner, at=NOW))
        decision = engage.Engage().decide(heard, engage.EngageState(rest=rested), {}, rules, NOW)
        assert isinstance(decision, Decision)
        return decision

    assert hears(resting, "somebody").kind == "signal_owner"
    first = hears(resting, "gone")
    assert (first.kind, first.outputs[0].topic) == ("owner_rewritten", topics.ROUTED.full)
    assert first.lead is not None
    second = hears(first.lead, "gone")
    assert (second.kind, second.place) == ("another_automation", Place.REVIEW)
    assert first.alerts[0].alert_id == second.alerts[0].alert_id, "one alert"


def test_a_contact_of_apollos_own_sync_raises_one_alert_a_day(rules: Rules) -> None:
    def alerts(*, unknown: bool = False) -> list[str]:
        written = ContactWritten(contact_id="7", existed=True, unknown=unknown)
        result = EffectResult(ok=True, value=written)
        decision = write.Write().decide(
            lead(source_crm_id="7"), WriteState(), {"upsert": result}, rules, NOW
        )
        assert isinstance(decision, Decision)
        return [a.alert_id for a in decision.alerts]

    assert alerts() == []
    assert len(alerts(unknown=True)) == 1
    assert alerts(unknown=True) == alerts(unknown=True)


@pytest.mark.parametrize(
    ("percent", "lists", "live"), [(100, (), True), (0, (), False), (0, ("Pilot",), True)]
)
def test_effects_are_live_for_a_share_and_for_lists(
    rules: Rules, percent: float, lists: tuple[str, ...], live: bool
) -> None:
    some = rules.model_copy(update={"live": RolloutShare(lists=("Pilot",), percent=percent)})
    assert some.is_live(lead(lists=lists)) is live
    assert some.is_live(lead(lists=lists, released=True))


def test_a_growing_share_keeps_the_leads_it_has(rules: Rules) -> None:
    def chosen(percent: float) -> set[int]:
        some = rules.model_copy(update={"live": RolloutShare(percent=percent)})
        return {n for n in range(2000) if some.is_live(lead(lead_id=f"lead {n}"))}

    assert chosen(10) <= chosen(30)
    assert 0.25 < len(chosen(30)) / 2000 < 0.35


@pytest.mark.parametrize(
    ("state", "age", "free", "ask"),
    [
        ("inactive", 899, True, False),
        ("inactive", 901, False, True),
        ("active", 5, False, False),
        ("unknown", 5, False, True),
    ],
)
def test_the_guard_trusts_only_a_fresh_reading(
    rules: Rules, state: str, age: float, free: bool, ask: bool
) -> None:
    verdict = guard(lead(sequences=Sequences(state=state, read_at=NOW - age)), None, rules, NOW)
    assert (verdict.free, verdict.ask) == (free, ask)


@pytest.mark.parametrize(("hours", "review"), [(23.9, False), (24.1, True)])
def test_unknown_for_a_day_is_a_persons_question(rules: Rules, hours: float, review: bool) -> None:
    here = lead(sequences=Sequences(), unknown_since=NOW - hours * 3600)
    verdict = guard(here, EffectResult(ok=False, reason="Apollo is silent"), rules, NOW)
    assert (verdict.free, verdict.review) == (False, review)


def test_a_suppression_stops_a_nurtured_lead_and_tells_both_tools(rules: Rules) -> None:
    resting = lead(nurtured_at=NOW, route=Route(kind="nurture", owner_email="n@a.b"))
    seen = engage.EngageState(
        suppression=Suppression(kind="unsubscribe", at=NOW, source="crm", whole_person=True),
        rest=resting,
    )
    need = engage.Engage().decide(resting, seen, {}, rules, NOW)
    assert isinstance(need, NeedsEffects)
    assert {act.name for act in need.effects.values()} == {"crm.stop", "apollo.stop"}
    decision = engage.Engage().decide(resting, seen, {"stop": OK, "apollo": OK}, rules, NOW)
    assert isinstance(decision, Decision)
    assert decision.place is Place.SUPPRESSED


def clock(**fields: float) -> SlaClock:
    """A running clock of two hours."""
    return replace(SlaClock(lead=lead(), started=NOW, deadline=NOW + 7200), **fields)


def tick(kind: str, at: float) -> SlaTick:
    """A word to the SLA stage."""
    return SlaTick(tick_id="t", kind=kind, person_key="p1", at=at)


@pytest.mark.parametrize(("deadline", "breached"), [(7199, False), (7200, True), (7201, False)])
def test_a_breach_comes_by_the_tick_of_its_own_deadline(
    rules: Rules, deadline: float, breached: bool
) -> None:
    """Not by the reader's clock: one that is behind the sender's would lose the breach."""
    done = {"activity": EffectResult(ok=True, value=ActivityRead(at=0.0)), "task": OK}
    decision = sla.Sla().decide(
        tick("due", NOW + deadline), sla.SlaState(clock=clock()), done, rules, NOW + 7199
    )
    assert isinstance(decision, Decision)
    assert (decision.kind == "breached") is breached
    assert len(decision.alerts) == int(breached)


def test_a_breach_comes_once_and_never_after_activity(rules: Rules) -> None:
    done = {"activity": EffectResult(ok=True, value=ActivityRead(at=0.0)), "task": OK}
    for ended in (clock(breached_at=NOW + 7201), clock(satisfied_at=NOW + 100)):
        decision = sla.Sla().decide(
            tick("due", NOW + 7200), sla.SlaState(clock=ended), done, rules, NOW + 9000
        )
        assert isinstance(decision, Decision)
        assert decision.kind == "unchanged"


def test_activity_that_was_not_polled_yet_is_no_breach(rules: Rules) -> None:
    done = {"activity": EffectResult(ok=True, value=ActivityRead(at=NOW + 7000))}
    decision = sla.Sla().decide(
        tick("due", NOW + 7200), sla.SlaState(clock=clock()), done, rules, NOW + 7201
    )
    assert isinstance(decision, Decision)
    assert decision.kind == "sla_met"


def test_only_the_owners_own_activity_after_the_start_counts(rules: Rules) -> None:
    heard = Signal(
        signal_id="s", kind="activity", at=NOW + 5, source="crm", person_key="p1", value="9"
    )
    kinds = []
    for signal in (heard, replace(heard, value="8"), replace(heard, at=NOW - 5)):
        decision = sla.Sla().decide(signal, sla.SlaState(clock=clock()), {}, rules, NOW + 10)
        assert isinstance(decision, Decision)
        kinds.append(decision.kind)
    assert kinds == ["sla_met", "unchanged", "unchanged"]


def test_a_lead_not_with_a_rep_in_time_is_reported_to_ops_once(rules: Rules) -> None:
    waiting = clock(started=0.0, deadline=0.0, assign_by=NOW + 60)
    decision = sla.Sla().decide(
        tick("assign_by", NOW + 60), sla.SlaState(clock=waiting), {}, rules, time.time() + NOW
    )
    assert isinstance(decision, Decision)
    assert decision.kind == "assignment_overdue"
    again = sla.Sla().decide(
        tick("assign_by", NOW + 60),
        sla.SlaState(clock=replace(waiting, alerted_at=NOW)),
        {},
        rules,
        2 * NOW,
    )
    assert isinstance(again, Decision)
    assert again.kind == "unchanged"


def test_changed_rules_have_another_hash_and_another_best(rules: Rules) -> None:
    known = (rules.hash, rules.icp.best("country"), rules.industry_of("Computer Software"))
    copied = rules.model_copy(
        update={"icp": rules.icp.model_copy(update={"country": {"US": 3}}), "industries": {}}
    )
    assert (copied.icp.best("country"), copied.industry_of("Computer Software")) == (3, "")
    assert copied.hash != rules.hash
    assert (rules.hash, rules.icp.best("country"), rules.industry_of("Computer Software")) == known


def test_a_written_contact_is_known_to_identity_and_a_shadow_run_leaves_none(rules: Rules) -> None:
    value = ContactWritten(contact_id="7")
    written = write.Write().decide(
        lead(crm=CrmLink()),
        WriteState(),
        {"upsert": EffectResult(ok=True, value=value)},
        rules,
        NOW,
    )
    assert isinstance(written, Decision)
    [put] = [one for one in written.puts if one.table == "contacts"]
    seen = identity.IdentityState(
        person=PersonRow(person_key="p1", lead_id="l1"), contact=put.value
    )
    again = identity.Identity().decide(lead(crm=CrmLink()), seen, {}, rules, NOW)
    assert isinstance(again, Decision)
    assert again.lead is not None
    assert again.lead.crm.contact_id == "7"
    would = write.Write().decide(
        lead(),
        WriteState(),
        {"upsert": EffectResult(ok=True, kind="would", value=value)},
        rules,
        NOW,
    )
    assert isinstance(would, Decision)
    [values] = would.puts
    assert (values.table, values.value.contact_id) == ("person_values", "")


def test_a_merged_lead_tells_the_first_of_each_sign_of_interest_and_it_is_scored_by_it(
    rules: Rules,
) -> None:
    sign = Intent(kind="list", value="Demo requests", at=NOW - 60)
    row = PersonRow(person_key="p1", lead_id="l0")
    merged = identity.Identity().decide(
        lead(intents=(sign,)), identity.IdentityState(person=row), {}, rules, NOW
    )
    assert isinstance(merged, Decision)
    assert merged.place is Place.MERGED
    [signal, known] = [output.record for output in merged.outputs]
    assert known.merged_into == "l0"
    rested = lead(lead_id="l0", nurtured_at=NOW - 100, engaged_at=0.0)
    woken = resume(Parked(subject="l0", lead=rested, wakes=("intent",)), signal, "engage")
    assert woken is not None
    again = engage.Engage().decide(woken, engage.EngageState(rest=rested), {}, rules, NOW)
    assert isinstance(again, Decision)
    [onward] = [output.record for output in again.outputs]
    assert onward.intents == (sign,)
    assert score(onward, rules, NOW)[0].high_intent == "list Demo requests"

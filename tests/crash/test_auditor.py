"""The auditor is itself tested: a sound log has no violation, and each promise broken once is
found, under its kind."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.crash.auditor import audit, report
from tests.crash.evidence import PREFIX, Death, Evidence, Spot
from tests.crash.small_log import DAY, MERGED, NURTURED, REP, STOPPED, WAITS, SmallLog, lead

Break = Callable[[SmallLog], None]


def kinds(evidence: Evidence) -> set[str]:
    """The kinds of what the auditor finds."""
    return {violation.kind for violation in audit(evidence)[1]}


def broken(how: Break) -> set[str]:
    """What is found in the small log with one thing broken in it."""
    log = SmallLog()
    how(log)
    return kinds(log.evidence())


def test_a_sound_log_has_no_violation() -> None:
    case, violations = audit(SmallLog().evidence())
    assert violations == []
    assert report(case, violations).startswith("5 leads captured")


def test_what_is_delivered_twice_unchanged_is_no_violation() -> None:
    log = SmallLog()
    for entry in [e for e in log.entries if e.topic != PREFIX + "review-queue"]:
        log.add(entry.topic.removeprefix(PREFIX), entry.key, entry.value, entry.at)
    assert kinds(log.evidence()) == set()


def _lose(log: SmallLog) -> None:
    log.add("captured", "apollo:a9", {"source": "apollo", "source_id": "a9", "raw": {}})


def _leave_in_flight(log: SmallLog) -> None:
    log.event(REP, "routing", "routed", 9, "in_flight")


def _put_in_two_places(log: SmallLog) -> None:
    log.event(NURTURED, "engage", "replied", 6, "review")


def _invent(log: SmallLog) -> None:
    log.drop("captured", f"apollo:{MERGED}")


def _say_otherwise(log: SmallLog) -> None:
    entry = next(e for e in log.entries if e.key == f"{REP}-engage-engaged-6")
    log.add("audit", entry.key, {**entry.value, "at": DAY + 99})


def _word_otherwise(log: SmallLog) -> None:
    entry = next(e for e in log.entries if e.topic == PREFIX + "alerts")
    log.add("alerts", entry.key, {**entry.value, "text": "another"})


def _make_two_contacts(log: SmallLog) -> None:
    log.crm.people.append({**log.crm.people[0], "id": "1999", "key": ""})


def _know_an_address_twice(log: SmallLog) -> None:
    log.crm.people.append(
        {
            **log.crm.people[0],
            "id": "1999",
            "key": "",
            "email": "x@acme.com",
            "emails": ["A1@acme.com"],
        }
    )


def _write_the_variant(log: SmallLog) -> None:
    log.crm.people.append({**log.crm.people[1], "id": "1003", "key": "k3", "email": "a3@acme.com"})


def _repeat_a_task(log: SmallLog) -> None:
    log.task(REP, "Call Ada (Acme): list", "task-1")


def _ask_for_two_calls(log: SmallLog) -> None:
    log.task(REP, "Call Ada (Acme): list", "task-3")


def _post_twice(log: SmallLog) -> None:
    log.message(f"{REP}-notice")


def _tell_twice(log: SmallLog) -> None:
    log.alert(REP, "notice", "another-id")


def _enrol_twice(log: SmallLog) -> None:
    log.enrol(NURTURED, DAY + 30)


def _breach_twice(log: SmallLog) -> None:
    body = log.event(
        REP, "sla", "breached", 6, "", record={"at": DAY + 11, "person_key": "k1"}, at=DAY + 41
    )
    body["id"] = "another-id"


def _escalate_twice(log: SmallLog) -> None:
    log.task(REP, "Escalation: Ada (Acme) was not contacted in time", "task-4")


def _alert_the_escalation_twice(log: SmallLog) -> None:
    log.alert(REP, "escalation", "another-id")


def _forget_a_clock(log: SmallLog) -> None:
    log.event(NURTURED, "sla", "sla_started", 6, "", outcome={"deadline": DAY + 12})


def _begin_without_an_owner(log: SmallLog) -> None:
    log.drop("audit", f"{NURTURED}-gate-assigned-5")


def _begin_before_the_owner(log: SmallLog) -> None:
    record = {
        "person_key": "k2",
        "address_key": "k2",
        "owner_confirmed_at": DAY + 300,
        "crm": {"contact_id": "1002"},
    }
    log.change(f"{NURTURED}-engage-nurtured-6", inputs={"record": record})


def _lose_the_owner(log: SmallLog) -> None:
    log.crm.people[1]["owner"] = "gone@acme.test"


def _enrol_after_the_word(log: SmallLog) -> None:
    log.event(STOPPED, "engage", "enrolled", 7, "", at=DAY + 21)


def _leave_enrolled(log: SmallLog) -> None:
    log.crm.enrolments[-1]["left"] = None


def _enrol_late(log: SmallLog) -> None:
    log.enrol(STOPPED, DAY + 60, DAY + 61)


def _hide_an_item(log: SmallLog) -> None:
    log.add("review-queue", f"{lead(WAITS)}/company", None)


def _show_one_too_many(log: SmallLog) -> None:
    log.add(
        "review-queue", f"{lead(REP)}/write", {"lead_id": lead(REP), "kind": "review", "step": 2}
    )


def _show_an_old_step(log: SmallLog) -> None:
    log.add(
        "review-queue",
        f"{lead(WAITS)}/company",
        {"lead_id": lead(WAITS), "kind": "review", "step": 0},
    )


def _keep_the_last_stages_item(log: SmallLog) -> None:
    log.add(
        "review-queue",
        f"{lead(WAITS)}/intake",
        {"lead_id": lead(WAITS), "kind": "review", "step": 0},
    )


def _ignore_a_decision(log: SmallLog) -> None:
    log.add(
        "review-decisions",
        lead(WAITS),
        {"decision_id": "r2", "lead_id": lead(WAITS), "step": 2, "action": "merge"},
    )


def _come_out_otherwise(log: SmallLog) -> None:
    log.crm.groups[0]["places"] = ["nurtured"]


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        (_lose, "lost"),
        (_leave_in_flight, "in flight"),
        (_put_in_two_places, "two places"),
        (_invent, "unknown"),
        (_say_otherwise, "two contents"),
        (_word_otherwise, "two contents"),
        (_make_two_contacts, "two contacts"),
        (_know_an_address_twice, "two contacts"),
        (_write_the_variant, "two contacts"),
        (_repeat_a_task, "twice"),
        (_ask_for_two_calls, "twice"),
        (_post_twice, "twice"),
        (_tell_twice, "twice"),
        (_enrol_twice, "twice"),
        (_breach_twice, "clock"),
        (_escalate_twice, "clock"),
        (_alert_the_escalation_twice, "clock"),
        (_forget_a_clock, "clock"),
        (_begin_without_an_owner, "owner"),
        (_begin_before_the_owner, "owner"),
        (_lose_the_owner, "owner"),
        (_enrol_after_the_word, "suppressed"),
        (_leave_enrolled, "suppressed"),
        (_enrol_late, "suppressed"),
        (_hide_an_item, "review items"),
        (_show_one_too_many, "review items"),
        (_show_an_old_step, "review items"),
        (_keep_the_last_stages_item, "review items"),
        (_ignore_a_decision, "decision"),
        (_come_out_otherwise, "truth"),
    ],
)
def test_a_broken_promise_is_found(how: Break, kind: str) -> None:
    assert kind in broken(how)


def test_what_is_left_to_read_is_found() -> None:
    evidence = SmallLog().evidence()
    spot = Spot(PREFIX + "captured", 0)
    evidence.committed[spot] -= 1
    assert kinds(evidence) == {"lag"}
    evidence.committed[spot] += 2
    assert kinds(evidence) == {"past the end"}


def test_a_process_that_ended_by_itself_is_found_unless_that_was_to_be_expected() -> None:
    evidence = SmallLog().evidence()
    death = Death("worker", 70, "KeyError: apollo")
    evidence.deaths = [replace(death, excused="it had been frozen past its session")]
    assert kinds(evidence) == set()
    evidence.deaths.append(death)
    assert kinds(evidence) == {"died"}


def test_the_truth_says_nothing_of_leads_that_a_person_decided_about() -> None:
    log = SmallLog()
    _come_out_otherwise(log)
    evidence = log.evidence()
    evidence.touched = {lead(REP)}
    assert kinds(evidence) == set()


def test_a_report_tells_the_stories_of_the_leads() -> None:
    log = SmallLog()
    _leave_in_flight(log)
    text = report(*audit(log.evidence()))
    assert "in flight: 1" in text
    assert lead(REP)[:8] in text
    assert "breached" in text

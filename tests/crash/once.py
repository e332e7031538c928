"""The auditor's checks of what must happen once: tasks, messages, enrolments, and the end of a
clock."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.crash.case import Case, Violation, known_suppressions, once


def nothing_is_done_twice(case: Case) -> Iterator[Violation]:
    """P7: no task, message, alert or enrolment twice for one cause."""
    for effect, count in Counter(t["effect"] for t in case.evidence.crm.tasks).items():
        if count > 1:
            yield Violation(
                "twice", f"task {effect} was made {count} times", _leads_of_task(case, effect)
            )
    told: Counter[str] = Counter()
    for message in case.evidence.crm.messages:
        told.update(
            ((message.get("metadata") or {}).get("event_payload") or {}).get("alert_ids") or []
        )
    about = {entry.value["alert_id"]: entry.value.get("lead_id", "") for entry in case.of("alerts")}
    for alert, count in told.items():
        if count > 1:
            yield Violation(
                "twice",
                f"alert {alert} was posted {count} times",
                tuple(filter(None, [about.get(alert, "")])),
            )
    yield from _more_than_causes(case)


def _leads_of_task(case: Case, effect: str) -> tuple[str, ...]:
    people = {t["person"] for t in case.evidence.crm.tasks if t["effect"] == effect}
    return tuple(sorted(lead for person in people for lead in case.contacts[person]))


def _more_than_causes(case: Case) -> Iterator[Violation]:
    """Effects under ids of their own that nothing in the log is a cause of."""
    notices = Counter(
        e.value.get("lead_id", "")
        for e in once(case.of("alerts"), "alert_id")
        if e.value["kind"] == "notice"
    )
    causes = Counter(
        event.lead for event in case.events if event.kind in {"noticed", "not_taken", "sla_met"}
    )
    for lead, count in notices.items():
        if count > causes[lead]:
            yield Violation("twice", f"{count} notices for {causes[lead]} reasons", (lead,))
    calls = Counter(
        t["person"] for t in case.evidence.crm.tasks if t["subject"].startswith("Call ")
    )
    starts = [e for e in once(case.of("clocks"), "tick_id") if e.value["kind"] == "start"]
    begun = Counter(
        ((e.value.get("lead") or {}).get("crm") or {}).get("contact_id", "") for e in starts
    )
    for person, count in calls.items():
        if count > begun[person]:
            what = f"contact {person} has {count} tasks to call, and {begun[person]} clocks began"
            yield Violation("twice", what, tuple(sorted(case.contacts[person])))
    spells = Counter(e["person"] for e in case.evidence.crm.enrolments)
    entered = Counter(
        contact
        for e in case.events
        if e.kind == "enrolled"
        for contact in _contacts_of(case, e.lead)
    )
    for person, count in spells.items():
        if count > entered[person]:
            what = (
                f"contact {person} was enrolled {count} times, and {entered[person]} events tell"
                " of it"
            )
            yield Violation("twice", what, tuple(sorted(case.contacts[person])))


def _contacts_of(case: Case, lead: str) -> set[str]:
    return {contact for contact, leads in case.contacts.items() if lead in leads}


def clocks_end_once(case: Case) -> Iterator[Violation]:
    """P5: one `breached` event and one escalation a clock, and no clock that ran out unnoticed."""
    clocks = {(e.lead, e.outcome["deadline"]) for e in case.events if e.kind == "sla_started"}
    breached = Counter((e.lead, (e.record.get("at"))) for e in case.events if e.kind == "breached")
    for (lead, deadline), count in breached.items():
        if count > 1:
            yield Violation(
                "clock", f"{count} breached events for the clock that ended at {deadline}", (lead,)
            )
    running = Counter(lead for lead, _ in clocks)
    for lead, count in Counter(lead for lead, _ in breached).items():
        if count > running[lead]:
            yield Violation("clock", f"{count} breaches of {running[lead]} clocks", (lead,))
    wanted = Counter(lead for lead, _ in breached)
    alerts = Counter(
        e.value.get("lead_id", "")
        for e in once(case.of("alerts"), "alert_id")
        if e.value["kind"] == "escalation"
    )
    for lead in wanted.keys() | alerts.keys():
        if alerts[lead] != wanted[lead]:
            yield Violation(
                "clock",
                f"{alerts[lead]} escalation alerts for {wanted[lead]} breached clocks",
                (lead,),
            )
    yield from _escalation_tasks(case, wanted)
    yield from _unnoticed(case, clocks, breached)


def _escalation_tasks(case: Case, wanted: Counter[str]) -> Iterator[Violation]:
    tasks = Counter(
        t["person"] for t in case.evidence.crm.tasks if t["subject"].startswith("Escalation")
    )
    for person, count in tasks.items():
        leads = case.contacts[person]
        breaches = sum(wanted[lead] for lead in leads)
        if count > breaches:
            what = f"contact {person} has {count} escalation tasks for {breaches} breached clocks"
            yield Violation("clock", what, tuple(sorted(leads)))


def _unnoticed(
    case: Case, clocks: set[tuple[str, Any]], breached: Counter[tuple[str, Any]]
) -> Iterator[Violation]:
    ended = (
        {e.lead for e in case.events if e.kind == "sla_met"}
        | {lead for lead, _ in breached}
        | set(known_suppressions(case))
    )
    for lead, deadline in clocks:
        if lead not in ended and case.place(lead) not in {"suppressed", "undone"}:
            yield Violation(
                "clock", f"the clock that ended at {deadline} was neither met nor breached", (lead,)
            )

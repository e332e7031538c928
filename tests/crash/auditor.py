"""The independent auditor: judges a site by its log and by what its vendors hold, after everything
has settled.

It shares no code with `leadgate audit verify`, nor with the stages: it knows the promises, the
topics' names and the records' documented fields. Each check is a function of the evidence, so
that `test_auditor.py` can break each promise once in a small log and see it found.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from tests.crash.case import Case, Violation, known_suppressions, once, sort_out
from tests.crash.evidence import Death, Entry, Evidence, lead_of
from tests.crash.once import clocks_end_once, nothing_is_done_twice

WAITING = frozenset({"review", "held", "fallback"})
#: A call that had begun when a suppression arrived may still leave for so many seconds.
_UNDER_WAY = 15.0
_MOST_STORIES = 3


# The checks


def places_are_single(case: Case) -> Iterator[Violation]:
    """P1: every captured record has exactly one place, and none is in flight."""
    for lead, source in case.captured.items():
        places = case.places(lead)
        if not places:
            yield Violation(
                "lost", f"{source} was captured, and nothing was ever decided about it", (lead,)
            )
        elif places == {"in_flight"}:
            yield Violation("in flight", f"{source} is still in flight", (lead,))
        elif len(places) > 1:
            yield Violation(
                "two places", f"{source} is in {', '.join(sorted(places))} at one step", (lead,)
            )
    for lead in case.by_lead.keys() - case.captured.keys():
        if not all(event.kind == "dead" for event in case.by_lead[lead]):
            yield Violation("unknown", "has events, but no captured record made it", (lead,))


def events_have_one_content(case: Case) -> Iterator[Violation]:
    """P8: one id, one content, at whatever offsets it lies."""
    contents: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in case.of("audit"):
        if isinstance(entry.value, dict):
            contents[entry.value["id"]].setdefault(json.dumps(entry.value, sort_keys=True), entry)
    for ident, versions in contents.items():
        if len(versions) > 1:
            first, second, *_ = (entry.value for entry in versions.values())
            spots = ", ".join(f"{e.partition}@{e.offset}" for e in versions.values())
            fields = sorted(
                name for name in {*first, *second} if first.get(name) != second.get(name)
            )
            what = (
                f"event {ident} ({first['stage']} {first['kind']}) has {len(versions)} contents at"
                f" {spots}: {fields} differ"
            )
            yield Violation("two contents", what, (first["lead"],))


def alerts_have_one_content(case: Case) -> Iterator[Violation]:
    """The same of the notices to reps.

    A word to ops has one id for as long as its cause lasts, and is posted once.
    """
    contents: defaultdict[str, set[str]] = defaultdict(set)
    for entry in (e for e in case.of("alerts") if e.value["kind"] != "ops"):
        contents[entry.value["alert_id"]].add(json.dumps(entry.value, sort_keys=True))
    for ident, versions in contents.items():
        if len(versions) > 1:
            lead = json.loads(min(versions)).get("lead_id", "")
            yield Violation(
                "two contents",
                f"alert {ident} has {len(versions)} contents",
                (lead,) if lead else (),
            )


def persons_are_single(case: Case) -> Iterator[Violation]:
    """P2: one contact an address, a key and a person of the generator's truth."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for person in case.evidence.crm.people:
        for name in {
            person["email"].casefold(),
            *(e.casefold() for e in person["emails"]),
            person["key"],
        } - {""}:
            holders[name].append(person["id"])
    for name, ids in holders.items():
        if len(ids) > 1:
            leads = {lead for i in ids for lead in case.contacts[i]}
            yield Violation(
                "two contacts", f"{name} is in the CRM as {', '.join(ids)}", tuple(sorted(leads))
            )
    yield from _variants(case, {address: ids[0] for address, ids in holders.items()})


def _variants(case: Case, ids: dict[str, str]) -> Iterator[Violation]:
    """Apollo contacts that the generator made as one person, under whatever addresses."""
    emails = {c["id"]: (c["email"] or "").casefold() for c in case.evidence.crm.contacts}
    for group in case.evidence.crm.groups:
        leads = tuple(lead_of("apollo", i) for i in group["ids"])
        if "merged" not in group["places"] or case.evidence.touched & set(leads):
            continue
        found = {ids[emails[i]] for i in group["ids"] if emails.get(i) in ids}
        if len(found) > 1:
            yield Violation(
                "two contacts",
                f"one person ({group['case']}) is in the CRM as {', '.join(sorted(found))}",
                leads,
            )


def owners_come_first(case: Case) -> Iterator[Violation]:
    """P3: nobody is notified and nothing starts before the owner is confirmed, and the owner is an
    active user."""
    for event in case.events:
        if event.kind in {"engaged", "nurtured"} and event.stage == "engage":
            confirmed = event.record.get("owner_confirmed_at") or 0.0
            assigned = [
                e for e in case.by_lead[event.lead] if e.kind == "assigned" and e.step < event.step
            ]
            if not assigned or not 0 < confirmed <= event.at:
                yield Violation(
                    "owner",
                    f"{event.kind} at step {event.step} before an owner was confirmed",
                    (event.lead,),
                )
    active = {u["email"] for u in case.evidence.crm.users if u["active"]}
    owners = {p["id"]: p["owner"] for p in case.evidence.crm.people}
    for person in {e["person"] for e in case.evidence.crm.enrolments}:
        if person in owners and owners[person] not in active:
            what = f"contact {person} was enrolled, and its owner is {owners[person] or 'nobody'}"
            yield Violation("owner", what, tuple(sorted(case.contacts[person])))


def suppressions_hold(case: Case) -> Iterator[Violation]:
    """P4: no notice and no enrolment begins after a suppression arrived, and nobody suppressed
    stays enrolled."""
    heard = known_suppressions(case)
    for event in case.events:
        if event.kind in {"noticed", "enrolled"} and event.at > heard.get(event.lead, event.at):
            what = f"{event.kind} {event.at - heard[event.lead]:.1f} s after a suppression arrived"
            yield Violation("suppressed", what, (event.lead,))
    for spell in case.evidence.crm.enrolments:
        leads = case.contacts[spell["person"]]
        times = [heard[lead] for lead in leads if lead in heard]
        if times and spell["left"] is None:
            what = f"contact {spell['person']} is suppressed and still enrolled"
            yield Violation("suppressed", what, tuple(sorted(leads)))
        elif times and spell["entered"] > min(times) + _UNDER_WAY:
            what = (
                f"contact {spell['person']} was enrolled {spell['entered'] - min(times):.1f} s"
                " after a suppression arrived"
            )
            yield Violation("suppressed", what, tuple(sorted(leads)))


def waiting_leads_are_shown(case: Case) -> Iterator[Violation]:
    """The items of `review-queue` are the leads that wait, one each, at the step and for the kind
    that their stories say."""
    items = {entry.key: entry.value for entry in case.of("review-queue")}
    shown: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in items.values():
        if item is not None and item["kind"] in WAITING:  # another kind says that it has moved on
            shown[item["lead_id"]].append(item)
    for lead in case.by_lead.keys() | shown.keys():
        place = case.place(lead)
        last = max((event.step for event in case.by_lead[lead] if event.place), default=-1)
        wanted = [(place, last)] if place in WAITING else []
        found = sorted((item["kind"], item["step"]) for item in shown[lead])
        if found != wanted:
            yield Violation("review items", _unlike(place, last, found), (lead,))


def _unlike(place: str, step: int, found: list[tuple[str, int]]) -> str:
    said = ", ".join(f"{kind} of step {at}" for kind, at in found) or "none"
    return f"is {place or 'unknown'} at step {step}, and its items say: {said}"


def decisions_count(case: Case) -> Iterator[Violation]:
    """What a person decided about a waiting lead was done, unless the lead had moved on by
    itself."""
    for entry in once(case.of("review-decisions"), "decision_id"):
        review_decision = entry.value
        lead, step = review_decision["lead_id"], review_decision["step"]
        done = any(
            e.kind == "reviewed" and e.record.get("step") == step for e in case.by_lead[lead]
        )
        if not done and max((e.step for e in case.by_lead[lead]), default=0) <= step:
            what = (
                f"{review_decision['action']} was decided about step {step}, and nothing came of it"
            )
            yield Violation("decision", what, (lead,))


def everything_is_committed(case: Case) -> Iterator[Violation]:
    """Nothing is left to read, and no offset is committed past the log's end."""
    for spot, count in sorted(case.evidence.lag().items()):
        what = (
            f"{spot.topic}/{spot.partition}: committed {case.evidence.committed.get(spot)} of"
            f" {case.evidence.ends[spot]}"
        )
        yield Violation("lag" if count > 0 else "past the end", what)


def processes_lived(case: Case) -> Iterator[Violation]:
    """No process ended by itself. Deaths with the same last words are reported as one."""
    alike: defaultdict[tuple[int, str], list[Death]] = defaultdict(list)
    for death in (d for d in case.evidence.deaths if not d.excused):
        alike[death.code, re.sub(r"[0-9]", "", death.said.strip().rpartition("\n")[2])].append(
            death
        )
    for (code, _), deaths in alike.items():
        names = ", ".join(
            f"{name} {count} times" for name, count in Counter(d.name for d in deaths).items()
        )
        yield Violation(
            "died", f"{names} ended by itself with {code}; its log ends with:\n{deaths[0].said}"
        )


def truth_came_out(case: Case) -> Iterator[Violation]:
    """Each group of leads is where the generator says, unless a person decided about one of
    them."""
    for group in case.evidence.crm.groups:
        leads = [lead_of("apollo", i) for i in group["ids"]]
        places = sorted(case.place(lead) or "lost" for lead in leads)
        if (
            places != sorted(group["places"])
            and not case.evidence.touched & set(leads)
            and "in_flight" not in places
        ):
            what = (
                f"{group['case']}: is {', '.join(places)}, should be {', '.join(group['places'])}"
            )
            yield Violation("truth", what, tuple(leads))


CHECKS: tuple[Callable[[Case], Iterator[Violation]], ...] = (
    places_are_single,
    events_have_one_content,
    alerts_have_one_content,
    persons_are_single,
    nothing_is_done_twice,
    clocks_end_once,
    owners_come_first,
    suppressions_hold,
    waiting_leads_are_shown,
    decisions_count,
    everything_is_committed,
    processes_lived,
    truth_came_out,
)


def audit(evidence: Evidence) -> tuple[Case, list[Violation]]:
    """The sorted evidence, and every violation in it."""
    case = sort_out(evidence)
    return case, [violation for check in CHECKS for violation in check(case)]


def report(case: Case, violations: list[Violation]) -> str:
    """The violations by kind, and the stories of the first leads of each."""
    lines = [
        (
            f"{len(case.captured)} leads captured, {len(case.events)} events: {len(violations)}"
            " violations"
        )
    ]
    places = Counter(case.place(lead) or "lost" for lead in case.captured)
    lines.append(", ".join(f"{count} {place}" for place, count in places.most_common()))
    kinds: defaultdict[str, list[Violation]] = defaultdict(list)
    for violation in violations:
        kinds[violation.kind].append(violation)
    for kind, some in kinds.items():
        lines.append(f"\n== {kind}: {len(some)}")
        for number, violation in enumerate(some):
            lines.append(
                f"- {violation.what}"
                + (f" [{', '.join(violation.leads)}]" if violation.leads else "")
            )
            if number < _MOST_STORIES:
                lines += [
                    f"    {lead[:8]}  {line}"
                    for lead in violation.leads[:4]
                    for line in case.story(lead)
                ]
    return "\n".join(lines)

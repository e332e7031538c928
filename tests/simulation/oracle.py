"""Judges a run at rest by what lies in the log and at the vendors.

Shares no code with `audit verify`.

Each check answers the promises' breaches as lines that a person can read.
"""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from leads import topics
from streams.testing.loop import EPOCH
from tests.simulation.oracle_erasures import erased_leads, judge_erasures
from tests.simulation.oracle_values import Saying, survivor
from tests.simulation.people import Person
from tests.simulation.personal_data import naming, telling_of
from tests.simulation.simulate import READS, Run

_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "leadgate")
_WAITS = frozenset({"review", "held", "fallback"})
_STOPS = frozenset({"unsubscribe", "bounce", "do_not_contact"})
_OUT = frozenset({"engaged", "nurtured"})
_TOLD = ("stage", "kind", "place", "trace", "outcome", "shadow")  # what an event says of a wait
_QUESTIONS = frozenset({"variant", "shared_address"})  # whether two records are one person's
Event = dict[str, Any]


class Facts(NamedTuple):
    """The log read once: events in their order, and where each captured lead is."""

    run: Run
    events: list[Event]
    leads: dict[str, int]  # lead id -> its place in the world
    places: dict[str, Event]  # lead id -> the event that says where it is
    rows: dict[str, bytes]  # the state's rows as the changelog leaves them


def lead_id(source_id: str) -> str:
    """A lead's id, as the promises define it."""
    return str(uuid.uuid5(_SPACE, f"lead\x1fapollo\x1f{source_id}"))


def judge(run: Run) -> list[str]:
    """Every breach that the run shows; none for a good one."""
    facts = read_log(run)
    return [line for check in CHECKS for line in check(facts)]


def read_log(run: Run) -> Facts:
    """The log of a run, read once."""
    log = run.site.log
    events = [run.site.opened_event(record.value) for record in log.all(topics.AUDIT.full)]
    latest: dict[str, Event] = {}
    for event in events:
        if event["place"]:
            known = latest.get(event["lead"])
            if known is None or _rank(event) >= _rank(known):
                latest[event["lead"]] = event
    rows: dict[str, bytes] = {}
    for record in log.all(topics.CHANGELOG):
        key = (record.key or b"").decode()
        rows.pop(f"{record.partition} {key}", None)
        if record.value is not None:
            rows[f"{record.partition} {key}"] = record.value
    world = run.plan.world.leads
    captured = {lead_id(world[i].source_id): i for i in run.happening.captured_at}
    return Facts(run, events, captured, latest, rows)


def _rank(event: Event) -> tuple[int, bool]:
    return event["step"], event["place"] != "in_flight"


def name_of(facts: Facts, lead: str) -> str:
    """A lead as the story names it."""
    number = facts.leads.get(lead)
    return f"lead {number}" if number is not None else f"lead {lead}"


# P1


def conserved(facts: Facts) -> Iterator[str]:
    """Each captured lead is in exactly one place, and none is under way at rest."""
    for lead in facts.leads:
        where = facts.places.get(lead)
        if where is None:
            yield f"P1 {name_of(facts, lead)} was captured and never decided on"
        elif where["place"] == "in_flight":
            yield (
                f"P1 {name_of(facts, lead)} is left in flight after {where['stage']}"
                f" {where['kind']}"
            )
    resting: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for event in facts.events:
        if event["place"] not in {"", "in_flight"}:
            resting[event["lead"], event["step"]].add(event["place"])
    for (lead, step), places in resting.items():
        if len(places) > 1 and step == facts.places[lead]["step"]:
            yield f"P1 {name_of(facts, lead)} is in {' and '.join(sorted(places))} at step {step}"
    refused = {one.where for one in facts.run.happening.forger.forged}
    for lead, event in facts.places.items():
        if lead not in facts.leads and event["cause"] not in refused:
            yield f"P1 {lead} has a place and was never captured"


def merges_end(facts: Facts) -> Iterator[str]:
    """Whoever is merged is merged into a lead that goes on, over however many others."""
    for lead in facts.leads:
        way, where = [lead], facts.places.get(lead)
        while where is not None and where["place"] == "merged":
            way.append(_into(where))
            if way[-1] in way[:-1]:
                yield f"P1 {name_of(facts, lead)} is merged into a lead that is merged into it"
                break
            where = facts.places.get(way[-1])


def shown(facts: Facts) -> Iterator[str]:
    """People are shown just the leads that wait for them, and each waiting lead has its row."""
    items = facts.run.happening.review_items()
    waiting = {lead: event for lead, event in facts.places.items() if event["place"] in _WAITS}
    for lead in items.keys() - waiting.keys():
        yield (
            f"P1 {name_of(facts, lead)} is shown for review and is"
            f" {facts.places.get(lead, {}).get('place')}"
        )
    for lead, event in waiting.items():
        if lead not in items:
            yield f"P1 {name_of(facts, lead)} waits in {event['place']} and is shown to nobody"
        elif items[lead].step != event["step"]:
            yield (
                f"P1 {name_of(facts, lead)} waits at step {event['step']} and is shown at"
                f" {items[lead].step}"
            )
    parked = {
        key.split(" ", 1)[1]: json.loads(value)
        for key, value in facts.rows.items()
        if " parked." in f" {key}"
    }
    for key, row in parked.items():
        if row.get("put_off") and not row["subject"].startswith("early:"):
            yield f"P1 {key.split(chr(0))[1]} is put off for ever under {key.split(chr(0))[0]}"
    for lead, event in facts.places.items():
        if event["place"] in _WAITS | _OUT and f"parked.{event['stage']}\0{lead}" not in parked:
            yield (
                f"P1 {name_of(facts, lead)} is {event['place']} at {event['stage']} without a row"
                " there"
            )


def gives_way(facts: Facts) -> Iterator[str]:
    """No older revision of a lead is looked at again for an owner."""
    for key, value in facts.rows.items():
        table, _, lead = key.split(" ", 1)[1].partition("\0")
        row = json.loads(value)
        if table != "parked.assign" or not row.get("until"):
            continue
        where = facts.places[lead]
        if (where["stage"], where["step"]) != ("assign", row["lead"]["step"]):
            yield f"P1 {name_of(facts, lead)} is {where['place']}, and waits for an owner, too"


def alive(facts: Facts) -> Iterator[str]:
    """No worker ended by itself, no gate failed, nothing lies unread."""
    yield from (f"a worker ended by itself: {line}" for line in facts.run.site.fatal)
    for event in facts.events:
        if event["kind"] == "quarantined":
            yield f"a gate failed: {event['stage']}: {event['trace'][0]['why']}"
    log = facts.run.site.log
    for (topic, partition), committed in log.committed.items():
        waits = [
            r for r in log.read(topic, partition, committed) if r.timestamp / 1000 < log.now() - 5.0
        ]
        if waits:
            yield f"P1 {len(waits)} records of {topic}/{partition} are not processed at rest"


# P2


def one_contact(facts: Facts) -> Iterator[str]:
    """The same person never becomes two contacts; two whom people have parted share none."""
    for person in {lead.person for lead in facts.run.plan.world.leads}:
        if _was_deleted(facts, person):
            continue
        parted = _parted(facts, person)
        for addresses in parted:
            held = _contacts_of(facts, addresses)
            # who was two people until the source knew better has had two contacts since
            if len(held) > 1 + _was_corrected(facts, person):
                yield f"P2 {person.name} is {len(held)} contacts: {', '.join(held)}"
        shared = set.intersection(*(_contacts_of(facts, one) for one in parted))
        if len(parted) > 1 and shared:
            yield f"P2 {person.name} is two people with one contact: {', '.join(shared)}"


def _was_corrected(facts: Facts, person: Person) -> bool:
    world = facts.run.plan.world
    return world.leads[world.first_of(person)].case == "corrected"


def _contacts_of(facts: Facts, addresses: frozenset[str]) -> set[str]:
    return {
        contact.id
        for contact in facts.run.site.crm.people.values()
        if {email.casefold() for email in (contact.email, *contact.emails)} & addresses
    }


def _was_deleted(facts: Facts, person: Person) -> bool:
    world = facts.run.plan.world.leads
    return any(world[said.lead].person == person for said in _of(facts, {"deleted"}))


def _parted(facts: Facts, person: Person) -> list[frozenset[str]]:
    """A person's addresses; those of a lead that was unmerged are another person's, and so is each
    that people are asked about and haven't answered."""
    world = facts.run.plan.world.leads
    mine = {world[number].raw["email"] for number in facts.run.happening.unmerged}
    records = [number for number, lead in enumerate(world) if lead.person == person]
    if world[records[0]].case == "renamed" and not _one_is_merged(facts, records):
        mine = set(person.addresses)
    if _was_corrected(facts, person):
        mine = set(person.addresses)  # its records were two people's until the source knew better
    alone = [frozenset({email}) for email in person.addresses if email in mine]
    rest = frozenset(person.addresses) - mine
    return [*alone, rest] if rest else alone


def _one_is_merged(facts: Facts, records: list[int]) -> bool:
    numbers = {number: lead for lead, number in facts.leads.items()}
    places = [facts.places.get(numbers[one]) for one in records if one in numbers]
    return any(place is not None and place["place"] == "merged" for place in places)


def unmerged_apart(facts: Facts) -> Iterator[str]:
    """Who was unmerged is a lead of its own for good, whatever comes in again, and has a contact
    of its own where it has arrived."""
    run = facts.run
    for number, unmerged in run.happening.unmerged.items():
        lead = run.plan.world.leads[number]
        where = facts.places[lead_id(lead.source_id)]
        if where["place"] == "merged" or where["kind"] in _QUESTIONS:
            yield f"{name_of(facts, where['lead'])} was unmerged, and is {where['kind']} again"
        # in shadow nobody gets a contact, and what wakes a lead later makes none
        live = run.happening.shadow is None
        arrived = live and where["place"] in _OUT and not _was_deleted(facts, lead.person)
        if arrived and not _contacts_of(facts, frozenset({lead.raw["email"]})):
            yield f"{name_of(facts, where['lead'])} was unmerged, and has no contact"
        for other in unmerged.others & facts.leads.keys():
            if facts.places[other]["kind"] in _QUESTIONS:
                yield f"{name_of(facts, other)} is asked about again, though it was parted"
            if _into(facts.places[other]) == where["lead"]:
                yield f"{name_of(facts, other)} is merged into who was unmerged from it"


def _into(event: Event) -> str:
    return str((event.get("outcome") or {}).get("into", ""))


# P3, P4


def _of(facts: Facts, kinds: frozenset[str] | set[str]) -> list[Any]:
    return [said for said in facts.run.happening.said if said.kind in kinds]


def gates_in_order(facts: Facts) -> Iterator[str]:
    """Nobody is notified and nothing starts before the owner is confirmed and Apollo is known to be
    quiet."""
    confirmed: dict[str, float] = {}
    for event in facts.events:
        if event["kind"] == "assigned":
            confirmed[event["lead"]] = min(event["at"], confirmed.get(event["lead"], event["at"]))
    for event in facts.events:
        if (
            event["kind"] in {"noticed", "enrolled"}
            and confirmed.get(event["lead"], 1e12) > event["at"] + 1.0
        ):
            yield (
                f"P3 {name_of(facts, event['lead'])} was {event['kind']} before its owner was"
                " confirmed"
            )


def _stopped(facts: Facts) -> dict[str, float]:
    """When each address was stopped: by a bounce or in review alone, by an opt-out with all of its
    person's."""
    stopped = _suppressed_in_review(facts)
    for said in _of(facts, _STOPS):
        lead = facts.run.plan.world.leads[said.lead]
        own = lead.raw["email"].casefold()
        whole = next(one for one in _parted(facts, lead.person) if own in one)
        for email in (own,) if said.kind == "bounce" else whole:
            stopped[email] = min(said.at, stopped.get(email, said.at))
    return stopped


def _suppressed_in_review(facts: Facts) -> dict[str, float]:
    """When a person decided of each address that it is not to be written to."""
    stopped: dict[str, float] = {}
    for event in facts.events:
        rules = [reason["rule"] for reason in event.get("trace", ())]
        if event["kind"] == "suppressed" and "review_decision.suppress" in rules:
            email, at = event["person"].get("email", ""), event["at"] - EPOCH
            stopped[email.casefold()] = min(at, stopped.get(email.casefold(), at))
    stopped.pop("", None)
    return stopped


def suppression_wins(facts: Facts) -> Iterator[str]:
    """After a suppression has arrived nothing starts, and nobody stays in a sequence."""
    run = facts.run
    stopped = _stopped(facts)
    contacts = {
        e.casefold(): c.id for c in run.site.crm.people.values() for e in (c.email, *c.emails)
    }
    for email, at in stopped.items():
        contact = contacts.get(email, "")
        for acted in run.site.journal:
            late = (
                acted.method == "enter_list"
                and contact in acted.args[-1]
                and acted.started > at + 1.0
            )
            if late and _stays(run, contact):
                yield (
                    f"P4 {email} entered a list {acted.started - at:.1f} s after it was stopped,"
                    " and is in it"
                )
        # the stop may have been in shadow
        withheld = run.happening.shadow is not None and at < run.happening.shadow[1]
        if contact and _stays(run, contact) and not withheld:
            yield f"P4 {email} was stopped at {at:.1f} s and is still in a list"
    for lead, number in facts.leads.items():
        since = stopped.get(run.plan.world.leads[number].raw["email"].casefold())
        where = facts.places.get(lead)
        if since is not None and where is not None and where["place"] in _OUT:
            yield f"P4 {name_of(facts, lead)} was stopped at {since:.1f} s and is {where['place']}"


def _stays(run: Run, contact: str) -> bool:
    return any(contact in members for members in run.site.crm.lists.values())


# P5, P7


def one_breach(facts: Facts) -> Iterator[str]:
    """Each clock is breached once, and none that ran out is forgotten."""
    breaches = Counter(
        (e["lead"], e["inputs"]["seen"]["clock"]["deadline"])
        for e in _unique(facts)
        if e["kind"] == "breached"
    )
    yield from (
        f"P5 {name_of(facts, lead)} was breached {n} times for one deadline"
        for (lead, _), n in breaches.items()
        if n > 1
    )
    now = EPOCH + facts.run.site.loop.time()
    for key, value in facts.rows.items():
        if not key.split(" ", 1)[1].startswith("clocks\0"):
            continue
        clock = json.loads(value)
        over = (
            clock.get("deadline")
            and clock["deadline"] < now - 60.0
            and not (clock.get("satisfied_at") or clock.get("breached_at"))
        )
        if over:
            yield (
                f"P5 the clock of {name_of(facts, clock['lead']['lead_id'])} ran out and nothing"
                " followed"
            )


def windows_add_up(facts: Facts) -> Iterator[str]:
    """The SLA windows hold what the events of live clocks say, each clock once."""
    expected: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for event in _unique(facts):
        if event["kind"] == "sla_started" and not event.get("shadow"):
            clock = event["outcome"] | {"started": event["inputs"]["record"]["at"]}
            expected[_window(clock), "opened"].add(_clock_id(event, clock))
    for event in _unique(facts):
        kind = {"sla_met": "met", "breached": "breached"}.get(event["kind"], "")
        clock = event["inputs"]["seen"]["clock"] if kind else {}
        runs = kind and not (clock.get("breached_at") or clock.get("satisfied_at"))
        if runs and _clock_id(event, clock) in expected[_window(clock), "opened"]:
            expected[_window(clock), kind].add(_clock_id(event, clock))
    found: dict[tuple[str, str], set[str]] = {}
    for key, value in facts.rows.items():
        table, _, window = key.split(" ", 1)[1].partition("\0")
        for kind, ids in json.loads(value).items() if table == "sla_windows" else ():
            found[window, kind] = set(ids)
    for at in expected.keys() | {at for at in found if at[1] != "withdrawn"}:
        if expected[at] != found.get(at, set()):
            yield (
                f"SLA window {at[0]} holds {sorted(found.get(at, set()))} as {at[1]}, the events"
                f" say {sorted(expected[at])}"
            )


def _window(clock: Event) -> str:
    return f"{int(clock['deadline'] // 3600 * 3600)}/{clock.get('team', '')}"


def _clock_id(event: Event, clock: Event) -> str:
    return f"{event['lead']}@{clock['started']:.3f}"


def _unique(facts: Facts) -> list[Event]:
    return list({event["id"]: event for event in facts.events}.values())


def nothing_twice(facts: Facts) -> Iterator[str]:
    """No task, alert, message or enrolment twice for one cause."""
    site = facts.run.site
    for ident, n in Counter(task.effect_id for task in site.crm.tasks).items():
        if n > 1:
            yield (
                f"P7 task {next(t.subject for t in site.crm.tasks if t.effect_id == ident)!r} was"
                f" made {n} times"
            )
    escalated = Counter(
        (t.contact_id, t.due) for t in site.crm.tasks if t.subject.startswith("Escalation")
    )
    yield from (
        f"P7 contact {contact} has {n} escalation tasks for one deadline"
        for (contact, _), n in escalated.items()
        if n > 1
    )
    for ident, n in Counter(m.alert_id for m in site.slack.messages).items():
        if n > 1:
            text = next(m.text for m in site.slack.messages if m.alert_id == ident)
            yield f"P7 {n} messages for one alert: {text[:80]}"
    # also where a newer revision of the lead waits at an earlier stage
    unowned = any(key.split(" ", 1)[1].startswith("parked.assign\0") for key in facts.rows)
    for acted in facts.run.rewritten:
        if acted.method == "assign" and unowned:
            continue  # looked at again each minute, replay or not
        yield f"P7 a replay has called {acted.vendor}.{acted.method}"


# P8


def one_content(facts: Facts) -> Iterator[str]:
    """One event id never has two contents; written again once its person was erased, it names
    nobody."""
    known: dict[bytes, bytes] = {}
    erased = erased_leads(facts.run)
    for record in facts.run.site.log.all(topics.AUDIT.full):
        key, value = record.key or b"", record.value or b""
        if known.setdefault(key, value) != value:
            event = json.loads(value)
            if event["lead"] in erased:
                continue
            yield (
                f"P8 event {event['stage']} {event['kind']} of {name_of(facts, event['lead'])} has"
                " two contents"
            )


def nothing_in_clear(facts: Facts) -> Iterator[str]:
    """Without a key the log tells of nobody who it is."""
    yield from naming(facts.run.site.log, telling_of(facts.run.plan.world.leads))


def looks_are_quiet(facts: Facts) -> Iterator[str]:
    """A look at a waiting lead that finds what its last event says writes no further one. A look
    that has written the owner again is told: so is what it did."""
    last: dict[str, Event] = {}
    events = sorted(_unique(facts), key=lambda event: event["step"])
    answered = {(event["lead"], event["step"]) for event in events if event["kind"] == "reviewed"}
    for event in events:
        before = last.get(event["lead"])
        if event["place"]:
            last[event["lead"]] = event
        if before is None or (event["lead"], event["step"]) in answered:
            continue
        if _is_quiet_look(event) and all(event.get(n) == before.get(n) for n in _TOLD):
            yield f"P8 {name_of(facts, event['lead'])} is {event['kind']}, told again"


def _is_quiet_look(event: Event) -> bool:
    """Whether a lead was looked at for its time alone, still waits, and nothing was done."""
    if event["place"] not in _WAITS or event.get("shadow"):
        return False
    trigger = event["inputs"]["record"].get("trigger") or {}
    acted = event["person"].get("changes") or "again" in event["inputs"]["done"]
    return trigger.get("kind") == "due" and not acted


# Shadow


def shadow_is_quiet(facts: Facts) -> Iterator[str]:
    """In shadow nobody outside is notified and nothing changed; what is released afterwards goes
    through the gates again, live."""
    run = facts.run
    begin, end = run.happening.shadow or (0.0, 0.0)
    for acted in run.site.journal:
        if begin <= acted.started < end and acted.method not in READS:
            yield (
                f"shadow: {acted.vendor}.{acted.method} was called {acted.started - begin:.1f} s"
                " after the switch"
            )
    for lead, step in run.happening.released.items():
        if facts.places[lead]["step"] == step:
            yield f"shadow: {name_of(facts, lead)} was released and stays where it was"


# Who may give orders


def only_signed_orders_count(facts: Facts) -> Iterator[str]:
    """A forged order is a dead letter that says why, is reported, and nothing else comes of it."""
    log, forged = facts.run.site.log, facts.run.happening.forger.forged
    letters = {}
    for record in log.all(topics.DEAD.full):
        letter = json.loads(record.value or b"{}")
        letters[letter.get("where")] = letter.get("why", "")
    written = b"\n".join(
        [*facts.rows.values(), *(r.value or b"" for r in log.all(topics.AUDIT.full))]
    )
    alerts = facts.run.site.ever(topics.ALERTS)
    reported = any(b"did not obey" in (r.value or b"") for r in alerts)
    for one in forged:
        if one.ident.encode() in written:
            yield f"forged ({one.way}): an order at {one.where} was obeyed"
        if "signature" not in letters.get(one.where, ""):
            yield f"forged ({one.way}): the order at {one.where} is no dead letter"
    if forged and not reported:
        yield "forged: ops was not told"
    if b"mallory" in written:
        yield "forged: mallory stands in the audit or in the state"


# What was said counts


def everything_counts(facts: Facts) -> Iterator[str]:
    """Interest and answers of a nurtured lead have moved it."""
    ruled = {r.lead_id for r in facts.run.happening.ruled}
    recaptured = Counter(e.about for e in facts.run.plan.events if e.kind == "capture")
    for lead, number in facts.leads.items():
        where = facts.places.get(lead)
        if where is None or where["place"] != "nurtured" or lead in ruled or recaptured[number] > 1:
            continue
        email = facts.run.plan.world.leads[number].raw["email"]
        for said in facts.run.happening.said:
            mine = facts.run.plan.world.leads[said.lead].raw["email"] == email
            if (
                mine
                and said.kind in {"reply", "intent"}
                and said.at > facts.run.happening.captured_at[number]
                and said.at > _claimed_again(facts, lead, number)
            ):
                yield (
                    f"R4 {name_of(facts, lead)} is nurtured, though {said.kind} arrived at"
                    f" {said.at:.1f} s"
                )


def _claimed_again(facts: Facts, lead: str, number: int) -> float:
    """From when on what is said of an unmerged lead's address counts for it, not for the lead that
    it was merged into."""
    unmerged = facts.run.happening.unmerged.get(number)
    if unmerged is None:
        return 0.0
    for event in facts.events:
        at = event["at"] - EPOCH
        if event["lead"] == lead and event["kind"] == "unique" and at >= unmerged.at - 1.0:
            return float(at)
    return facts.run.site.loop.time()


# Retention


def deleted_on_purpose(facts: Facts) -> Iterator[str]:
    """The log begins nowhere behind what was stored of its deletion, and lacks nothing unread."""
    site = facts.run.site
    for place, stored in site.deletions.items():
        begin = site.log.begin(*place)
        if begin > min(stored.before, site.log.committed.get(place, 0)) or stored.otherwise:
            yield f"retention: {place[0]}/{place[1]} begins at {begin}, and not on purpose"
    for record in site.deleted:
        if site.deletions[record.topic, record.partition].before <= record.offset:
            yield f"retention: {record.topic}/{record.partition}@{record.offset} is gone"


# Merged records


def best_values_survive(facts: Facts) -> Iterator[str]:
    """The contact of a lead that has arrived shows the best value of its own record and of those
    merged into it; what somebody has set in the CRM is never overwritten."""
    crm, edited = facts.run.site.crm, facts.run.happening.edited
    for (contact, name), value in edited.items():
        now = crm.values.get(contact, {}).get(name)
        if contact in crm.people and now != value:
            yield f"values: {name} of contact {contact} was set by hand, and is {now!r}"
    for lead in facts.leads:
        written = _last_written(facts, lead)
        if written is None or not _values_are_settled(facts, lead):
            continue
        contact = written["outcome"]["contact"]
        for name in ("title", "phone"):
            now = crm.values.get(contact, {}).get(name, "")
            if (contact, name) in edited or not _is_known_as_ours(facts, contact, name, now):
                continue
            wanted = survivor(name, [Saying.of(event) for event in _sayings(facts, lead, written)])
            if now != wanted:
                yield (
                    f"values: {name} of {name_of(facts, lead)} is {now!r} in the CRM, and"
                    f" {wanted!r} is better"
                )


def _last_written(facts: Facts, lead: str) -> Event | None:
    """The last event by which a lead that has arrived was written, None if it hasn't."""
    where = facts.places.get(lead)
    if where is None or where["place"] not in _OUT:
        return None
    written = [e for e in facts.events if e["lead"] == lead and e["kind"] == "written"]
    last = max(written, key=lambda event: int(event["step"]), default=None)
    return last if last and last["outcome"]["contact"] in facts.run.site.crm.people else None


def _values_are_settled(facts: Facts, lead: str) -> bool:
    """Whether the log alone says what is in the CRM: nothing was only said, taken back, parted, or
    stopped for the person."""
    person = facts.run.plan.world.leads[facts.leads[lead]].person
    world = facts.run.plan.world.leads
    mine = [one for one, number in facts.leads.items() if world[number].person == person]
    unclear = {"undone", "suppressed", "review", "held", "fallback"}
    if facts.run.happening.shadow or any(facts.places[one]["place"] in unclear for one in mine):
        return False
    unmerged = any(facts.leads[one] in facts.run.happening.unmerged for one in mine)
    refused = any(_was_refused(facts, one) for one in mine)
    return not (unmerged or refused or _was_deleted(facts, person))


def _was_refused(facts: Facts, lead: str) -> bool:
    """Whether the CRM refused what a merged record knows better: it waits for another write."""
    compared = [e for e in facts.events if e["lead"] == lead and e["kind"].startswith("values_")]
    last = max(compared, key=lambda event: int(event["step"]), default=None)
    answer = last["inputs"]["done"].get("upsert") if last is not None else None
    return answer is not None and not answer["ok"]


def _sayings(facts: Facts, lead: str, written: Event) -> list[Event]:
    """The events that hold what a lead's record says, and those merged into it."""
    found = [written]
    for other, where in facts.places.items():
        if where["place"] == "merged" and _into(where) == lead and other in facts.leads:
            found.append(where)
    return found


def _is_known_as_ours(facts: Facts, contact: str, name: str, now: str) -> bool:
    """Whether Leadgate knows of a contact's value that it is its own: it saw the CRM's answer to
    the write. A blank is nobody's."""
    if not now:
        return True
    for event in facts.events:
        for change in (event.get("person") or {}).get("changes", ()):
            if change["contact_id"] == contact and change["wrote"].get(name) == now:
                return True
    return False


# Erasures


def erased_for_good(facts: Facts) -> Iterator[str]:
    """Who was erased is gone everywhere, and never comes back."""
    yield from judge_erasures(facts.run, facts.places, facts.leads)


Check = Callable[[Facts], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    conserved,
    merges_end,
    shown,
    gives_way,
    alive,
    one_contact,
    unmerged_apart,
    gates_in_order,
    suppression_wins,
    one_breach,
    windows_add_up,
    nothing_twice,
    one_content,
    nothing_in_clear,
    looks_are_quiet,
    shadow_is_quiet,
    only_signed_orders_count,
    everything_counts,
    deleted_on_purpose,
    best_values_survive,
    erased_for_good,
)

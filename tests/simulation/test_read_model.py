"""The read model of simulated sites against the log: every figure is `audit verify`'s, or a plain
recount."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
from aiokafka import TopicPartition
from sqlalchemy import Connection

from app.audit.ledger import Ledger
from app.console import figures, schema
from app.console.clock_rows import ClockFilter, State, clocks_page, count_clocks
from app.console.import_rows import FAULTY, imports_page
from app.console.lead_rows import LeadFilter, leads_page
from app.console.measures.cohorts import Window
from app.console.measures.counting import Counted
from app.console.measures.reports import ask
from app.console.queue_rows import Waiting, queue_page
from app.console.store import ReadModel
from app.privacy.key_store import KeyStore
from leads import topics
from tests.read_model import begins_of, fill, plain_rows, records_of, rows_of
from tests.simulation.personal_data import telling_of
from tests.simulation.plan import make_plan
from tests.simulation.recounted_measures import Counts, recount
from tests.simulation.simulate import Run, be_quiet, simulate

SEEDS = range(200)
_WAITS = {"review", "held", "fallback"}
_MANY = 10_000
_ALL_DAYS = Window(0, 99_999)
#: Of those of the measures, what these sites come to.
_OUTCOMES = {
    *("import_success clean", "import_success duplicate", "import_success invalid"),
    *("import_success ended", "routing_accuracy right", "routing_accuracy no_owner"),
    *("first_contact met", "first_contact breached", "enrolled enrolled", "enrolled other"),
    *("bounces kept", "bounces bounced"),
}
pytestmark = [pytest.mark.simulation, pytest.mark.timeout(1200)]
Event = dict[str, Any]


class Log(NamedTuple):
    """A run's log as it is at rest, read without the projector."""

    run: Run
    events: list[Event]  # each once, in the order of the log
    places: dict[str, str]
    latest: dict[str, Event]  # the event of each lead's place


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    address = f"sqlite:///{tmp_path / 'leadgate.db'}"
    KeyStore(address).create()
    made = ReadModel(address)
    made.migrate()
    return made


def test_every_figure_is_that_of_the_log(model: ReadModel) -> None:
    be_quiet()
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        run = simulate(make_plan(seed))
        records, log = records_of(run.site), run.site.log
        model.clear()
        fill(model, records, random.Random(seed))
        model.trim(begins_of(log))
        left = [one for one in records if one.offset >= log.begin(one.topic, one.partition)]
        assert rows_of(model) == plain_rows(left), seed
        with model.reading() as connection:
            seen += compare(connection, read(run), seed)
    assert {"clocks", "items", "erased", "lists", "stopped", *_OUTCOMES} <= (+seen).keys()


def read(run: Run) -> Log:
    """The places as `audit verify` finds them, and every event once."""
    log = run.site.log
    done = {TopicPartition(*place): offset for place, offset in log.committed.items()}
    ledger = Ledger(done)
    events: dict[str, Event] = {}
    latest: dict[str, Event] = {}
    for record in log.all(topics.CAPTURED.full):
        ledger.note_captured(record)
    for record in log.all(topics.AUDIT.full):
        ledger.note_event(record.value or b"")
        event = json.loads(record.value or b"")
        events[event["id"]] = event
    places = ledger.account().places
    for event in events.values():
        known = latest.get(event["lead"])
        if event["place"] == places.get(event["lead"]) and (
            known is None or event["step"] >= known["step"]
        ):
            latest[event["lead"]] = event
    return Log(run, list(events.values()), places, latest)


def compare(connection: Connection, log: Log, seed: int) -> Counter[str]:
    """Compare all figures; how much there was of some."""
    counted = figures.count_places(connection)
    assert +Counter(counted) == Counter(log.places.values()), seed
    by_rules = Counter[tuple[str, str]]()
    for lead, place in log.places.items():
        by_rules[log.latest[lead]["rules"], place] += 1
    assert figures.count_leads(connection, schema.LEADS.c.place_rules) == by_rules, seed
    seen = Counter({"erased": counted["erased"], "items": _queue(connection, log, seed)})
    seen["clocks"] = _clocks(connection, log, seed)
    seen["lists"] = _lists(connection, log, seed)
    seen["stopped"] = _days(connection, log, seed)
    seen += _measures(connection, log, seed)
    _imports(connection, log, seed)
    _stories(connection, log, seed)
    _clear(connection, log, seed)
    return seen


def _queue(connection: Connection, log: Log, seed: int) -> int:
    waiting = {lead: place for lead, place in log.places.items() if place in _WAITS}
    page, found = 2, list[Waiting]()
    while len(found) % page == 0:
        after = (found[-1].since, found[-1].lead) if found else None
        more = queue_page(connection, page, after, places=_WAITS)
        if not more:
            break
        found += more
    assert {one.lead: one.place for one in found} == waiting, seed
    assert [(one.since, one.lead) for one in found] == sorted((o.since, o.lead) for o in found)
    counts = Counter((one.place, one.kind) for one in found)
    assert {(n.place, n.kind): n.leads for n in figures.count_waiting(connection)} == counts
    shown = log.run.happening.review_items()
    for one in found:
        assert one.item is not None, seed
        asked = log.run.site.sealing.open(one.item)
        assert (asked, one.since) == (shown[one.lead], asked.since), seed
    return len(found)


def _clocks(connection: Connection, log: Log, seed: int) -> int:
    states: dict[str, str] = {}
    deadlines, shadow, teams = dict[str, float](), dict[str, bool](), dict[str, str]()
    for record in log.run.site.log.all(topics.SLA_OUTCOMES.full):
        outcome = json.loads(record.value or b"")
        # of a clock whose opening is deleted its end says it
        if outcome["kind"] == "opened" or outcome["clock_id"] not in shadow:
            shadow[outcome["clock_id"]] = outcome.get("shadow", False)
        deadlines[outcome["clock_id"]] = outcome["deadline"]
        teams[outcome["clock_id"]] = outcome["team"]
        if states.get(outcome["clock_id"], "opened") == "opened":
            states[outcome["clock_id"]] = outcome["kind"]
    wanted = {clock: state for clock, state in states.items() if not shadow[clock]}
    found = dict[str, str]()
    for state in get_args(State):
        for row in clocks_page(connection, ClockFilter(state), _MANY):
            assert (row.deadline, row.team) == (deadlines[row.clock], teams[row.clock]), seed
            found[row.clock] = row.state
    assert found == wanted, seed
    middle = sorted(deadlines.values())[len(deadlines) // 2] if deadlines else 0.0
    counts = Counter[tuple[str, str]]()
    for clock, state in wanted.items():
        if state == "opened":
            counts[teams[clock], "running"] += 1
            counts[teams[clock], "due"] += deadlines[clock] <= middle
        elif deadlines[clock] >= middle:
            counts[teams[clock], state] += state != "withdrawn"
    counted = count_clocks(connection, middle, middle)
    shown = {(team, name): n for team, one in counted.items() for name, n in one._asdict().items()}
    assert +Counter(shown) == +counts, seed
    return len(found)


def _lists(connection: Connection, log: Log, seed: int) -> int:
    newest: dict[str, Event] = {}
    for event in log.events:
        record = _record(event)
        if record.get("lead_id") == event["lead"]:
            known = newest.get(event["lead"])
            if known is None or record["step"] >= known["step"]:
                newest[event["lead"]] = record
    wanted: Counter[tuple[str, str]] = Counter()
    for lead, record in newest.items():
        wanted.update((name, log.places[lead]) for name in record.get("lists", ()))
    assert figures.count_on_lists(connection) == wanted, seed
    return wanted.total()


def _days(connection: Connection, log: Log, seed: int) -> int:
    days = [int(event["at"] // 86_400) for event in log.events]
    kinds = ("enrolled", "unrouted", "unowned", "sequence_active")
    leads: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    for day, event in zip(days, log.events, strict=True):
        if event["kind"] in kinds and not event.get("shadow"):
            leads[day, event["kind"]].add(event["lead"])
    found = figures.count_by_day(connection, kinds, min(days), max(days))
    assert found == {at: len(some) for at, some in leads.items()}, seed
    return _stopped(connection, log, (min(days), max(days)), seed)


def _stopped(connection: Connection, log: Log, days: tuple[int, int], seed: int) -> int:
    lists: defaultdict[str, set[str]] = defaultdict(set)
    leads: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    for event in log.events:
        lists[event["lead"]].update(_record(event).get("lists", ()))
    for event in log.events:
        stopped = ((event.get("inputs") or {}).get("seen") or {}).get("suppression") or {}
        if event["kind"] == "suppressed" and stopped.get("kind") == "unsubscribe":
            for name in lists[event["lead"]] if not event.get("shadow") else ():
                leads[int(event["at"] // 86_400), name].add(event["lead"])
    found = figures.count_stopped_by_list(connection, "unsubscribe", *days)
    assert found == {at: len(some) for at, some in leads.items()}, seed
    return sum(found.values())


def _measures(connection: Connection, log: Log, seed: int) -> Counter[str]:
    wanted = recount(log.events, log.latest)
    outcomes = Counter[str]()
    for answer in ask(connection, _ALL_DAYS):
        key = answer.measure.key
        assert _counts(answer.counted) == wanted.get(key, {}), (seed, key)
        if answer.grouped:
            assert _counts(answer.grouped) == wanted["by list"], seed
        outcomes.update(f"{key} {one.became}" for one in answer.counted)
        assert {one.became for one in answer.counted} <= answer.measure.became.keys()
    return outcomes


def _counts(counted: Iterable[Counted]) -> Counts:
    found: Counts = Counter()
    for one in counted:
        found[one.day, one.became, one.rules, one.group] += one.leads
    return found


def _record(event: Event) -> Event:
    """What an event was decided on, {} for a note."""
    return (event.get("inputs") or {}).get("record") or {}


def _imports(connection: Connection, log: Log, seed: int) -> None:
    brought: defaultdict[str, set[str]] = defaultdict(set)
    for event in log.events:
        record = _record(event)
        outcome = event.get("outcome") or {}
        for imported in (record.get("imported"), outcome.get("imported")):
            brought[imported or ""].add(event["lead"])
    for row in imports_page(connection, _MANY):
        leads = brought[row.import_id]
        assert Counter(row.places) == Counter(log.places[lead] for lead in leads), seed
        page = leads_page(connection, LeadFilter(imported=row.import_id), _MANY)
        assert {one.lead: one.place for one in page} == {one: log.places[one] for one in leads}
        faults = Counter(
            (log.places[lead], log.latest[lead]["kind"])
            for lead in leads
            if log.places[lead] in FAULTY
        )
        assert {(one.place, one.kind): one.leads for one in row.faults} == faults, seed


def _stories(connection: Connection, log: Log, seed: int) -> None:
    events: defaultdict[str, set[str]] = defaultdict(set)
    for event in log.events:
        events[event["lead"]].add(event["id"])
    for lead, ids in events.items():
        told = figures.story(connection, lead)
        assert {one.id for one in told} == ids, seed
        assert [one.at for one in told] == sorted(one.at for one in told)
        for one in told:
            opened = log.run.site.sealing.open(one)
            full = next(event for event in log.events if event["id"] == one.id)
            if one.sealed:
                assert bool(opened.sealed) == log.run.site.sealing.is_destroyed(lead), seed
            assert (one.outcome, one.place) == (full.get("outcome"), full["place"])


def _clear(connection: Connection, log: Log, seed: int) -> None:
    """Nothing in any row names or reaches a person without a key."""
    told = telling_of(log.run.plan.world.leads)
    for table in schema.TABLES.sorted_tables:
        for row in connection.execute(table.select()):
            for name, value in row._mapping.items():
                text = value.decode() if isinstance(value, bytes) else str(value)
                found = told.search(_without_sealed(text).casefold())
                assert found is None, f"seed {seed}: {table.name}.{name} tells {found}"


def _without_sealed(text: str) -> str:
    if not text.startswith("{"):
        return text
    return json.dumps({name: one for name, one in json.loads(text).items() if name != "sealed"})

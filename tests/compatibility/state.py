"""A site as one commit left it: the state's changelog and the topics, from the simulation, with
leads in every place: `states/NNNN.json.gz`."""

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec

from leads import topics
from streams.testing.log import LogRecord
from streams.testing.loop import VirtualLoop, run
from tests.simulation.happening import Happening
from tests.simulation.people import world_of
from tests.simulation.plan import Event, Plan
from tests.simulation.simulate import rules
from tests.simulation.site import ALL, SECRET, Site

FOLDER = Path(__file__).with_name("states")
_CASES = tuple(
    "high low demo duplicate variant invalid unrouted gone owned"
    " low high low high high high sequence unrouted unrouted unrouted".split()
)
_ENDED = 300.0  # seconds
#: Leads by their places in the world.
_OPTED_OUT, _REPLIED, _UNDONE, _REFUSED, _PUT_OFF, _UNREAD = 0, 1, 12, 13, 15, 16


class Partition(msgspec.Struct, frozen=True):
    """What a new worker needs of a partition: `records` are offset, key and value, those that the
    group has committed left out."""

    topic: str
    number: int
    end: int
    committed: int
    records: list[tuple[int, str, str]]


class SiteState(msgspec.Struct, frozen=True, kw_only=True):
    """A site at rest. `places` by lead id; `contacts` are id, address and owner in the CRM;
    `rules_hash` is the key of `rules` in their topic, which its leads carry."""

    at: float
    secret: str
    rules: str
    rules_hash: str
    places: dict[str, str]
    contacts: list[tuple[str, str, str]]
    partitions: list[Partition]


def record() -> SiteState:
    """Run a site until leads are in every place, one of them unread."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return run(loop, _record(loop))
    finally:
        asyncio.set_event_loop(None)


def store(state: SiteState) -> Path:
    """Write a further file, under the next number; none that is there is changed."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{len(list(FOLDER.glob('*.json.gz'))) + 1:04}.json.gz"
    with path.open("xb") as file:
        file.write(gzip.compress(msgspec.json.encode(state), 9, mtime=0))
    return path


def load(path: Path) -> SiteState:
    """One file's state."""
    return msgspec.json.decode(gzip.decompress(path.read_bytes()), type=SiteState)


async def _record(loop: VirtualLoop) -> SiteState:
    world = world_of(*_CASES)
    site = Site(Plan(seed=1, world=world, events=(), chance=1), rules(), loop)
    happening = Happening(site)
    site.begin()
    for number, event in enumerate(sorted(_events(len(world.leads)))):
        await asyncio.sleep(max(0.0, event.at - loop.time()))
        happening.happen(number, event)
    site.send(topics.CAPTURED, "apollo:unreadable", b'{"source": ')
    await asyncio.sleep(_ENDED - loop.time())
    site.stop()
    happening.happen(0, Event(_ENDED, "capture", _UNREAD))
    return SiteState(
        at=site.clock.now(),
        secret=SECRET,
        rules=site.rules.model_dump_json(),
        rules_hash=site.rules.hash,
        places=_places(site),
        contacts=[(c.id, c.email, c.owner_id) for c in site.crm.people.values()],
        partitions=[*_partitions(site)],
    )


def _events(leads: int) -> Iterator[Event]:
    """Most leads come at once; some meet trouble, or a signal comes."""
    yield Event(0.0, "synced")
    late = {_REFUSED: 60.0, _PUT_OFF: 250.0}
    for lead in range(leads):
        if lead != _UNREAD:
            yield Event(late.get(lead, 0.0), "capture", lead)
    yield Event(100.0, "unsubscribe", _OPTED_OUT)
    yield Event(100.0, "undone", _UNDONE)
    yield Event(100.0, "reply", _REPLIED)
    yield Event(59.0, "crm.upsert refused", seconds=30.0, number=1)
    yield Event(249.0, "crm.* unavailable", seconds=999.0, number=999)


def _places(site: Site) -> dict[str, str]:
    return places_of(site.log.all(topics.AUDIT.full))


def places_of(audit: list[LogRecord]) -> dict[str, str]:
    """Where each lead of these events is."""
    latest: dict[str, tuple[int, bool, str]] = {}
    for record in audit:
        event = msgspec.json.decode(record.value or b"")
        if event["place"]:
            rank = event["step"], event["place"] != "in_flight", event["place"]
            latest[event["lead"]] = max(rank, latest.get(event["lead"], rank))
    return {lead: place for lead, (_, _, place) in latest.items()}


def _partitions(site: Site) -> Iterator[Partition]:
    for topic in (topics.CHANGELOG, *(topic.full for topic in topics.TOPICS)):
        for number in sorted(ALL):
            if end := site.log.end(topic, number):
                committed = site.log.committed.get((topic, number), 0)
                records = _retained(topic, site.log.read(topic, number), committed)
                yield Partition(topic, number, end, committed, records)


def _retained(topic: str, records: list[LogRecord], committed: int) -> list[tuple[int, str, str]]:
    """Of a compacted topic the last record of each key; of another what isn't committed."""
    if topic == topics.CHANGELOG or topics.BY_NAME[topic].cleanup == "compact":
        records = sorted({r.key: r for r in records}.values(), key=lambda r: r.offset)
    else:
        records = [r for r in records if r.offset >= committed]
    return [(r.offset, (r.key or b"").decode(), r.value.decode()) for r in records if r.value]

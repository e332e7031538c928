"""What a seed makes happen: a list of dated events and faults, each of which can be left out to
shrink a failure."""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.simulation.people import REPS, SEVERAL, World, make_world, vary_values

FAULTS_END = 90.0  # seconds after which nothing more goes wrong
SIGNALS = (
    "unsubscribe",
    "bounce",
    "do_not_contact",
    "reply",
    "intent",
    "sequence",
    "owner",
    "activity",
    "deleted",
    "taken",
    "undone",
)
TROUBLES = (
    "put_off",
    "unavailable",
    "timeout",
    "timeout_acted",
    "lost",
    "refused",
    "failing",
    "slow",
    "unreadable",
    "nonsense",
    "unauthorised",
    "limited",
    "not_in_plan",
)
#: How an order is forged; a copied one is true, and comes once more.
FORGERIES = ("unsigned", "other secret", "other topic", "stolen", "copied")
METHODS = {
    "crm": (
        "*",
        "upsert",
        "assign",
        "read_owners",
        "add_tasks",
        "enter_list",
        "stop",
        "activities",
        "leave_list",
        "owner",
    ),
    "apollo": ("*", "enrich", "sequences", "stop"),
    "slack": ("*", "post"),
}


class Event(NamedTuple):
    """One thing that happens.

    `about` is a lead's place in the world, -1 for none; `value` depends on the kind.
    """

    at: float
    kind: str
    about: int = -1
    value: str = ""
    seconds: float = 0.0
    number: int = 0


@dataclass(frozen=True)
class Plan:
    """A seed's events in order.

    `chance` seeds the interleaving: cuts, turns, who gets which partitions.
    """

    seed: int
    world: World
    events: tuple[Event, ...]
    chance: int
    replayed: bool = False
    recomputed: bool = False
    faults: frozenset[str] = field(default_factory=frozenset)


def make_plan(seed: int) -> Plan:
    """Draw a plan: at least five leads and three faults."""
    draw = random.Random(seed)
    world = make_world(draw, draw.randint(5, 9))
    world = vary_values(random.Random(f"values {seed}"), world)
    events = [*_captures(draw, world), *_news(draw, world), *_faults(draw)]
    events.append(Event(draw.choice((0.0, 0.0, 0.0, draw.uniform(1, 60))), "synced"))
    events += _shadow(random.Random(f"shadow {seed}"))
    events += _forgeries(random.Random(f"forge {seed}"), len(world.leads))
    events += _copies(random.Random(f"copies {seed}"))
    events += _retentions(random.Random(f"retain {seed}"))
    events += _unmerges(random.Random(f"unmerge {seed}"), world)
    events += _erasures(random.Random(f"erase {seed}"), len(world.leads))
    events += _edits(random.Random(f"edit {seed}"), len(world.leads))
    return Plan(
        seed=seed,
        world=world,
        events=tuple(sorted(events)),
        chance=draw.getrandbits(32),
        replayed=draw.random() < 0.15,
        recomputed=draw.random() < 0.1,
    )


def _captures(draw: random.Random, world: World) -> list[Event]:
    """Everybody once, close together; some again, changed or not."""
    spread = draw.choice((0.0, 1.0, 20.0))
    events = [Event(draw.uniform(0, spread), "capture", i) for i in range(len(world.leads))]
    for i, lead in enumerate(world.leads):
        for _ in range(draw.choice((0, 0, 0, 0, 1, 2))):
            changed = draw.choice((0, 1, 1, 2)) if lead.case != "variant" else 0
            events.append(Event(draw.uniform(0, FAULTS_END), "capture", i, number=changed))
    return events


def _news(draw: random.Random, world: World) -> list[Event]:
    """Signals and people's decisions, at any moment."""
    events: list[Event] = []
    for _ in range(draw.randint(1, 6)):
        kind = draw.choice(SIGNALS)
        value = {
            "owner": draw.choice(REPS),
            "activity": "",
            "sequence": draw.choice(("active", "inactive")),
        }.get(kind, "")
        at = draw.uniform(0, FAULTS_END)
        about = draw.randrange(len(world.leads))
        events.append(Event(at, kind, about, value))
        if draw.random() < 0.3:  # two at once, about the same person
            events.append(Event(at, draw.choice(SIGNALS), about, draw.choice(REPS)))
    review_decisions = ("redrive", "redrive", "set", "route", "suppress")
    events += [
        Event(draw.uniform(5, 150), "rule", -1, draw.choice(review_decisions), number=i)
        for i in range(draw.randint(0, 4))
    ]
    return events


def _shadow(draw: random.Random) -> list[Event]:
    """One seed in eight has a while in which effects are in shadow."""
    if draw.random() >= 0.125:
        return []
    seconds = draw.choice((5.0, 20.0, 60.0))
    return [Event(draw.uniform(0, FAULTS_END - seconds), "shadow", seconds=seconds)]


def _forgeries(draw: random.Random, leads: int) -> list[Event]:
    """In one seed of three somebody forges orders: decisions, and signals about a lead."""
    if draw.random() >= 0.33:
        return []
    events: list[Event] = []
    for _ in range(draw.randint(1, 4)):
        about = draw.choice((-1, -1, draw.randrange(leads)))
        way = draw.choice(FORGERIES)
        at = draw.uniform(1, 150)
        events.append(Event(at, "forge", about, way, number=draw.randint(0, 40)))
    return events


def _copies(draw: random.Random) -> list[Event]:
    """In one seed of three a source's record that another one has followed comes once more."""
    if draw.random() >= 0.33:
        return []
    return [Event(draw.uniform(5, 150), "capture_again", number=draw.randint(0, 40))]


def _retentions(draw: random.Random) -> list[Event]:
    """In every other seed old records are deleted at any moment: `seconds` old, or all that are
    committed."""
    if draw.random() >= 0.5:
        return []
    events: list[Event] = []
    for _ in range(draw.randint(1, 8)):
        at, seconds = draw.uniform(0, 2 * FAULTS_END), draw.choice((0.0, 0.0, 2.0, 20.0))
        events.append(Event(at, "retain", seconds=seconds, number=draw.randint(0, 1)))
    return events


def _unmerges(draw: random.Random, world: World) -> list[Event]:
    """In one seed of three a person parts the records of somebody who has several; some of them
    come in again."""
    cases = SEVERAL - {"duplicate"}
    several = [i for i, lead in enumerate(world.leads) if lead.case in cases]
    if not several or draw.random() >= 0.33:
        return []
    about = draw.choice(several)
    at = draw.uniform(10, 150)
    events = [Event(at, "unmerge", about)]
    person = world.leads[about].person
    for i in several:
        if world.leads[i].person == person and draw.random() < 0.5:
            again = Event(at + draw.uniform(0, 60), "capture", i, number=draw.choice((0, 1, 2)))
            events.append(again)
    return events


def _erasures(draw: random.Random, leads: int) -> list[Event]:
    """In one seed of three people are erased, at any moment; some come in again."""
    if draw.random() >= 0.33:
        return []
    events: list[Event] = []
    for _ in range(draw.choice((1, 1, 2))):
        at, about = draw.uniform(1, 150), draw.randrange(leads)
        events.append(Event(at, "erase", about))
        if draw.random() < 0.5:
            again = at + draw.choice((0.1, 5.0, draw.uniform(0, 60)))
            events.append(Event(again, "capture", about, number=draw.choice((0, 1, 2))))
    return events


def _edits(draw: random.Random, leads: int) -> list[Event]:
    """In one seed of three somebody changes values of contacts in the CRM."""
    if draw.random() >= 0.33:
        return []
    events: list[Event] = []
    for number in range(draw.randint(1, 3)):
        name = draw.choice(("title", "phone"))
        events.append(
            Event(draw.uniform(1, 120), "edit", draw.randrange(leads), name, number=number)
        )
    return events


def _faults(draw: random.Random) -> list[Event]:
    """Three to eight things that go wrong, vendors' most often."""
    events: list[Event] = []
    for _ in range(draw.randint(3, 8)):
        at = draw.choice((0.0, draw.uniform(0, 5), draw.uniform(0, FAULTS_END - 20)))
        kind = draw.choices(
            ("trouble", "kill", "freeze", "move", "repeat", "lose", "rules", "duplicate"),
            (10, 5, 1, 2, 2, 1, 1, 2),
        )[0]
        if kind == "trouble":
            vendor = draw.choice(("crm", "crm", "apollo", "slack"))
            method = draw.choice(METHODS[vendor])
            seconds = draw.choice((0.5, 4.0, 15.0, min(60.0, FAULTS_END - at)))
            events.append(
                Event(
                    at,
                    f"{vendor}.{method} {draw.choice(TROUBLES)}",
                    seconds=seconds,
                    number=draw.choice((1, 99)),
                )
            )
        elif kind == "kill":
            events.append(
                Event(at, "kill", number=draw.randint(1, 60), value=draw.choice(("a", "b")))
            )
        elif kind == "freeze":
            events.append(
                Event(at, "freeze", seconds=draw.choice((2.0, 25.0)), value=draw.choice(("a", "b")))
            )
        else:
            events.append(
                Event(at, kind, number=draw.randint(1, 40), value=draw.choice(("a", "b")))
            )
    return events

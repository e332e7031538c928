"""A seeded plan of what befalls a site: who is killed when, which vendors fail how, what people and
the world do meanwhile."""

import random
from dataclasses import dataclass, field
from itertools import product

WORKERS = ("worker", "second")
BROKER, POLLER = "broker", "poller"
_SESSION = 10.0  # seconds after which a silent worker's partitions are another's
_EPISODE = 5.0  # seconds that a set of faults lasts, and as long again until the next


@dataclass(frozen=True, slots=True)
class Fault:
    """One disturbance of matching calls, as the sandbox's controls take it."""

    path: str
    kind: str
    status: int = 503
    times: int = 1000
    seconds: float = 0.0
    retry_after: str = ""
    method: str = ""

    @property
    def name(self) -> str:
        """Vendor and kind, for counting."""
        vendor = next(v for v in PATHS if f"/{v}/" in self.path)
        return f"{vendor} {self.status if self.kind == 'status' else self.kind}"


@dataclass(frozen=True, slots=True)
class Kill:
    """kill -9; it is started again after `down` seconds."""

    target: str
    down: float


@dataclass(frozen=True, slots=True)
class Freeze:
    """SIGSTOP, and SIGCONT after so many seconds, which are more than its session."""

    target: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Disturb:
    """These faults, all at once, in place of the last ones; none for a pause."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Play:
    """So many of the later events happen at the vendors: bounces, replies, opt-outs, intent, new
    jobs."""

    count: int


@dataclass(frozen=True, slots=True)
class Decide:
    """A person decides about so many of the leads that wait."""

    count: int


@dataclass(frozen=True, slots=True)
class OptOut:
    """So many people who are in the sequence opt out in the CRM."""

    count: int


@dataclass(frozen=True, slots=True)
class Import:
    """Somebody imports contacts that Apollo's poll brings, too."""


@dataclass(frozen=True, slots=True)
class Release:
    """Of the leads that the source holds back, so many appear in it: else all would have arrived
    before the tenth kill."""

    count: int


Blow = Kill | Freeze | Disturb | Play | Decide | OptOut | Import | Release


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens so many seconds after the start."""

    at: float
    blow: Blow


@dataclass(slots=True)
class Plan:
    """All of it, in order."""

    seed: int
    moments: list[Moment] = field(default_factory=list)

    def count(self, kind: type[Blow], target: str = "") -> int:
        """How many blows of a kind there are, at a target or any."""
        blows = [m.blow for m in self.moments if isinstance(m.blow, kind)]
        return sum(not target or getattr(blow, "target", "") == target for blow in blows)


WAVES = 8
#: Calls by vendor: the reading, the writing and the one that nobody thinks of.
PATHS = {
    "apollo": (
        "^/apollo/.*organizations/enrich",
        "^/apollo/.*contacts/search",
        "^/apollo/.*(remove_or_stop|update_stages)",
        "^/apollo/",
    ),
    "hubspot": (
        "^/hubspot/.*batch/read",
        "^/hubspot/.*batch/(upsert|create|update)",
        "^/hubspot/.*lists",
        "^/hubspot/.*tasks",
        "^/hubspot/",
    ),
    "slack": ("^/slack/.*chat.postMessage", "^/slack/.*users.lookup"),
}
KINDS = ("429", "503", "timeout", "lost")
APOLLO_BUSY = Fault("^/apollo/.*(remove_or_stop|update_stages)", "status", 429, retry_after="2")


def make_plan(seed: int, leads: int, kills: int, seconds: float) -> Plan:
    """`kills` are of workers, broker (two or more) and poller (two or more) together, in so many
    seconds."""
    chance = random.Random(seed)
    plan = Plan(seed)
    plan.moments += _kills(chance, kills, seconds)
    plan.moments.append(
        Moment(seconds * chance.uniform(0.4, 0.6), Freeze(chance.choice(WORKERS), _SESSION + 4))
    )
    plan.moments += _episodes(chance, seconds)
    plan.moments += _spread(chance, seconds, [Release(leads // WAVES + 1)] * WAVES)
    plan.moments += _spread(chance, seconds, [Play(leads // 100 + 1)] * 4)
    plan.moments += _spread(chance, seconds, [Decide(leads // 200 + 1)] * 3)
    plan.moments.append(Moment(seconds * chance.uniform(0.3, 0.5), Import()))
    plan.moments.sort(key=lambda m: m.at)
    return plan


def _kills(chance: random.Random, kills: int, seconds: float) -> list[Moment]:
    rare = max(2, kills // 12)
    targets = [BROKER] * rare + [POLLER] * rare
    targets += [WORKERS[n % 2] for n in range(kills - len(targets))]
    chance.shuffle(targets)
    slot = seconds / kills
    return [
        Moment(
            slot * (n + chance.random()),
            Kill(target, chance.uniform(2, 6) if target == BROKER else chance.uniform(0, 2)),
        )
        for n, target in enumerate(targets)
    ]


def _episodes(chance: random.Random, seconds: float) -> list[Moment]:
    """Every vendor fails in every way at least once, three ways at a time; in the midst Apollo is
    busy while people opt out."""
    ways = list(product(PATHS, KINDS))
    chance.shuffle(ways)
    moments = []
    number = max(5, int(seconds // (2 * _EPISODE)))
    busy = number // 2
    for n in range(number):
        at = seconds * n / number
        chosen = [ways[(3 * n + i) % len(ways)] for i in range(3)]
        faults = tuple(_fault(chance, vendor, kind) for vendor, kind in chosen)
        if n == busy:
            faults = (APOLLO_BUSY, *faults)
            moments.append(Moment(at + 0.5, OptOut(3)))
        moments.append(Moment(at, Disturb(faults)))
        moments.append(
            Moment(at + (2 if n == busy else 1) * min(_EPISODE, seconds / number / 2), Disturb(()))
        )
    return moments


def _fault(chance: random.Random, vendor: str, kind: str) -> Fault:
    path = chance.choice(PATHS[vendor])
    if kind in {"429", "503"}:
        after = chance.choice(("", "1", "3")) if kind == "429" else ""
        return Fault(path, "status", int(kind), retry_after=after)
    if kind == "timeout":
        return Fault(path, "timeout", times=chance.randint(1, 4), seconds=12.0)
    return Fault(
        "^/slack/.*chat.postMessage" if vendor == "slack" else PATHS[vendor][-1],
        "lost",
        times=chance.randint(2, 6),
        method="POST",
    )


def _spread(chance: random.Random, seconds: float, blows: list[Blow]) -> list[Moment]:
    """Over the time in which there is something to hit: not at once, and not at the very end."""
    slot = 0.8 * seconds / len(blows)
    return [
        Moment(0.1 * seconds + slot * (n + chance.random()), blow) for n, blow in enumerate(blows)
    ]

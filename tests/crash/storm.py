"""A site in a storm: two workers, a poller and a broker are killed, frozen and disturbed by a plan;
then the auditor comes.

What was killed, and what ends by itself, is started again by `processes.py`.
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.crash import auditor
from tests.crash.case import Case, Violation, sort_out
from tests.crash.evidence import Evidence, LogReader, lead_of, read_crm
from tests.crash.judging import is_settled
from tests.crash.plan import (
    BROKER,
    KINDS,
    PATHS,
    POLLER,
    WAVES,
    WORKERS,
    Decide,
    Disturb,
    Fault,
    Freeze,
    Import,
    Kill,
    Moment,
    OptOut,
    Plan,
    Play,
    Release,
)
from tests.crash.processes import IMPORT, Processes
from tests.limits import HUNG
from tests.sites import SiteHarness

#: Later events that mean the same whether the lead is under way or at rest.
_ANY_TIME = frozenset({"owner_back", "sequence_ends", "intent", "new_address"})
# leads, and seconds: hundreds that are held, looked at each three, would use up Apollo's hour
_MANY, _RECHECK = 1000, 20
# seconds in which whatever happened at a vendor has been polled, searches' lag included
_QUIET = _RECHECK + 4.0
_STUCK = 75.0  # seconds without any movement; a circuit opens for less
_LONGEST = 1500.0


@dataclass(slots=True)
class Tally:
    """What befell the site in fact: a storm that hits nothing proves nothing."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    opted_out: int = 0
    froze: int = 0

    def line(self) -> str:
        """One line for the report."""
        parts = {
            "killed": self.kills,
            "faults met": self.faults,
            "played": self.events,
            "decided": self.decisions,
        }
        told = [
            f"{name}: " + ", ".join(f"{k} {n}" for k, n in sorted(count.items()))
            for name, count in parts.items()
        ]
        return "; ".join(
            [*told, f"opted out while Apollo was busy: {self.opted_out}", f"frozen: {self.froze}"]
        )


def _look_less(rules: str) -> str:
    """The demo's rules, with held leads looked at less often."""
    return rules.replace("recheck_seconds: 3\n", f"recheck_seconds: {_RECHECK}\n")


class Storm:
    """One run. `say` takes a line of progress."""

    def __init__(self, data: Path, leads: int, plan: Plan, say: Callable[[str], None]) -> None:
        self.site = SiteHarness(
            data, leads=leads, seed=plan.seed, rules=_look_less if leads > _MANY else str
        )
        self.plan, self.say = plan, say
        self.tally = Tally()
        self._chance = random.Random(plan.seed + 1)
        self._reader = LogReader(self.site.broker.address)
        self._processes = Processes(self.site, self._reader.evidence.deaths, say)
        self._faults: list[Fault] = []
        self._later: list[dict[str, Any]] = []
        self._imported: set[str] = set()  # contacts that are in the import
        self._hidden: dict[str, str] = {}  # contacts held back, and their sources

    @property
    def evidence(self) -> Evidence:
        """What the log holds so far."""
        return self._reader.evidence

    def run(self) -> tuple[Case, list[Violation]]:
        """Everything, up to the auditor's word."""
        self.site.ground()
        self._read_later()
        self._hold_back()
        for name in (POLLER, *WORKERS):
            self._processes.start(name)
        began = time.monotonic()
        for moment in self.plan.moments:
            self._processes.supervise_until(began + moment.at)
            self._strike(moment)
            # on a slow machine all that follows comes later, not at once
            began = max(began, time.monotonic() - moment.at)
        self._calm()
        self._settle("the storm")
        for event in self._later:
            self._play(event)
        self._settle("what came afterwards")
        self.evidence.crm = read_crm(self.site.base)
        case, violations = auditor.audit(self.evidence)
        return case, [*violations, *self._missed()]

    def stop(self) -> None:
        """End every process of the site."""
        self.site.stop()

    # The blows

    def _strike(self, moment: Moment) -> None:
        blow = moment.blow
        self.say(f"{moment.at:6.1f} s  {blow}")
        match blow:
            case Kill(target, down):
                self._kill(target, down)
            case Freeze(target, seconds):
                self._freeze(target, seconds)
            case Disturb(faults):
                self._disturb(faults)
            case Play(count):
                self._play_some(count)
            case Decide(count):
                self._decide_some(count)
            case OptOut(count):
                self._opt_out(count)
            case Import():
                self._import()
            case Release(count):
                self._release(count)

    def _kill(self, target: str, down: float) -> None:
        if target == BROKER:
            self._processes.kill_broker(down)
        else:
            target = self._processes.kill(target, down)
        self.tally.kills[target] += 1

    def _freeze(self, target: str, seconds: float) -> None:
        self.tally.froze += self._processes.freeze(target, seconds)

    def _disturb(self, faults: tuple[Fault, ...]) -> None:
        left = self.site.control("GET", "faults")
        for fault, rest in zip(self._faults, left, strict=True):
            self.tally.faults[fault.name] += fault.times - rest["times"]
        self.site.control("DELETE", "faults")
        self._faults = list(faults)
        if faults:
            self.site.control("POST", "faults", [asdict(fault) for fault in faults])

    def _read_later(self) -> None:
        kept = next(
            o["events"] for o in self.site.objects("control") if isinstance(o.get("events"), list)
        )
        self._later = [event for event in kept if event["kind"] != "import"]
        self._imported = {
            i for event in kept if event["kind"] == "import" for i in event["contacts"]
        }

    def _hold_back(self) -> None:
        """Have most contacts look like the CRM's own, which the poller leaves alone, until they are
        released."""
        contacts = {
            c["id"]: c for c in self.site.objects("apollo.contacts") if c["source"] != "crm"
        }
        hidden = [i for i in sorted(contacts) if i not in self._imported]
        self._chance.shuffle(hidden)
        self._hidden = {i: contacts[i]["source"] for i in hidden[self.site.leads // WAVES :]}
        for ident in self._hidden:
            self.site.control(
                "POST", f"objects/apollo.contacts/{ident}", contacts[ident] | {"source": "crm"}
            )

    def _release(self, count: int) -> None:
        contacts = {c["id"]: c for c in self.site.objects("apollo.contacts")}
        for ident in list(self._hidden)[:count]:
            shown = {
                "source": self._hidden.pop(ident),
                "updated_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            }
            self.site.control("POST", f"objects/apollo.contacts/{ident}", contacts[ident] | shown)

    def _play_some(self, count: int) -> None:
        case = self._look()
        ready = [e for e in self._later if self._is_playable(case, e)]
        for event in self._chance.sample(ready, min(count, len(ready))):
            self._later.remove(event)
            self._play(event)

    def _is_playable(self, case: Case, event: dict[str, Any]) -> bool:
        contact = event.get("contact", "")
        return contact not in self._hidden and (
            event["kind"] in _ANY_TIME or self._rests(case, contact)
        )

    def _rests(self, case: Case, contact: str) -> bool:
        return case.place(lead_of("apollo", contact)) in {"engaged", "nurtured"}

    def _play(self, event: dict[str, Any]) -> None:
        self.site.control("POST", "play", [event])
        self.tally.events[event["kind"]] += 1

    def _opt_out(self, count: int) -> None:
        """Plain nurtured leads; the truth that is known of them is another from now on."""
        case = self._look()
        emails = {c["id"]: c for c in self.site.objects("apollo.contacts")}
        expected = {e.get("contact") for e in self._later}
        ready = [
            i
            for i in sorted(emails)
            if i not in expected and case.place(lead_of("apollo", i)) == "nurtured"
        ]
        for ident in self._chance.sample(ready, min(count, len(ready))):
            self.site.control(
                "POST", "play", [{"kind": "unsubscribe", "contact": ident, "by": "crm"}]
            )
            self.evidence.touched.add(lead_of("apollo", ident))
            self.tally.opted_out += 1

    def _decide_some(self, count: int) -> None:
        done = self._cli("review", "list", "--json")
        items = json.loads(done.stdout) if not done.returncode else []
        fresh = [item for item in items if item["lead_id"] not in self.evidence.touched]
        for item in self._chance.sample(fresh, min(count, len(fresh))):
            action = self._action(item)
            self.evidence.touched.add(item["lead_id"])
            arguments = (
                "review",
                "resolve",
                item["lead_id"],
                "--actor",
                "storm",
                "--reason",
                "decided in the storm",
                *action,
            )
            if not self._cli(*arguments).returncode:
                self.tally.decisions[action[0]] += 1

    def _action(self, item: dict[str, Any]) -> tuple[str, ...]:
        rules = {reason["rule"] for reason in item["reasons"]}
        if "required.title" in rules and len(rules) == 1:
            return ("--set", "title=VP Sales")
        if item["stage"] == "company" and item["kind"] == "review":
            return (self._chance.choice(("--merge", "--separate")),)
        if item["stage"] == "routing":
            return ("--route", "ana.us@acme.test")
        return ("--redrive",) if item["kind"] == "fallback" else ("--suppress",)

    def _import(self) -> None:
        case = self._look()
        self.evidence.touched |= {
            lead_of("apollo", i) for i in self._imported if not self._rests(case, i)
        }
        file = self.site.data / "import.csv"
        file.write_text(
            httpx.get(f"{self.site.base}/_control/import.csv", timeout=HUNG).raise_for_status().text
        )
        self._processes.start(IMPORT)

    def _cli(self, *args: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "app.cli", *args]
        return subprocess.run(
            command, env=self.site.environment(), capture_output=True, text=True, check=False
        )

    # The end

    def _calm(self) -> None:
        """Faults end, everybody lives, nothing is held back any more."""
        self._release(len(self._hidden))
        self._disturb(())
        self._processes.supervise_while(lambda: not self._processes.all_live(), 60)

    def _look(self) -> Case:
        return sort_out(self._reader.read())

    def _settle(self, after: str) -> None:
        """Wait until nothing is under way, the last clock has run out and nothing new has been
        heard for a while; but no longer than a minute in which nothing moves. What isn't settled
        by then the auditor will tell."""
        began = still = time.monotonic()
        known: tuple[int, ...] = ()
        settled = False
        while (
            time.monotonic() - still < (_QUIET if settled else _STUCK)
            and time.monotonic() - began < _LONGEST
        ):
            # reading takes the site's time, too
            self._processes.supervise_until(time.monotonic() + 1.0 + self.site.leads / 1000)
            case = self._look()
            settled = is_settled(case, self.site.leads)
            if (now := self._movement(case)) != known:
                still, known = time.monotonic(), now
        self.say(
            f"{after}: {'settled' if settled else 'NOT settled'} after"
            f" {time.monotonic() - began:.0f} s"
        )

    def _movement(self, case: Case) -> tuple[int, ...]:
        """Numbers that change as long as something moves: what has come in, the leads under way,
        and those at rest."""
        heard = sum(
            1 for topic in ("captured", "signals", "review-decisions") for _ in case.of(topic)
        )
        moving = sum(case.place(lead) in {"", "in_flight"} for lead in case.captured)
        stages = sum(1 for event in case.events if event.place == "in_flight")
        return heard, moving, stages

    def _missed(self) -> list[Violation]:
        """What the storm itself failed to do."""
        planned = Counter(m.blow.target for m in self.plan.moments if isinstance(m.blow, Kill))
        met = {word for name, count in self.tally.faults.items() if count for word in name.split()}
        faults = [
            f"no call met a fault of the kind {name}"
            for name in (*PATHS, *KINDS)
            if name not in met
        ]
        few = sum(self.tally.kills.values()) < sum(planned.values())
        lines = [
            *faults,
            *(["fewer kills than planned"] if few else []),
            *([] if self.tally.froze else ["nobody froze"]),
        ]
        return [Violation("storm", line) for line in lines]

"""What becomes of an act by what its vendor says: nothing that a vendor says ends the worker, and
people hear of it once."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.core.errors import (
    AccountLimited,
    EndpointSpent,
    NotInPlan,
    NotSent,
    QuotaExhausted,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
)
from connectors.memory.apollo import MemoryApollo
from connectors.memory.crm import MemoryCrm
from connectors.memory.sheets import MemorySheets
from connectors.memory.slack import MemorySlack
from leads.effect_results import EffectResult, Erased, value_of
from leads.effects import (
    CreateTask,
    Effect,
    EnrichCompany,
    EnterApolloSequence,
    EraseContact,
    EraseInApollo,
    EraseMessage,
    EraseRows,
    LookUpOwner,
    PostAlert,
    ReadAccounts,
    ReadApolloSequences,
    StopContact,
    StopInApollo,
)
from leads.keys import Keys
from streams.effects.circuit import PROBE_WAIT, STEADY
from streams.effects.context import EffectContext
from streams.effects.executor import EffectExecutor
from streams.effects.vendors import APART, OFF, PAUSE
from streams.ports import Fatal
from streams.runner.outbox import IdleDetector
from tests.leads.test_gates import lead
from tests.limits import HUNG

Fault = Callable[[], Exception]
ENRICH = EnrichCompany(domain="firm.com", daily_cap=10**6)
SEQUENCES = ReadApolloSequences(apollo_id="a1", email="")
ACCOUNT = ReadAccounts(company_id="", domain="firm.com")
ENROL = EnterApolloSequence(apollo_id="a1", sequence="warm", sender="n@acme.test")
STOP = StopContact(contact_id="1", kind="unsubscribe", nurtured=False)
NO_CALL = StopInApollo(apollo_id="", kind="unsubscribe", source="crm")
POST = PostAlert(to="#ops", text="text", alert_id="alert")
OWNER = LookUpOwner(owner_id="rep@acme.test")
TASK = CreateTask(contact_id="1", subject="Call", due=1.0, owner_id="r")


class Failing:
    """A vendor in front of which faults stand: each call takes the next one of its method, or of
    all methods ('*')."""

    def __init__(self, vendor: Any) -> None:
        self.vendor = vendor
        self.faults: dict[str, list[Fault]] = {}
        self.always: dict[str, Fault] = {}
        self.hold: asyncio.Event | None = None
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self.vendor, name)
        if not asyncio.iscoroutinefunction(inner):
            return inner

        async def call(*args: Any, **more: Any) -> Any:
            self.calls.append(name)
            if self.hold is not None:
                await self.hold.wait()
            if (always := self.always.get(name) or self.always.get("*")) is not None:
                raise always()
            if queue := self.faults.get(name):
                fault = queue.pop(0)
                raise fault()
            # as it is now, not when it was bound
            return await getattr(self.vendor, name)(*args, **more)

        return call


@dataclass
class Site:
    """Effects on doubles, and what was said."""

    at: float = 1000.0
    alerts: list[tuple[str, str]] = field(default_factory=list)
    suppressed: str = ""
    fatal: str = ""

    def __post_init__(self) -> None:
        self.crm, self.apollo = Failing(MemoryCrm(self.now)), Failing(MemoryApollo(self.now))
        self.slack = Failing(MemorySlack(self.now))
        self.sheets = Failing(MemorySheets(self.now))
        self.apollo.vendor.add_contact("a1", "p1@firm.com")
        crm: Any = self.crm
        outside = EffectContext(
            crm=crm,
            apollo=self.apollo,
            slack=self.slack,
            sheets=self.sheets,
            suppressed=lambda *_: self.suppressed,
            signals_applied=self.applied,
            nurture_lists=list,
        )
        self.effects = EffectExecutor(
            outside,
            IdleDetector(lambda: False),
            Keys("test"),
            self,
            check=self.check,
            alarm=lambda vendor, text: self.alerts.append((vendor, text)),
            live=True,
            share=lambda: 1.0,
        )

    def now(self) -> float:
        return self.at

    def check(self) -> None:
        if self.fatal:
            raise Fatal(self.fatal)

    async def applied(self, partition: int) -> None:
        del partition

    async def do(self, act: Effect, **more: Any) -> EffectResult:
        """One act, now."""
        how = {
            "effect_id": "e",
            "since": self.at,
            "started": self.at,
            "again": False,
            "partition": 0,
            "shadow": False,
        }
        return await self.effects.perform(act, **{**how, "record": lead(), **more})

    def state(self, vendor: str) -> str:
        return self.effects.circuits[vendor].state


def run(test: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
    """A test on a site of its own."""
    asyncio.run(test(Site()))


def down() -> Exception:
    return Unavailable("Apollo GET contacts: 503")


def test_half_open_lets_one_call_of_many_go() -> None:
    async def test(site: Site) -> None:
        site.apollo.always["*"] = down
        results = await asyncio.gather(*(site.do(SEQUENCES) for _ in range(20)))
        assert {r.retry_after for r in results} == {1.0}
        site.at += 1.0
        site.apollo.calls.clear()
        again = await asyncio.gather(*(site.do(SEQUENCES) for _ in range(20)))
        assert len(site.apollo.calls) == 1
        assert sorted({r.retry_after for r in again}) == [2.0]
        assert all(r.not_sent for r in again[1:])
        site.at += 2.0
        site.apollo.always.clear()
        site.apollo.hold = asyncio.Event()
        probe = asyncio.ensure_future(site.do(SEQUENCES))
        await asyncio.sleep(0)
        waits = await asyncio.gather(*(site.do(SEQUENCES) for _ in range(5)))
        assert {(r.retry_after, r.not_sent, r.ok) for r in waits} == {(PROBE_WAIT, True, False)}
        site.apollo.hold.set()
        assert (await probe).ok
        assert site.state("apollo") == "closed"
        assert all(r.ok for r in await asyncio.gather(*(site.do(SEQUENCES) for _ in range(5))))

    run(test)


def test_a_probe_that_is_cancelled_or_held_back_by_us_gives_way_to_the_next() -> None:
    async def test(site: Site) -> None:
        site.apollo.faults["sequences"] = [down, lambda: NotSent("our budget is spent", 3.0)]
        await site.do(SEQUENCES)
        site.at += 1.0
        assert (await site.do(SEQUENCES)).retry_after == 3.0
        site.apollo.hold = asyncio.Event()
        probe = asyncio.ensure_future(site.do(SEQUENCES))
        await asyncio.sleep(0)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        site.apollo.hold = None
        assert (await site.do(SEQUENCES)).ok

    run(test)


def test_an_act_that_calls_nobody_says_nothing_about_the_vendor() -> None:
    async def test(site: Site) -> None:
        site.apollo.always["*"] = down
        await site.do(SEQUENCES)
        site.at += 1.0
        assert (await site.do(NO_CALL)).ok
        site.suppressed = "bounce"
        assert (await site.do(ENROL)).retry_after, "whoever may be in a sequence is out of it first"
        assert site.state("apollo") != "closed"

    run(test)


def test_an_outage_is_reported_once_and_so_is_its_end() -> None:
    async def test(site: Site) -> None:
        site.apollo.always["*"] = down
        for _ in range(5):
            await site.do(SEQUENCES)
            site.at += 60.0
        [(vendor, text)] = site.alerts
        assert vendor == "apollo"
        assert text.startswith("Apollo does not answer: Apollo GET contacts: 503. Leads wait")
        site.apollo.always.clear()
        assert (await site.do(SEQUENCES)).ok
        site.at += STEADY / 2
        site.apollo.faults["sequences"] = [down]
        await site.do(SEQUENCES)
        site.at += STEADY
        await site.do(SEQUENCES)
        assert len(site.alerts) == 1, "well for half a minute is the same outage"
        site.at += STEADY
        await site.do(SEQUENCES)
        assert [t for _, t in site.alerts[1:]] == [
            "Apollo is well again; the leads that waited go on."
        ]
        site.apollo.faults["sequences"] = [down]
        await site.do(SEQUENCES)
        assert len(site.alerts) == 3, "a new outage is reported again"

    run(test)


NONSENSE = [
    lambda: KeyError("results"),
    lambda: TypeError("'NoneType' object is not iterable"),
    lambda: ValueError("zip() argument 2 is shorter than argument 1"),
    lambda: AttributeError("'list' object has no attribute 'get'"),
    lambda: json.JSONDecodeError("Expecting value", "<html>", 0),
    lambda: RecursionError("maximum recursion depth exceeded"),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
]


@pytest.mark.parametrize("fault", NONSENSE)
@pytest.mark.parametrize("act", [SEQUENCES, ENRICH, POST, OWNER, TASK, STOP])
def test_no_answer_ends_the_worker(fault: Fault, act: Effect) -> None:
    async def test(site: Site) -> None:
        vendor = {"apollo": site.apollo, "crm": site.crm, "slack": site.slack}[
            act.name.split(".")[0]
        ]
        vendor.always["*"] = fault
        result = await site.do(act)
        assert result.retry_after > 0
        assert not result.not_sent, "it may have had its effect"
        assert type(fault()).__name__ in result.reason
        assert "test_executor.py" in result.reason, "the place is named"
        [(_, text)] = site.alerts
        assert "in a form that it does not document" in text
        vendor.always.clear()

    run(test)


@pytest.mark.parametrize("answer", [[], [None, None], None])
def test_an_answer_with_another_number_of_rows_is_nonsense_too(answer: Any) -> None:
    """And nobody waits for ever for the row that is missing."""

    async def test(site: Site) -> None:
        async def accounts(_: Any) -> Any:
            return answer

        site.crm.vendor.accounts = accounts
        async with asyncio.timeout(HUNG):
            result = await site.do(ACCOUNT)
        assert result.retry_after > 0

    run(test)


def test_our_own_troubles_are_raised() -> None:
    async def test(site: Site) -> None:
        site.fatal = "this worker stood still"
        with pytest.raises(Fatal):
            await site.do(SEQUENCES)
        assert site.alerts == []

    run(test)


def refused() -> Exception:
    return Unauthorised("Apollo GET contacts: 401 Invalid API key")


def test_a_key_is_called_wrong_only_when_it_was_refused_twice_some_time_apart() -> None:
    async def test(site: Site) -> None:
        site.apollo.always["*"] = refused
        results = await asyncio.gather(*(site.do(SEQUENCES) for _ in range(5)))
        assert {r.retry_after for r in results} == {APART}
        assert site.alerts == [], "a passing refusal is no alarm"
        site.at += APART
        assert (await site.do(NO_CALL)).ok
        paused = await site.do(ENRICH)
        assert paused.retry_after == PAUSE
        [(_, text)] = site.alerts
        assert text.startswith("Apollo has refused our key twice")
        for _ in range(3):
            site.at += PAUSE
            await site.do(SEQUENCES)
        assert len(site.alerts) == 1
        site.apollo.always.clear()
        site.at += PAUSE
        assert (await site.do(SEQUENCES)).ok, "a mended key needs no restart"

    run(test)


def test_a_refusal_that_passes_is_a_wait_and_forgotten() -> None:
    async def test(site: Site) -> None:
        for _ in range(3):
            site.apollo.faults["sequences"] = [refused]
            assert (await site.do(SEQUENCES)).retry_after == APART
            site.at += APART
            assert (await site.do(SEQUENCES)).ok
        assert site.alerts == []

    run(test)


def test_a_call_that_alone_is_refused_waits_alone() -> None:
    """The key is good, but may not make this call: the vendor's other calls go on."""

    async def test(site: Site) -> None:
        site.apollo.always["stop"] = refused
        stop = StopInApollo(apollo_id="a1", kind="unsubscribe", source="crm")
        await site.do(stop)
        site.at += APART
        assert (await site.do(SEQUENCES)).ok
        site.at += 1.0
        assert (await site.do(stop)).retry_after == PAUSE
        assert (await site.do(SEQUENCES)).ok
        [(_, text)] = site.alerts
        assert text.startswith("Apollo does not take the call apollo.stop")
        site.at += PAUSE
        site.apollo.always.clear()
        assert (await site.do(stop)).ok
        assert site.alerts[-1][1] == "The call apollo.stop of Apollo works again."

    run(test)


LACKING = [
    lambda: NotInPlan("Apollo GET organizations/enrich: 403 API_INACCESSIBLE"),
    lambda: RecordRejected("Apollo: insufficient credits", "credits"),
    lambda: AccountLimited("Apollo: insufficient credits"),
]


@pytest.mark.parametrize("fault", LACKING)
def test_an_optional_feature_is_off_with_one_alert_and_comes_back(fault: Fault) -> None:
    async def test(site: Site) -> None:
        site.apollo.always["enrich"] = fault
        results = await asyncio.gather(*(site.do(ENRICH) for _ in range(10)))
        assert {(r.ok, r.kind, r.retry_after) for r in results} == {(False, "off", 0.0)}
        asked = len(site.apollo.calls)
        site.at += OFF - 1.0
        assert (await site.do(ENRICH)).kind == "off"
        assert len(site.apollo.calls) == asked
        assert (await site.do(SEQUENCES)).ok, "nothing else stops"
        site.at += 1.0
        results = await asyncio.gather(*(site.do(ENRICH) for _ in range(10)))
        assert {r.kind for r in results} == {"off"}
        assert site.apollo.calls.count("enrich") == asked + 1, "one of them asks whether it is back"
        [(_, text)] = site.alerts
        assert text.startswith("Completing companies from Apollo is off: Apollo")
        site.at += OFF
        site.apollo.always.clear()
        assert (await site.do(ENRICH)).ok
        assert site.alerts[-1][1] == "Completing companies from Apollo works again."
        assert all(r.ok for r in await asyncio.gather(*(site.do(ENRICH) for _ in range(10))))

    run(test)


def test_the_days_cap_of_credits_is_announced_and_leads_go_on() -> None:
    async def test(site: Site) -> None:
        enrich = EnrichCompany(domain="firm.com", daily_cap=2)
        assert [(await site.do(enrich)).kind for _ in range(4)] == ["ok", "ok", "off", "off"]
        assert site.apollo.calls.count("enrich") == 2
        [(_, text)] = site.alerts
        assert "capture.enrich_daily_cap" in text
        assert (await site.do(SEQUENCES)).ok, "nothing else stops"
        site.at += 86_400.0
        assert (await site.do(enrich)).ok, "the next day has credits of its own"

    run(test)


@pytest.mark.parametrize(
    ("fault", "spent"),
    [
        (lambda: NotSent("the minute's calls are spent"), 0),
        (lambda: Unavailable("Apollo: 429", not_sent=True), 0),
        (lambda: NotInPlan("Apollo: 403"), 0),
        (lambda: Unavailable("Apollo: 504"), 1),
    ],
)
def test_a_call_that_was_not_made_spends_no_credit(fault: Fault, spent: int) -> None:
    """Leads that our own pace or Apollo's limit puts off ask again and again."""

    async def test(site: Site) -> None:
        enrich = EnrichCompany(domain="firm.com", daily_cap=1)
        site.apollo.always["enrich"] = fault
        await site.do(enrich)
        site.at += OFF
        site.apollo.always.clear()
        assert (await site.do(enrich)).ok == (spent == 0)

    run(test)


def test_what_the_plan_leaves_out_and_a_lead_needs_is_waited_for() -> None:
    async def test(site: Site) -> None:
        site.crm.always["add_tasks"] = lambda: NotInPlan("HubSpot POST tasks: 403 MISSING_SCOPES")
        results = await asyncio.gather(*(site.do(TASK, effect_id=f"e{n}") for n in range(5)))
        assert {(r.retry_after, r.not_sent) for r in results} == {(PAUSE, True)}
        assert (await site.do(OWNER)).ok
        assert len(site.alerts) == 1

    run(test)


def test_an_accounts_limit_stops_all_leads_and_none_is_refused() -> None:
    async def test(site: Site) -> None:
        site.crm.always["add_tasks"] = lambda: AccountLimited(
            "Salesforce has no storage left: free some, or buy more"
        )
        results = await asyncio.gather(*(site.do(TASK, effect_id=f"e{n}") for n in range(5)))
        assert {(r.ok, r.retry_after, r.not_sent) for r in results} == {(False, 60.0, True)}
        assert (await site.do(OWNER)).retry_after == 60.0
        [(_, text)] = site.alerts
        assert (
            text
            == "Salesforce has no storage left: free some, or buy more. Leads wait; they go on by"
            " themselves once that is changed."
        )

    run(test)


def test_a_spent_endpoint_stops_its_own_calls_alone() -> None:
    """Apollo counts each endpoint by itself: an opt-out still reaches it when the sequences can't
    be read any more."""

    async def test(site: Site) -> None:
        site.apollo.faults["sequences"] = [
            lambda: EndpointSpent("Apollo's calls of contacts are spent", 900.0)
        ]
        site.apollo.faults["enrich"] = [
            lambda: EndpointSpent("Apollo's calls of enrich are spent", 900.0)
        ]
        first, second = await site.do(SEQUENCES), await site.do(SEQUENCES)
        assert (first.ok, first.retry_after, first.not_sent, second.retry_after) == (
            False,
            900.0,
            True,
            900.0,
        )
        assert "tried again every 15 minutes" in site.alerts[0][1]
        assert (await site.do(ENRICH)).kind == "off"
        assert (await site.do(ENROL)).ok
        assert site.state("apollo") == "closed"
        site.at += OFF
        assert (await site.do(SEQUENCES)).ok
        assert len(site.alerts) == 3

    run(test)


def test_a_spent_day_is_waited_for() -> None:
    async def test(site: Site) -> None:
        site.apollo.always["*"] = lambda: QuotaExhausted("Apollo's calls are spent", 900.0)
        assert (await site.do(SEQUENCES)).retry_after == 900.0

    run(test)


@pytest.mark.parametrize(
    ("fault", "kind", "tries"),
    [
        (lambda: RecordRetryable("HubSpot 207: opt-out not written"), "failed", 3),
        (lambda: RecordRejected("no"), "rejected", 1),
    ],
)
def test_an_opt_out_that_is_not_written_is_not_done(fault: Fault, kind: str, tries: int) -> None:
    async def test(site: Site) -> None:
        site.crm.always["stop"] = fault
        result = await site.do(STOP)
        assert (result.ok, result.kind, len(site.crm.calls)) == (False, kind, tries)
        assert site.state("crm") == "closed"

    run(test)


def test_who_entered_as_a_suppression_came_is_out_again_though_the_vendor_failed() -> None:
    async def test(site: Site) -> None:
        inner = site.apollo.vendor.enrol

        async def enrol(*args: Any) -> bool:
            await inner(*args)
            site.suppressed = "unsubscribe"
            raise Unavailable("the answer is lost")

        site.apollo.vendor.enrol = enrol
        assert (await site.do(ENROL)).retry_after
        assert site.apollo.vendor.running("a1") == ["warm"]
        site.at += 1.0
        result = await site.do(ENROL)
        assert (result.ok, result.kind) == (False, "suppressed")
        assert site.apollo.vendor.running("a1") == []

    run(test)


ERASURES: list[tuple[str, Effect]] = [
    ("crm", EraseContact(contact_id="1", person_key="k1")),
    ("apollo", EraseInApollo(apollo_id="a1", email="p1@firm.com")),
    ("slack", EraseMessage(to="#ops", alert_id="alert", at=0.0)),
    ("sheets", EraseRows(lead_ids=("l1",), address_keys=())),
]


@pytest.mark.parametrize(("vendor", "effect"), ERASURES)
def test_an_erasure_is_tried_again_and_answers_what_became_of_each_part(
    vendor: str, effect: Effect
) -> None:
    async def test() -> None:
        site = Site()
        getattr(site, vendor).faults["erase"] = [lambda: RecordRetryable("busy")]
        done = await site.do(effect)
        assert done.ok
        value = value_of(done, Erased)
        assert value is not None
        assert value.parts
        assert getattr(site, vendor).calls == ["erase", "erase"]

    asyncio.run(test())


@pytest.mark.parametrize(("vendor", "effect"), ERASURES)
def test_an_erasure_at_a_vendor_that_is_down_waits_and_opens_the_circuit(
    vendor: str, effect: Effect
) -> None:
    async def test() -> None:
        site = Site()
        getattr(site, vendor).always["erase"] = lambda: Unavailable("down", 5.0)
        done = await site.do(effect)
        assert not done.ok
        assert done.retry_after > 0
        circuit = "sheet" if vendor == "sheets" else vendor
        assert site.effects.circuits[circuit].state == "open"
        calls = len(getattr(site, vendor).calls)
        assert (await site.do(effect)).not_sent
        assert len(getattr(site, vendor).calls) == calls

    asyncio.run(test())


@pytest.mark.parametrize(("vendor", "effect"), ERASURES)
def test_nothing_is_erased_in_shadow(vendor: str, effect: Effect) -> None:
    async def test() -> None:
        site = Site()
        done = await site.do(effect, shadow=True)
        assert done.kind == "would"
        assert getattr(site, vendor).calls == []

    asyncio.run(test())

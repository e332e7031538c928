"""Acts made real: three tries for a row's own failure, the circuit for a vendor's, shadow, and the last look before a call.

A row's failure is told as a Result, so that the gate decides what becomes of the lead; a vendor's failure puts the
lead off without counting an attempt. Nothing that a vendor says is raised here but a wrong key, which is fatal.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors.errors import NotSent, RowRejected, RowRetryable, Unauthorised, Unavailable
from leads.decision import Act, Result
from leads.keys import Keys
from leads.records import Lead
from streams.acts import Acts
from streams.acts.effect import Effect, Outside
from streams.circuit import Circuit
from streams.outbox import FlushGate
from streams.ports import Clock, Fatal

log = structlog.get_logger(__name__)

TRIES = 3
#: What takes back an entry that a suppression has overtaken.
_OUT_AGAIN = {"crm.enter_list": "crm.leave_list", "apollo.enrol": "apollo.leave", "crm.enrol": "crm.unenrol"}
#: A call leaves within so many seconds after its `started` row was written, or never (INTERLEAVINGS 4).
DEADLINE = 15.0


class Effects:
    """The worker's effector. `live` False is shadow: reading acts are real, others are said to have been done.

    `check` raises when this worker must not act any more; `alarm(vendor, why)` tells people that a vendor is away;
    `retried(act)` is called before each second and third try.
    """

    def __init__(
        self,
        outside: Outside,
        gate: FlushGate,
        keys: Keys,
        clock: Clock,
        *,
        check: Callable[[], None],
        alarm: Callable[[str, str], None],
        live: bool,
        share: Callable[[], float],
        retried: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._out, self._clock, self._live = outside, clock, live
        self._check, self._alarm, self._retried = check, alarm, retried
        self._circuits = {"crm": Circuit(), "apollo": Circuit(), "slack": Circuit(), "sync": Circuit()}
        self._acts = Acts(outside, gate, keys, clock, share)
        self.paused = False

    async def caught_up(self, partition: int) -> None:
        """See ports.Effector."""
        await self._out.signals_applied(partition)

    def settles_in(self, begun: float) -> float:
        """See ports.Effector."""
        return max(0.0, begun + DEADLINE - self._clock.now())

    async def perform(
        self, act: Act, *, effect_id: str, since: float, started: float, again: bool, partition: int, record: Any, shadow: bool
    ) -> Result:
        """See ports.Effector. `again` means that an earlier attempt began it: look before doing."""
        if self.paused and not act.reads:
            return Result(ok=False, why="effects are paused", later=5.0, undone=True)
        if (shadow or not self._live) and not act.reads:
            return Result(ok=True, kind="would", value=_would(act, record))
        if record_is_shadow(act):
            return _shadow_read(act, self._clock.now())
        vendor = act.name.split(".", 1)[0]
        circuit = self._circuits[vendor]
        if wait := circuit.closed_in(self._clock.now()):
            return Result(ok=False, why="the vendor does not answer", later=wait, undone=True)
        effect = Effect(effect_id, again, asyncio.get_running_loop().time() + started + DEADLINE - self._clock.now(), since)
        try:
            result = await self._try(act, effect, partition, record)
        except NotSent as error:
            return Result(ok=False, why=str(error), later=error.after, undone=True)
        except Unavailable as error:
            return self._put_off(vendor, error)
        except Unauthorised as error:
            raise Fatal(f"{error}: the key or its scopes are wrong") from error
        circuit.close()
        return result

    def _put_off(self, vendor: str, error: Unavailable) -> Result:
        now, circuit = self._clock.now(), self._circuits[vendor]
        if circuit.open(now, error.after):
            log.warning("vendor unavailable", vendor=vendor, why=str(error), again_in=circuit.closed_in(now))
            self._alarm(vendor, str(error))
        return Result(ok=False, why=str(error), later=circuit.closed_in(now), undone=error.undone)

    async def _try(self, act: Act, effect: Effect, partition: int, record: Any) -> Result:
        try:
            try:
                result = await self._once(act, effect, partition, record)
            except RowRetryable:
                result = await self._retry(act, replace(effect, again=True), partition, record)
        except RowRetryable as error:
            return Result(ok=False, kind="failed", why=str(error))
        except RowRejected as error:
            return Result(ok=False, kind=error.kind, why=str(error))
        if (out := _OUT_AGAIN.get(act.name)) and result.ok and (why := self._out.suppressed(partition, record)):
            await self._acts.handlers[out](act.args, record, effect)  # heard while we entered: out at once
            return Result(ok=False, kind="suppressed", why=why)
        return result

    async def _once(self, act: Act, effect: Effect, partition: int, record: Any) -> Result:
        self._check()
        if act.guarded and (why := self._out.suppressed(partition, record)):
            return Result(ok=False, kind="suppressed", why=why)
        answer = await self._acts.handlers[act.name](act.args, record, effect)
        return answer if isinstance(answer, Result) else Result(ok=True, value=answer)

    async def _retry(self, act: Act, effect: Effect, partition: int, record: Any) -> Result:
        """The second and third try. The first is made without tenacity, whose set-up costs more than most calls."""
        await asyncio.sleep(0.2)
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(TRIES - 1),
            wait=wait_random_exponential(multiplier=0.2, max=2.0),
            retry=retry_if_exception_type(RowRetryable),
            reraise=True,
        ):
            with attempt:
                self._retried(act.name)
                result = await self._once(act, effect, partition, record)
        return result


def _would(act: Act, record: Any) -> dict[str, Any]:
    """What a shadow run goes on with: ids that no vendor has, marked as such."""
    known = record.crm.contact_id if isinstance(record, Lead) else ""
    return {
        "contact_id": known or f"shadow:{getattr(record, 'person_key', '')}",
        "existed": False,
        **({"shown": act.args} if act.name == "crm.assign" else {}),
    }


def record_is_shadow(act: Act) -> bool:
    """Whether a reading act asks about something that only a shadow run has made."""
    return str(act.args.get("contact_id", "")).startswith("shadow:")


def _shadow_read(act: Act, now: float) -> Result:
    if act.name == "crm.read_owner":
        return Result(ok=True, kind="would", value={"owner_id": "shadow", "email": "would be written", "active": True, "at": now})
    return Result(ok=True, kind="would", value={"at": 0.0})

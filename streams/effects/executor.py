"""Makes effects: three tries for a row's own failure, a wait for a vendor's, shadow, and the last
check before a call.

A row's failure is an EffectResult, so that the gate decides what becomes of the lead; a
vendor's failure puts the lead off without counting an attempt, or lets it go on without an
optional answer (vendors.py). No answer of a vendor, in whatever form, raises an exception here.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from connectors.core.errors import RecordRejected, RecordRetryable, VendorError
from leads.effect_results import (
    ActivityRead,
    ContactWritten,
    EffectResult,
    EffectValue,
    OwnerAssigned,
    OwnerRead,
)
from leads.effects import (
    SHADOW,
    AssignOwner,
    Effect,
    ReadActivities,
    ReadOwner,
    UpsertContact,
    undoing,
)
from leads.erasure_order import ErasureOrder
from leads.keys import Keys
from leads.records import Lead
from streams.effects.circuit import Circuit
from streams.effects.context import Answer, EffectAttempt, EffectContext, NotCalled
from streams.effects.handlers import EffectHandlers
from streams.effects.vendors import Permit, Vendor, is_left_out, unreadable
from streams.ports import Clock, Fatal
from streams.runner.outbox import IdleDetector

TRIES = 3
#: A call leaves within so many seconds after its `started` row was written, or never
#: (docs/design/interleavings.md 4).
DEADLINE = 15.0
_SHADOW_WAIT = 60.0  # seconds after which an erasure looks whether effects are live
#: What may be called, by the first part of an effect's name, and what people call it.
NAMES = MappingProxyType(
    {"crm": "The CRM", "apollo": "Apollo", "slack": "Slack", "sheet": "The review sheet"}
)


class EffectExecutor:
    """The worker's effector.

    `live` False is shadow: effects that read are real, others are only said to have been made.

    `check` raises when this worker must not act any more; `alarm(vendor, text)` alerts people to
    a vendor's failure, once an outage; `retried(name)`, an effect's, is called before
    each second and third try. `circuits` are read by metrics, by vendor.
    """

    def __init__(
        self,
        outside: EffectContext,
        idle: IdleDetector,
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
        self._check, self._retried = check, retried
        vendors = {key: Vendor(name, clock, partial(alarm, key)) for key, name in NAMES.items()}
        self.circuits: Mapping[str, Circuit] = {
            key: vendor.circuit for key, vendor in vendors.items()
        }
        self._vendors = {
            **vendors,
            "sync": Vendor("The CRM's snapshot", clock, partial(alarm, "sync")),
        }
        self._handlers = EffectHandlers(outside, idle, keys, clock, share)
        self.paused = False

    async def wait_for_signals(self, partition: int) -> None:
        """See ports.Effector."""
        await self._out.signals_applied(partition)

    def seconds_until_settled(self, begun: float) -> float:
        """See ports.Effector."""
        return max(0.0, begun + DEADLINE - self._clock.now())

    async def perform(
        self,
        effect: Effect,
        *,
        effect_id: str,
        since: float,
        started: float,
        again: bool,
        partition: int,
        record: Any,
        shadow: bool,
    ) -> EffectResult:
        """See ports.Effector. `again` means that an earlier attempt began it: look before doing.

        Raises Fatal for what is wrong with this worker, and nothing else.
        """
        if self.paused and not effect.reads:
            return EffectResult(
                ok=False, reason="effects are paused", retry_after=5.0, not_sent=True
            )
        if (shadow or not self._live) and not effect.reads:
            return _in_shadow(effect, record)
        if _asks_about_shadow(effect):
            return _shadow_read(effect, self._clock.now())
        vendor = self._vendors[effect.name.split(".", 1)[0]]
        permit = vendor.admit(effect.name)
        if isinstance(permit, EffectResult):
            return permit
        attempt = EffectAttempt(
            effect_id,
            again,
            asyncio.get_running_loop().time() + started + DEADLINE - self._clock.now(),
            since,
        )
        try:
            return await self._call(vendor, permit, effect, attempt, partition, record)
        except BaseException:
            vendor.withdraw(permit)  # cancelled, or Fatal: the vendor has said nothing
            raise

    async def _call(
        self,
        vendor: Vendor,
        permit: Permit,
        effect: Effect,
        attempt: EffectAttempt,
        partition: int,
        record: Any,
    ) -> EffectResult:
        """One call that may be made, its outcome noted."""
        try:
            answer = await self._try(effect, attempt, partition, record)
        except RecordRetryable as error:
            vendor.succeed(permit)
            return EffectResult(ok=False, kind="failed", reason=str(error))
        except RecordRejected as error:
            if is_left_out(error):
                return vendor.fail(permit, error)
            vendor.succeed(permit)
            return EffectResult(ok=False, kind=error.kind, reason=str(error))
        except VendorError as error:
            return vendor.fail(permit, error)
        if isinstance(answer, NotCalled):
            vendor.withdraw(permit)
            return answer.result
        vendor.succeed(permit)
        return answer

    async def _try(
        self, effect: Effect, attempt: EffectAttempt, partition: int, record: Any
    ) -> EffectResult | NotCalled:
        """Up to three tries.

        A person who was suppressed meanwhile has left the sequence again before this returns.
        """
        try:
            answer = await self._once(effect, attempt, partition, record)
        except RecordRetryable:
            answer = await self._retry(effect, replace(attempt, again=True), partition, record)
        out = undoing(effect)
        if out is not None and (why := self._out.suppressed(partition, record)):
            # an earlier try, the outcome of which is unknown, may have entered
            await self._ask(out, record, attempt)
            return EffectResult(ok=False, kind="suppressed", reason=why)
        return answer

    async def _once(
        self, effect: Effect, attempt: EffectAttempt, partition: int, record: Any
    ) -> EffectResult | NotCalled:
        self._check()
        if effect.guarded and (why := self._out.suppressed(partition, record)):
            return NotCalled(EffectResult(ok=False, kind="suppressed", reason=why))
        answer = await self._ask(effect, record, attempt)
        if isinstance(answer, (EffectResult, NotCalled)):
            return answer
        return EffectResult(ok=True, value=answer)

    async def _ask(self, effect: Effect, record: Any, attempt: EffectAttempt) -> Answer:
        """The handler's answer.

        What it raises that no connector means to raise is an answer that it could not read.
        """
        try:
            return await self._handlers.make(effect, record, attempt)
        except (VendorError, Fatal, MemoryError):
            raise
        except Exception as error:
            raise unreadable(effect.name, error) from error

    async def _retry(
        self, effect: Effect, attempt: EffectAttempt, partition: int, record: Any
    ) -> EffectResult | NotCalled:
        """The second and third try.

        The first is made without tenacity, whose set-up costs more than most calls.
        """
        await asyncio.sleep(0.2)
        async for retry in AsyncRetrying(
            stop=stop_after_attempt(TRIES - 1),
            wait=wait_random_exponential(multiplier=0.2, max=2.0),
            retry=retry_if_exception_type(RecordRetryable),
            reraise=True,
        ):
            with retry:
                self._retried(effect.name)
                result = await self._once(effect, attempt, partition, record)
        return result


def _in_shadow(effect: Effect, record: Any) -> EffectResult:
    """What is only said to have been done. An erasure waits until effects are live: what it only
    said to have erased would stay for ever."""
    if isinstance(record, ErasureOrder):
        why = "an erasure waits until effects are live"
        return EffectResult(ok=False, reason=why, retry_after=_SHADOW_WAIT, not_sent=True)
    return EffectResult(ok=True, kind="would", value=_would(effect, record))


def _would(effect: Effect, record: Any) -> EffectValue | None:
    """What a shadow run goes on with: ids that no vendor has, marked as such."""
    contact_id = f"{SHADOW}{getattr(record, 'person_key', '')}"
    if isinstance(record, Lead):
        contact_id = record.crm.contact_id or contact_id
    match effect:
        case UpsertContact():
            return ContactWritten(contact_id=contact_id)
        case AssignOwner():
            return OwnerAssigned(contact_id=contact_id, would=effect)
        case _:
            return None


def _asks_about_shadow(effect: Effect) -> bool:
    """Whether an effect is about a contact that only a shadow run has made."""
    return str(getattr(effect, "contact_id", "")).startswith(SHADOW)


def _shadow_read(effect: Effect, now: float) -> EffectResult:
    if isinstance(effect, ReadOwner):
        owner = OwnerRead(owner_id="shadow", email="would be written", active=True, at=now)
        return EffectResult(ok=True, kind="would", value=owner)
    if isinstance(effect, ReadActivities):
        return EffectResult(ok=True, kind="would", value=ActivityRead(at=0.0))
    return EffectResult(ok=True, kind="would")

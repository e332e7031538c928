"""The effects that the benchmark's leads need, made one by one and without batches."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop
from msgspec.structs import asdict

from bench.vendors import instant
from connectors.core.crm import OwnerWrite, UpsertResult
from connectors.core.errors import VendorError
from leads.effect_results import (
    ContactWritten,
    EffectResult,
    MessagePosted,
    OwnerAssigned,
)
from leads.effects import (
    AssignOwner,
    AwaitSnapshot,
    Effect,
    EnrichCompany,
    PostAlert,
    ReadOwner,
    UpsertContact,
)
from leads.records import Change, Lead
from streams.effects.apollo import company_read
from streams.effects.contact_write import contact_write
from streams.effects.context import Credits
from streams.effects.crm import owner_read
from streams.ports import Clock

T = TypeVar("T")
_POST_SECONDS = 15.0


class DirectEffects:
    """Calls Leadgate's own vendor doubles (bench/vendors.py), a call an effect."""

    def __init__(self, clock: Clock) -> None:
        vendors = instant()
        self.crm, self._apollo, self._slack = vendors.crm, vendors.apollo, vendors.slack
        self._clock, self._credits = clock, Credits()

    async def perform(self, effect: Effect, record: Any) -> EffectResult:
        """Make one call; `record` is the lead, or what else its stage works on.

        Raises NotImplementedError for an effect that the benchmark's leads don't ask for, and
        what the connector raises or answers as an error.
        """
        match effect:
            case UpsertContact():
                return await self._upsert(effect, record)
            case AssignOwner():
                return await self._assign(effect)
            case ReadOwner():
                return await self._read_owner(effect)
            case EnrichCompany():
                return await self._enrich(effect)
            case PostAlert():
                return await self._post(effect)
            case AwaitSnapshot():
                return EffectResult(ok=True)  # the benchmark's is empty: there is nothing to await
        raise NotImplementedError(effect.name)

    async def _upsert(self, effect: UpsertContact, lead: Lead) -> EffectResult:
        [row] = await self.crm.upsert([contact_write(lead, overwrite=effect.overwrite)])
        written: UpsertResult = _accepted(row)
        contact = written.contact
        value = ContactWritten(
            contact_id=contact.id,
            company_id=contact.company_id,
            owner_id=contact.owner_id,
            lifecycle=contact.lifecycle,
            existed=written.existed,
            open_deal=contact.open_deal,
        )
        changes = (written.change,) if written.change is not None else ()
        return EffectResult(ok=True, value=value, changes=changes)

    async def _assign(self, effect: AssignOwner) -> EffectResult:
        [row] = await self.crm.assign([OwnerWrite(**asdict(effect))])
        change: Change = _accepted(row)
        value = OwnerAssigned(contact_id=effect.contact_id)
        return EffectResult(ok=True, value=value, changes=(change,))

    async def _read_owner(self, effect: ReadOwner) -> EffectResult:
        [row] = await self.crm.read_owners([effect.contact_id])
        return EffectResult(ok=True, value=owner_read(_accepted(row)))

    async def _enrich(self, effect: EnrichCompany) -> EffectResult:
        if not self._credits.take(effect.daily_cap, self._clock.now(), 1.0):
            return EffectResult(ok=False, kind="cap")
        found = await self._apollo.enrich(effect.domain)
        return EffectResult(ok=True, value=company_read(found))

    async def _post(self, effect: PostAlert) -> EffectResult:
        until = asyncio.get_running_loop().time() + _POST_SECONDS
        ts = await self._slack.post(
            effect.to,
            effect.text,
            effect.alert_id,
            button=effect.button,
            look_first=False,
            until=until,
        )
        return EffectResult(ok=True, value=MessagePosted(ts=ts))


class BlockingEffects:
    """The same for a peer without an event loop: each call returns its result."""

    def __init__(self, clock: Clock) -> None:
        self._direct = DirectEffects(clock)
        self.crm = self._direct.crm
        self._loop = uvloop.new_event_loop()

    def perform(self, effect: Effect, record: Any) -> EffectResult:
        """See DirectEffects.perform."""
        call = self._direct.perform(effect, record)
        if isinstance(effect, EnrichCompany | PostAlert):
            return self._loop.run_until_complete(call)
        return _returned(call)


def _returned(call: Coroutine[Any, Any, T]) -> T:
    """What a call to the CRM in memory returns.

    It never suspends, so it needs no loop: to run one would cost a peer more than the call.
    """
    try:
        call.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise RuntimeError("the CRM in memory has suspended")


def _accepted(row: T | VendorError) -> T:
    if isinstance(row, VendorError):
        raise row
    return row

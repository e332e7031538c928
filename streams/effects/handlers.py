"""What each effect of a gate is at a vendor: one method an effect, found by `match`."""

import asyncio
from collections.abc import Callable
from typing import Any, assert_never

from connectors.core.errors import AccountLimited
from leads.effect_results import Erased
from leads.effects import (
    ApolloEffect,
    AwaitSnapshot,
    CrmEffect,
    Effect,
    EraseRows,
    SlackEffect,
)
from leads.keys import Keys
from streams.effects.apollo import ApolloEffects
from streams.effects.context import Answer, EffectAttempt, EffectContext
from streams.effects.crm import CrmEffects
from streams.effects.slack import SlackEffects
from streams.ports import Clock
from streams.runner.outbox import IdleDetector


class EffectHandlers:
    """Makes calls. Raises what the connector raises."""

    def __init__(
        self,
        outside: EffectContext,
        idle: IdleDetector,
        keys: Keys,
        clock: Clock,
        share: Callable[[], float],
    ) -> None:
        self._out = outside
        self._crm = CrmEffects(outside, idle, keys, clock)
        self._apollo = ApolloEffects(outside, clock, share)
        self._slack = SlackEffects(outside.slack)

    async def make(self, effect: Effect, record: Any, attempt: EffectAttempt) -> Answer:
        """Make one call; `record` is what its stage works on.

        Raises VendorError: what the vendor's connector raises, and AccountLimited while the CRM's
        snapshot is awaited.
        """
        if isinstance(effect, CrmEffect):
            return await self._crm.make(effect, record, attempt)
        if isinstance(effect, ApolloEffect):
            return await self._apollo.make(effect)
        if isinstance(effect, SlackEffect):
            return await self._slack.make(effect, attempt)
        match effect:
            case EraseRows():
                parts = await self._out.sheets.erase(effect.lead_ids, effect.address_keys)
                return Erased(parts=tuple(parts))
            case AwaitSnapshot():
                await asyncio.sleep(0)
                said = "The CRM's snapshot is not complete: run leadgate sync-crm"
                raise AccountLimited(said, 2.0)
        assert_never(effect)

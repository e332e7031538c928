"""What each act of a gate is at a vendor: one handler a name."""

import asyncio
from collections.abc import Callable
from typing import Any

from connectors.core.errors import AccountLimited
from leads.keys import Keys
from streams.effects.apollo import ApolloActs
from streams.effects.context import EffectAttempt, EffectContext, Handler
from streams.effects.crm import CrmActs
from streams.ports import Clock
from streams.runner.outbox import IdleDetector


class EffectHandlers:
    """`handlers`, by the act's name. Each raises what the connector raises."""

    def __init__(
        self,
        outside: EffectContext,
        gate: IdleDetector,
        keys: Keys,
        clock: Clock,
        share: Callable[[], float],
    ) -> None:
        self._out = outside
        self.handlers: dict[str, Handler] = {
            **CrmActs(outside, gate, keys, clock).handlers,
            **ApolloActs(outside, clock, share).handlers,
            "slack.post": self._do_post,
            "slack.user": self._do_user,
            "sync.wait": self._do_sync,
        }

    async def _do_post(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record
        post = self._out.slack.post
        button = args.get("button", "")
        ts = await post(
            args["to"],
            args["text"],
            args["alert_id"],
            button=button,
            look_first=effect.again,
            until=effect.until,
        )
        return {"ts": ts}

    async def _do_user(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        return {"email": await self._out.slack.email_of(args["user"])}

    async def _do_sync(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del args, record, effect
        await asyncio.sleep(0)
        raise AccountLimited("The CRM's snapshot is not complete: run leadgate sync-crm", 2.0)

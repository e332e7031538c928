"""Acts at Apollo."""

from collections.abc import Callable
from typing import Any

from leads.decision import EffectResult
from leads.mapping import read_sequences
from streams.effects.context import EffectAttempt, EffectContext, Handler, Unasked
from streams.ports import Clock


class ApolloActs:
    """`handlers`, by the act's name.

    `share` is the part of the day's credits that is this worker's.
    """

    def __init__(self, outside: EffectContext, clock: Clock, share: Callable[[], float]) -> None:
        self._out, self._clock, self._share = outside, clock, share
        self.handlers: dict[str, Handler] = {
            "apollo.enrich": self._do_enrich,
            "apollo.sequences": self._do_sequences,
            "apollo.stop": self._do_stop,
            "apollo.enrol": self._do_enrol,
            "apollo.leave": self._do_leave,
            "apollo.owner": self._do_owner,
        }

    async def _do_enrich(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any] | Unasked:
        del record, effect
        if not self._out.credits.take(args["cap"], self._clock.now(), self._share()):
            return Unasked(
                EffectResult(
                    ok=False, kind="cap", reason=f"the day's cap of {args['cap']} credits is spent"
                )
            )
        found = await self._out.apollo.enrich(args["domain"])
        return {
            "name": found.get("name"),
            "domain": found.get("primary_domain"),
            "industry": (found.get("industry") or "").casefold(),
            "employees": found.get("estimated_num_employees"),
            "country": found.get("country"),
            "state": found.get("state"),
        }

    async def _do_sequences(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        read = read_sequences(
            await self._out.apollo.sequences(args["apollo_id"], args["email"]), self._clock.now()
        )
        return {"state": read.state, "read_at": read.read_at, "names": list(read.names)}

    async def _do_stop(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any] | Unasked:
        del record, effect
        if not args["apollo_id"] or args["kind"] == "bounce" or args["from"] == "apollo":
            return Unasked(EffectResult(ok=True))
        await self._out.apollo.stop(args["apollo_id"])
        return {}

    async def _do_enrol(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        return {
            "was_in": await self._out.apollo.enrol(
                args["apollo_id"], args["sequence"], args["sender"]
            )
        }

    async def _do_leave(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        await self._out.apollo.leave(args["apollo_id"], [args["sequence"]])
        return {}

    async def _do_owner(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        await self._out.apollo.set_owner(args["apollo_id"], args["email"])
        return {}

"""Effects at Apollo."""

from collections.abc import Callable
from typing import Any, assert_never

from connectors.core.errors import EndpointSpent, Unavailable, VendorError
from leads.effect_results import CompanyRead, EffectResult, Erased, SequenceEntered, SequencesRead
from leads.effects import (
    ApolloEffect,
    EnrichCompany,
    EnterApolloSequence,
    EraseInApollo,
    LeaveApolloSequence,
    ReadApolloSequences,
    SetApolloOwner,
    StopInApollo,
)
from leads.mapping import read_sequences
from leads.rawvalues import word_of
from streams.effects.context import Answer, EffectContext, NotCalled
from streams.ports import Clock


class ApolloEffects:
    """`share` is the part of the day's credits that is this worker's."""

    def __init__(self, outside: EffectContext, clock: Clock, share: Callable[[], float]) -> None:
        self._out, self._clock, self._share = outside, clock, share

    async def make(self, effect: ApolloEffect) -> Answer:
        """Make one call. Raises what the connector raises."""
        apollo = self._out.apollo
        match effect:
            case EnrichCompany():
                return await self._enrich(effect)
            case ReadApolloSequences():
                shown = await apollo.sequences(effect.apollo_id, effect.email)
                return SequencesRead(sequences=read_sequences(shown, self._clock.now()))
            case StopInApollo():
                return await self._stop(effect)
            case EnterApolloSequence():
                was_in = await apollo.enrol(effect.apollo_id, effect.sequence, effect.sender)
                return SequenceEntered(was_in=was_in)
            case LeaveApolloSequence():
                await apollo.leave(effect.apollo_id, [effect.sequence])
                return None
            case SetApolloOwner():
                await apollo.set_owner(effect.apollo_id, effect.email)
                return None
            case EraseInApollo():
                parts = await apollo.erase(effect.apollo_id, effect.email)
                return Erased(parts=tuple(parts))
        assert_never(effect)

    async def _enrich(self, effect: EnrichCompany) -> CompanyRead:
        """Raises EndpointSpent once this worker has spent its part of the day's credits."""
        spent, cap = self._out.credits, effect.daily_cap
        if not spent.take(cap, self._clock.now(), self._share()):
            raise EndpointSpent(
                f"this worker has spent its part of the {cap} credits a day that the rules allow"
                " (capture.enrich_daily_cap)",
                not_sent=True,
            )
        try:
            return company_read(await self._out.apollo.enrich(effect.domain))
        except VendorError as error:
            if not isinstance(error, Unavailable) or error.not_sent:
                spent.give_back()  # surely not charged
            raise

    async def _stop(self, effect: StopInApollo) -> NotCalled | None:
        if not effect.apollo_id or effect.kind == "bounce" or effect.source == "apollo":
            return NotCalled(EffectResult(ok=True))
        await self._out.apollo.stop(effect.apollo_id)
        return None


def company_read(found: dict[str, Any]) -> CompanyRead:
    """An organisation of Apollo's, as gates read it."""
    return CompanyRead(
        name=word_of(found, "name"),
        domain=word_of(found, "primary_domain"),
        industry=word_of(found, "industry").casefold(),
        employees=str(found.get("estimated_num_employees") or ""),
        country=word_of(found, "country"),
        state=word_of(found, "state"),
    )

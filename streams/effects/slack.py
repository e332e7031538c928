"""Effects at Slack."""

from typing import assert_never

from leads.effect_results import Erased, MessagePosted, SlackUserRead
from leads.effects import EraseMessage, PostAlert, ReadSlackUser, SlackEffect
from streams.effects.context import Answer, EffectAttempt, Slack


class SlackEffects:
    """Makes calls to Slack. Raises what the connector raises."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def make(self, effect: SlackEffect, attempt: EffectAttempt) -> Answer:
        """Make one call."""
        match effect:
            case PostAlert():
                return await self._post(effect, attempt)
            case ReadSlackUser():
                return SlackUserRead(email=await self._slack.email_of(effect.user))
            case EraseMessage():
                parts = await self._slack.erase(effect.to, effect.alert_id, effect.at)
                return Erased(parts=tuple(parts))
        assert_never(effect)

    async def _post(self, effect: PostAlert, attempt: EffectAttempt) -> MessagePosted:
        ts = await self._slack.post(
            effect.to,
            effect.text,
            effect.alert_id,
            button=effect.button,
            look_first=attempt.again,
            until=attempt.until,
        )
        return MessagePosted(ts=ts)

"""Alerts to Slack: a notice to a rep, an escalation, an alert to ops. Nothing waits for it."""

from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult
from leads.effects import PostAlert
from leads.records import Alert, Place, Record
from leads.rules import Rules


class NotifyState(Record, frozen=True, kw_only=True):
    """Nothing: an alert is about itself."""


class Notify:
    """Decides only that the alert is sent."""

    name = "notify"
    logic = 1

    def decide(
        self,
        record: Alert,
        seen: NotifyState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """`sent`, or `unsent` if Slack refused it."""
        del seen, rules, now
        if "post" not in done:
            button = f"{record.person_key} {record.lead_id}" if record.person_key else ""
            post = PostAlert(
                to=record.to, text=record.text, alert_id=record.alert_id, button=button
            )
            return NeedsEffects(effects={"post": post})
        return Decision(kind="sent" if done["post"].ok else "unsent", place=Place.NOWHERE)

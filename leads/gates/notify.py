"""Alerts to Slack: a notice to a rep, an escalation, a word to ops. Nothing waits for it."""

from leads.decision import Decision, Effect, EffectResult, NeedsEffects
from leads.records import Alert, Place, Record
from leads.rules import Rules


class NotifyState(Record, frozen=True, kw_only=True):
    """Nothing: an alert is about itself."""


class Notify:
    """Decides nothing but that the alert is sent."""

    name = "notify"

    def decide(
        self,
        record: Alert,
        seen: NotifyState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """Sent, or said why not."""
        del seen, rules, now
        if "post" not in done:
            args = {"to": record.to, "text": record.text, "alert_id": record.alert_id}
            if record.person_key:
                args["button"] = f"{record.person_key} {record.lead_id}"
            return NeedsEffects(acts={"post": Effect(name="slack.post", args=args, once=True)})
        return Decision(kind="sent" if done["post"].ok else "unsent", place=Place.NOWHERE)

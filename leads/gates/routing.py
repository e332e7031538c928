"""Score against the ideal customer profile, then say who gets it."""

from typing import TypeAlias

from msgspec.structs import replace

from leads import topics
from leads.decision import AuditNote, Decision, NeedsEffects, WaitReason
from leads.effect_results import EffectResult, OwnerFound, value_of
from leads.effects import LookUpOwner, ReadAccounts
from leads.gates.common import Guarded, forward, is_customer, ops_alert, terminal_decision
from leads.records import Lead, Place, Reason, Route, Score
from leads.route import route, route_to_account
from leads.rules import Rules
from leads.score import score

_Chosen: TypeAlias = tuple[
    Route | None, tuple[Reason, ...]
]  # the route (None: no rule fits), and why


class Routing:
    """Decides score and route of a written lead."""

    name = "routing"
    logic = 2

    def decide(
        self, record: Lead, seen: Guarded, done: dict[str, EffectResult], rules: Rules, now: float
    ) -> Decision | NeedsEffects:
        """A routed lead to `routed`, or held because no rule fits."""
        if (end := terminal_decision(record, seen.suppression, now)) is not None:
            return end
        if record.crm.owner_id and "owner" not in done:
            return NeedsEffects(effects={"owner": LookUpOwner(owner_id=record.crm.owner_id)})
        points, reasons = score(record, rules, now)
        lead = replace(record, score=points)
        chosen = self._choose(lead, done, rules)
        if isinstance(chosen, NeedsEffects):
            return chosen
        found, why = chosen
        note = AuditNote(
            kind="scored",
            outcome={"points": points.points, "parts": points.parts, "missing": points.missing},
        )
        if found is None:
            return self._hold(lead, (*reasons, *why), note, rules, now)
        return self._routed(lead, found, (*reasons, *why), note)

    def _routed(
        self, lead: Lead, found: Route, trace: tuple[Reason, ...], note: AuditNote
    ) -> Decision:
        assert lead.score is not None
        points = lead.score.points
        lead = replace(lead, route=found)
        if found.rule == "review_decision":
            # the person's choice comes before what the CRM shows
            lead = replace(lead, trigger=None)
        to = forward(lead, self.name, "routed", topics.ROUTED, lead.person_key)
        outcome = {
            "kind": found.kind,
            "owner": found.owner_email,
            "rule": found.rule,
            "points": points,
        }
        return Decision(
            kind="routed",
            place=Place.IN_FLIGHT,
            trace=trace,
            lead=lead,
            outputs=(to,),
            notes=(note,),
            outcome=outcome,
        )

    def _choose(
        self, lead: Lead, done: dict[str, EffectResult], rules: Rules
    ) -> _Chosen | NeedsEffects:
        if email := lead.review_decisions.get("route"):
            return Route(kind="rep", owner_email=email, rule="review_decision"), (
                Reason(
                    rule="review_decision.route", decisive=True, why=f"a person gave it to {email}"
                ),
            )
        existing = _existing(lead, done.get("owner"), rules)
        if existing is not None:
            return existing, (
                Reason(
                    rule="crm.owner",
                    decisive=True,
                    why=f"{existing.owner_email} already owns the contact and keeps it",
                ),
            )
        assert lead.score is not None
        passed, threshold = _passes(lead.score, rules)
        if not passed and not is_customer(lead):
            return Route(kind="nurture", owner_email=rules.nurture.owner, rule="threshold"), (
                threshold,
            )
        if rules.account_owner is None or not (lead.crm.company_id or lead.company.domain):
            return _to_rep(lead, rules, threshold)
        if (account := done.get("account")) is None:
            asked = ReadAccounts(company_id=lead.crm.company_id, domain=lead.company.domain)
            return NeedsEffects(effects={"account": asked})
        owned, reason = route_to_account(lead, account, rules.account_owner)
        if owned is None:
            return _to_rep(lead, rules, threshold, reason)
        return owned, (threshold, reason)

    def _hold(
        self, lead: Lead, trace: tuple[Reason, ...], note: AuditNote, rules: Rules, now: float
    ) -> Decision:
        held = tuple(r for r in trace if r.decisive and r.rule in {"routes", "crm.customer"})
        alert = ops_alert(
            lead,
            self.name,
            f"{lead.person.name} ({lead.company.name}) has no route: {held[-1].why}",
            rules,
            now,
        )
        return Decision(
            kind="unrouted",
            place=Place.HELD,
            trace=trace,
            lead=lead,
            notes=(note,),
            alerts=(alert,),
            wait=WaitReason.HELD,
            wakes=("owner",),
        )


def _passes(points: Score, rules: Rules) -> tuple[bool, Reason]:
    if points.high_intent:
        return True, Reason(
            rule="high_intent",
            decisive=True,
            why=f"high intent ({points.high_intent}): straight to a rep",
        )
    passed = points.points >= rules.threshold
    return passed, Reason(
        rule="threshold",
        decisive=passed,
        why=_compare(points.points, rules.threshold, passed=passed),
    )


def _compare(points: int, threshold: int, *, passed: bool) -> str:
    one = points == 1
    amount = "1 point" if one else f"{points} points"
    if passed:
        return f"{amount} {'reaches' if one else 'reach'} the threshold of {threshold}"
    return f"{amount} {'is' if one else 'are'} below the threshold of {threshold}"


def _to_rep(lead: Lead, rules: Rules, threshold: Reason, *before: Reason) -> _Chosen:
    """By territory or vertical; a customer's is a person's choice.

    `before` are the reasons of rules that gave no owner.
    """
    if is_customer(lead):
        said = "a customer or an open deal without an active owner: a person must say who"
        return None, (*before, Reason(rule="crm.customer", decisive=True, why=said))
    rule, reasons = route(lead, rules)
    if rule is None:
        none = Reason(rule="routes", decisive=True, why="no territory or vertical fits")
        return None, (threshold, *before, *reasons, none)
    return Route(kind="rep", owner_email=rule.owner, rule=rule.name), (threshold, *before, *reasons)


def _existing(lead: Lead, owner: EffectResult | None, rules: Rules) -> Route | None:
    """The route to the owner that the CRM's contact had, if active; the nurture owner doesn't
    count."""
    found = value_of(owner, OwnerFound)
    if found is None or not found.active:
        return None
    if found.email.casefold() == rules.nurture.owner.casefold():
        return None
    return Route(
        kind="existing", owner_email=found.email, owner_id=lead.crm.owner_id, rule="crm.owner"
    )

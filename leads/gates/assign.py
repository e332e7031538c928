"""The owner is written, read back, and active.

Until the CRM shows that, nobody is notified and nothing starts.
"""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, WaitReason
from leads.effect_results import EffectResult, OwnerRead, value_of
from leads.effects import AssignOwner, Effect, ReadOwner
from leads.explain import interest, score_summary
from leads.gates.common import (
    Guarded,
    answered,
    automation_alert,
    forward,
    ops_alert,
    rerouted,
    review,
    routed_again,
    terminal_decision,
    to_fallback,
)
from leads.keys import derive
from leads.records import Lead, Place, Reason
from leads.rules import Rules


class AssignState(Guarded, frozen=True, kw_only=True):
    """Whether the person may be written to, and whether identity has had a newer revision of the
    lead."""

    superseded: bool = False


class Assign:
    """Decides whether the owner is confirmed."""

    name = "assign"
    logic = 1

    def decide(
        self,
        record: Lead,
        seen: AssignState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """A lead with a confirmed owner to `assigned`, or held until it has one. A revision that
        would wait, or has waited, gives way to a newer one."""
        if (end := terminal_decision(record, seen.suppression, now)) is not None:
            return end
        asked = ("unowned", "another_automation", "fallback")
        if (named := rerouted(record, self.name, asked)) is not None:
            return named
        if seen.superseded and record.trigger is not None:
            return _give_way(record)
        answer = self._confirm(record, done, rules, now)
        if seen.superseded and isinstance(answer, Decision) and answer.wait is WaitReason.HELD:
            return _give_way(record)
        return answer

    def _confirm(
        self, record: Lead, done: dict[str, EffectResult], rules: Rules, now: float
    ) -> Decision | NeedsEffects:
        redriven = record.review_decisions.get("unowned") == "redrive"
        record = answered(record, "unowned")
        if record.trigger is not None or redriven:
            found = self._set_meanwhile(record, done, redriven=redriven)
            if found is not None:
                return found
        written = done.get("assign")
        if written is None:
            return NeedsEffects(effects={"assign": self._assign(record)})
        if written.kind == "no_owner":
            assert record.route is not None
            why = f"the CRM has no active user {record.route.owner_email}"
            return self._hold(record, why, rules, now)
        if not written.ok:
            return to_fallback(record, self.name, written, rules, now)
        return self._read_back(record, done, rules, now)

    def _set_meanwhile(
        self, lead: Lead, done: dict[str, EffectResult], *, redriven: bool
    ) -> Decision | NeedsEffects | None:
        """An active owner that a person has set in the CRM while the lead waited comes before our
        own route; None if there is none and our route is written."""
        if "before" not in done:
            return NeedsEffects(effects={"before": _read(lead)})
        if _active(done["before"]):
            return self._confirmed(lead, done["before"])
        if not redriven:
            return None
        why = Reason(
            rule="review_decision.redrive",
            decisive=True,
            why="the CRM shows no active owner: routed by the rules in force",
        )
        return routed_again(lead, self.name, why)

    def _read_back(
        self, lead: Lead, done: dict[str, EffectResult], rules: Rules, now: float
    ) -> Decision | NeedsEffects:
        if done["assign"].kind == "would":
            assert lead.route is not None
            would = OwnerRead(
                owner_id=lead.route.owner_id or "shadow",
                email=lead.route.owner_email,
                active=True,
                at=now,
            )
            return self._confirmed(lead, EffectResult(ok=True, kind="would", value=would))
        if "read" not in done:
            return NeedsEffects(effects={"read": _read(lead)})
        if _ours(lead, done["read"]):
            return self._confirmed(lead, done["read"])
        if "again" not in done:
            return NeedsEffects(effects={"again": self._assign(lead)})
        if "read_again" not in done:
            return NeedsEffects(effects={"read_again": _read(lead)})
        return self._overruled(lead, done["read_again"], rules, now)

    def _overruled(self, lead: Lead, read: EffectResult, rules: Rules, now: float) -> Decision:
        """Something else has changed the owner after our write.

        It was written once more; if that didn't last, it waits.
        """
        said = f"read back, the CRM shows {_shown_by(read)}"
        about = (
            f"contact {lead.crm.contact_id} did not keep the owner we wrote; written again, {said}"
        )
        alert = automation_alert(lead, about, rules, now, derive("automation", lead.crm.contact_id))
        if _ours(lead, read):
            decision = self._confirmed(lead, read)
        elif _active(read):
            why = Reason(rule="crm.owner_confirmed", decisive=True, why=said)
            decision = review(lead, "another_automation", (why,))
        else:
            decision = self._hold(lead, said, rules, now)
        return replace(decision, alerts=(*decision.alerts, alert))

    def _assign(self, lead: Lead) -> Effect:
        assert lead.route is not None
        assert lead.score is not None
        return AssignOwner(
            contact_id=lead.crm.contact_id,
            owner_email="" if lead.route.kind == "existing" else lead.route.owner_email,
            score=lead.score.points,
            status=lead.route.kind,
            intent=lead.score.high_intent or interest(lead),
            engagement=lead.score.parts.get("intent", 0),
            sequence=lead.sequences.state,
            reasons=score_summary(lead),
        )

    def _confirmed(self, lead: Lead, read: EffectResult) -> Decision:
        assert lead.route is not None
        found = value_of(read, OwnerRead)
        assert found is not None
        route = replace(lead.route, owner_id=found.owner_id, owner_email=found.email)
        lead = replace(lead, route=route, owner_confirmed_at=found.at, trigger=None)
        shows = "would show" if read.kind == "would" else "shows"
        why = Reason(
            rule="crm.owner_confirmed",
            decisive=True,
            why=f"the CRM {shows} {route.owner_email}, active",
        )
        to = forward(lead, self.name, "assigned", topics.ASSIGNED, lead.person_key)
        outcome = {"owner": route.owner_email, "owner_id": route.owner_id}
        return Decision(
            kind="assigned",
            place=Place.IN_FLIGHT,
            trace=(why,),
            lead=lead,
            outputs=(to,),
            outcome=outcome,
        )

    def _hold(self, lead: Lead, why: str, rules: Rules, now: float) -> Decision:
        alert = ops_alert(
            lead,
            self.name,
            f"{lead.person.name} ({lead.company.name}) waits for an owner: {why}",
            rules,
            now,
        )
        alerts = (alert,) if lead.trigger is None else ()
        return Decision(
            kind="unowned",
            place=Place.HELD,
            trace=(Reason(rule="crm.owner_confirmed", decisive=True, why=why),),
            lead=lead,
            alerts=alerts,
            wait=WaitReason.HELD,
            wakes=("owner",),
            until=now + rules.recheck_seconds,
        )


def _give_way(lead: Lead) -> Decision:
    """The newer revision says where the lead is: it gets an owner, or waits, when it comes here."""
    why = Reason(rule="revision", decisive=True, why="a newer revision of it is on its way")
    return Decision(kind="superseded", place=Place.NOWHERE, trace=(why,), lead=lead)


def _shown_by(read: EffectResult) -> str:
    found = value_of(read, OwnerRead)
    if found is None or not found.email:
        return "no owner"
    if not _active(read):
        return "an inactive owner"
    return found.email


def _ours(lead: Lead, read: EffectResult) -> bool:
    """The CRM shows an active owner, and the one we wrote; of an owner that we left in place, only
    that it is active."""
    assert lead.route is not None
    found = value_of(read, OwnerRead)
    if found is None or not _active(read):
        return False
    wanted = lead.route.owner_email.casefold()
    return lead.route.kind == "existing" or found.email.casefold() == wanted


def _read(lead: Lead) -> Effect:
    return ReadOwner(contact_id=lead.crm.contact_id)


def _active(read: EffectResult) -> bool:
    found = value_of(read, OwnerRead)
    return found is not None and bool(found.owner_id) and found.active

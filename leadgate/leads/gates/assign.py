"""Gate 7: the owner is written, read back, and active. Until the CRM shows that, nobody is told and nothing starts."""

from msgspec.structs import replace

from leadgate.leads import names
from leadgate.leads.decision import Act, Decision, Need, Result, Wait
from leadgate.leads.explain import grounds, interest
from leadgate.leads.gates.common import Guarded, fall_back, onward, ops_alert, stopped
from leadgate.leads.records import Lead, Place, Reason
from leadgate.leads.rules import Rules


class Assign:
    """Decides whether the owner is confirmed."""

    name = "assign"

    def decide(self, record: Lead, seen: Guarded, done: dict[str, Result], rules: Rules, now: float) -> Decision | Need:
        """A lead with a confirmed owner to `assigned`, or held until it has one."""
        if (end := stopped(record, seen.suppression)) is not None:
            return end
        if record.heard is not None:  # it waited: what a person has set in the CRM meanwhile counts before our own route
            if "before" not in done:
                return Need(acts={"before": _read(record)})
            if _active(done["before"]):
                return self._confirmed(record, done["before"])
        written = done.get("assign")
        if written is None:
            return Need(acts={"assign": self._assign(record)})
        if written.kind == "no_owner":
            return self._hold(
                record, f"the CRM has no active user {record.route.owner_email if record.route else ''}", rules, now
            )
        if not written.ok:
            return fall_back(record, self.name, written, rules, now)
        if "read" not in done:
            return Need(acts={"read": _read(record)})
        if not _active(done["read"]):
            said = "shows no owner" if done["read"].ok and not done["read"].value.get("owner_id") else "shows an inactive owner"
            return self._hold(record, f"read back, the CRM {said}", rules, now)
        return self._confirmed(record, done["read"])

    def _assign(self, lead: Lead) -> Act:
        assert lead.route is not None
        assert lead.score is not None
        args = {
            "contact_id": lead.crm.contact_id,
            "owner_email": "" if lead.route.kind == "existing" else lead.route.owner_email,
            "score": lead.score.points,
            "status": lead.route.kind,
            "intent": lead.score.high_intent or interest(lead),
            "engagement": lead.score.parts.get("intent", 0),
            "sequence": lead.sequences.state,
            "reasons": grounds(lead),
        }
        return Act(name="crm.assign", args=args)

    def _confirmed(self, lead: Lead, read: Result) -> Decision:
        assert lead.route is not None
        v = read.value
        route = replace(lead.route, owner_id=str(v["owner_id"]), owner_email=str(v["email"]))
        lead = replace(lead, route=route, owner_confirmed_at=float(v["at"]), heard=None)
        why = Reason(rule="crm.owner_confirmed", held=True, why=f"the CRM shows {route.owner_email}, active")
        to = onward(lead, self.name, "assigned", names.ASSIGNED, lead.person_key)
        outcome = {"owner": route.owner_email, "owner_id": route.owner_id}
        return Decision(kind="assigned", place=Place.IN_FLIGHT, trace=(why,), lead=lead, outputs=(to,), outcome=outcome)

    def _hold(self, lead: Lead, why: str, rules: Rules, now: float) -> Decision:
        alert = ops_alert(lead, self.name, f"{lead.person.name} ({lead.company.name}) waits for an owner: {why}", rules, now)
        first = lead.heard is None
        return Decision(
            kind="unowned",
            place=Place.HELD,
            trace=(Reason(rule="crm.owner_confirmed", held=True, why=why),),
            lead=lead,
            alerts=(alert,) if first else (),
            wait=Wait.HELD,
            wakes=("owner",),
            until=now + rules.recheck_seconds,
        )


def _read(lead: Lead) -> Act:
    return Act(name="crm.read_owner", args={"contact_id": lead.crm.contact_id}, reads=True)


def _active(read: Result) -> bool:
    return read.ok and bool(read.value.get("owner_id")) and bool(read.value.get("active"))

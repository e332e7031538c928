"""A small sound log of five leads, as the auditor reads it: what `test_auditor.py` breaks in one
place at a time.

One lead is with a rep, and its clock has run out; one is nurtured; one is the nurtured one's
second record; one waits for a person, who had sent it on once before; one has been suppressed.
The fields are those of a real run.
"""

from typing import Any

from tests.crash.evidence import CONSUMED, PREFIX, Crm, Entry, Evidence, Spot, lead_of

DAY = 1_795_600_000.0
REP, NURTURED, MERGED, WAITS, STOPPED = "a1", "a2", "a3", "a4", "a5"
_PERSON = {REP: "k1", NURTURED: "k2", MERGED: "k2", WAITS: "k4", STOPPED: "k5"}
_CONTACT = {REP: "1001", NURTURED: "1002", STOPPED: "1005"}


def lead(source_id: str) -> str:
    """The lead id of one of them."""
    return lead_of("apollo", source_id)


class SmallLog:
    """Entries by topic, each topic's offsets from 0 in partition 0."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.crm = Crm(
            people=[_person(i, f"{i}@acme.com", _PERSON[i]) for i in _CONTACT],
            users=[
                {"email": "rep@acme.test", "active": True},
                {"email": "gone@acme.test", "active": False},
            ],
            contacts=[{"id": i, "email": f"{i}@acme.com"} for i in _PERSON],
            groups=[
                {"case": "plain", "ids": [REP], "places": ["engaged"]},
                {
                    "case": "sure_variant",
                    "ids": [NURTURED, MERGED],
                    "places": ["merged", "nurtured"],
                },
            ],
        )
        for source_id in _PERSON:
            self.add(
                "captured",
                "apollo:" + source_id,
                {"source": "apollo", "source_id": source_id, "raw": {}},
            )
            self.event(source_id, "intake", "captured", 0, "in_flight", record={})
        self._rep()
        self._nurture(NURTURED)
        self.event(MERGED, "company", "merged", 2, "merged")
        self._wait()
        self._nurture(STOPPED)
        self._stop()

    def evidence(self) -> Evidence:
        """All of it, committed to its ends."""
        ends = {Spot(PREFIX + "audit", 0): 0, **{Spot(topic, 0): 0 for topic in CONSUMED}}
        for entry in self.entries:
            spot = Spot(entry.topic, entry.partition)
            ends[spot] = max(ends.get(spot, 0), entry.offset + 1)
        return Evidence(
            self.entries,
            ends,
            dict.fromkeys(ends, 0),
            {s: e for s, e in ends.items() if s.topic in CONSUMED},
            self.crm,
        )

    def add(self, topic: str, key: str, value: Any, at: float = DAY) -> Entry:
        """Append a record."""
        offset = sum(entry.topic == PREFIX + topic for entry in self.entries)
        self.entries.append(Entry(PREFIX + topic, 0, offset, at, key, value))
        return self.entries[-1]

    def event(
        self, source_id: str, stage: str, kind: str, step: int, place: str, **more: Any
    ) -> dict[str, Any]:
        """Append an audit event of a lead; `record` is what its stage read."""
        person = _PERSON[source_id]
        record = {
            "person_key": person,
            "address_key": person,
            "owner_confirmed_at": DAY + 3,
            "step": step,
        }
        if source_id in _CONTACT and step > 2:
            record["crm"] = {"contact_id": _CONTACT[source_id]}
        body = {
            "id": f"{source_id}-{stage}-{kind}-{step}",
            "lead": lead(source_id),
            "stage": stage,
            "kind": kind,
            "step": step,
            "place": place,
            "at": more.get("at", DAY + step),
            "actor": "leadgate",
            "cause": f"{source_id}-{step}",
            "inputs": {"record": more.get("record", record)},
            "outcome": more.get("outcome", {}),
        }
        self.add("audit", body["id"], body)
        return body

    def alert(self, source_id: str, kind: str, ident: str = "") -> dict[str, Any]:
        """Append an alert about a lead, and the message that came of it."""
        body = {
            "alert_id": ident or f"{source_id}-{kind}",
            "kind": kind,
            "to": "rep@acme.test",
            "text": kind,
            "lead_id": lead(source_id),
        }
        self.add("alerts", "rep@acme.test", body)
        self.message(body["alert_id"])
        return body

    def message(self, *alerts: str) -> None:
        """A message in Slack that holds these alerts."""
        self.crm.messages.append(
            {
                "ts": "1.0",
                "channel": "U1",
                "metadata": {"event_payload": {"alert_ids": list(alerts)}},
            }
        )

    def task(self, source_id: str, subject: str, effect: str) -> None:
        """A task in the CRM."""
        self.crm.tasks.append(
            {
                "effect": effect,
                "person": _CONTACT[source_id],
                "owner": "rep@acme.test",
                "subject": subject,
            }
        )

    def enrol(self, source_id: str, entered: float, left: float | None = None) -> None:
        """A spell in the nurture sequence."""
        self.crm.enrolments.append(
            {"person": _CONTACT[source_id], "entered": entered, "left": left}
        )

    def change(self, key: str, **fields: Any) -> None:
        """Change an audit event in place, as if it had been so from the start."""
        entry = next(e for e in self.entries if e.key == key and e.topic == PREFIX + "audit")
        entry.value.update(fields)

    def drop(self, topic: str, key: str) -> None:
        """Take a key's records away, as if they had never been."""
        self.entries = [e for e in self.entries if (e.topic, e.key) != (PREFIX + topic, key)]

    # The five

    def _way(self, source_id: str) -> None:
        stages = ("validated", "unique", "matched", "written", "routed", "assigned")
        for step, kind in enumerate(stages):
            self.event(source_id, "gate", kind, step, "in_flight")

    def _rep(self) -> None:
        self._way(REP)
        self.event(REP, "engage", "engaged", 6, "engaged")
        self.event(REP, "engage", "noticed", 6, "")
        self.alert(REP, "notice")
        self.task(REP, "Call Ada (Acme): list", "task-1")
        about = {"lead_id": lead(REP), "person_key": "k1", "crm": {"contact_id": "1001"}}
        self.add(
            "clocks",
            "k1",
            {"tick_id": "t1", "kind": "start", "person_key": "k1", "at": DAY + 3, "lead": about},
        )
        self.event(REP, "sla", "sla_started", 6, "", outcome={"deadline": DAY + 11})
        self.event(
            REP,
            "sla",
            "breached",
            6,
            "",
            record={"at": DAY + 11, "person_key": "k1"},
            at=DAY + 11.2,
        )
        self.alert(REP, "escalation")
        self.task(REP, "Escalation: Ada (Acme) was not contacted in time", "task-2")

    def _nurture(self, source_id: str) -> None:
        self._way(source_id)
        self.event(source_id, "engage", "nurtured", 6, "nurtured")
        self.event(source_id, "engage", "enrolled", 6, "")
        self.enrol(source_id, DAY + 6)

    def _wait(self) -> None:
        self.event(WAITS, "intake", "invalid", 0, "review")
        self.add(
            "review-queue",
            f"{lead(WAITS)}/intake",
            {"lead_id": lead(WAITS), "kind": "review", "step": 0},
        )
        self.add(
            "review-decisions",
            lead(WAITS),
            {"decision_id": "r1", "lead_id": lead(WAITS), "step": 0, "action": "set"},
        )
        body = self.event(WAITS, "intake", "reviewed", 1, "")
        body["inputs"] = {"step": 0}
        self.event(WAITS, "company", "variant", 2, "review")
        self.add(
            "review-queue",
            f"{lead(WAITS)}/intake",
            {"lead_id": lead(WAITS), "kind": "moved", "step": 1},
        )
        self.add(
            "review-queue",
            f"{lead(WAITS)}/company",
            {"lead_id": lead(WAITS), "kind": "review", "step": 2},
        )

    def _stop(self) -> None:
        signal = {"signal_id": "s1", "kind": "unsubscribe", "address_key": "k5", "person_key": "k5"}
        self.add("signals", "k5", signal, at=DAY + 20)
        self.event(STOPPED, "engage", "suppressed", 7, "suppressed", at=DAY + 20.1)
        self.crm.enrolments[-1]["left"] = DAY + 20.2


def _person(source_id: str, email: str, key: str) -> dict[str, Any]:
    return {
        "id": _CONTACT[source_id],
        "email": email,
        "emails": [],
        "key": key,
        "owner": "rep@acme.test",
        "opted_out": False,
    }

"""A plan's events carried out at a site: captures, signals, people's decisions, and all that goes
wrong."""

import asyncio
import json
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from connectors.core.crm import NoteWrite
from leads import topics
from leads.keys import derive
from leads.keys import lead_id as lead_of
from leads.records import CrmRecord, ReviewDecision, ReviewItem, Signal, encode
from tests.simulation.erasing import Eraser
from tests.simulation.forging import Forger
from tests.simulation.parting import Unmerged, part
from tests.simulation.people import OUTSIDE_SEQUENCE, REPS, captured
from tests.simulation.plan import SIGNALS, Event
from tests.simulation.site import ALL, Site

_COPIED = (
    topics.VALIDATED,
    topics.MATCHED,
    topics.ROUTED,
    topics.ASSIGNED,
    topics.ROUTED_SIGNALS,
    topics.ALERTS,
    topics.CLOCKS,
    topics.SLA_TICKS,
    topics.SLA_OUTCOMES,
)


class Said(NamedTuple):
    """A signal as it was sent. `at` by the loop's time; `lead` is its place in the world."""

    at: float
    kind: str
    lead: int
    value: str


class Ruled(NamedTuple):
    """A person's decision as it was sent."""

    at: float
    lead_id: str
    stage: str
    step: int
    action: str


class Happening:
    """Carries out events, and remembers what was said: the oracle's own knowledge."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.said: list[Said] = []
        self.ruled: list[Ruled] = []
        self.captured_at: dict[int, float] = {}
        # from when to when effects were in shadow, by the loop's time
        self.shadow: tuple[float, float] | None = None
        # the steps at which leads rested when they were released
        self.released: dict[str, int] = {}
        self.synced = False
        self.forger = Forger(site)
        # by the lead's place in the world
        self.unmerged: dict[int, Unmerged] = {}
        self.eraser = Eraser(site)
        # what somebody set last, by the contact and the property
        self.edited: dict[tuple[str, str], str] = {}

    def happen(self, number: int, event: Event) -> None:
        """Carry out one event; `number` names it."""
        if event.kind in SIGNALS:
            self._signal(number, event)
        elif "." in event.kind:
            self._site.troubles.begin(event, self._site.loop.time())
        else:
            getattr(self, f"_{event.kind}")(number, event)

    def _capture(self, number: int, event: Event) -> None:
        del number
        lead, now = self._site.plan.world.leads[event.about], self._site.loop.time()
        self.captured_at[event.about] = now
        self._site.capture(captured(lead, now, event.number))

    def _synced(self, number: int, event: Event) -> None:
        del number, event
        for partition in ALL:
            self._site.send(
                topics.CRM_RECORDS,
                "complete",
                encode(CrmRecord(kind="complete", key="")),
                partition,
            )

    def _signal(self, number: int, event: Event) -> None:
        site = self._site
        lead = site.plan.world.leads[event.about]
        email = lead.raw["email"]
        if event.kind == "undone" and self._undo(number, lead_of("apollo", lead.source_id)):
            return
        value = self._take_effect(event, lead.source_id, email)
        if value is None:
            return
        key = site.keys.address(email)
        signal = Signal(
            signal_id=derive("sim", number),
            kind=event.kind,
            at=site.clock.now(),
            source="crm",
            address_key=key,
            person_key=key,
            value=value,
        )
        site.send(topics.SIGNALS, key, encode(signal))
        self.said.append(Said(site.loop.time(), event.kind, event.about, value))

    def _take_effect(self, event: Event, source_id: str, email: str) -> str | None:
        """What a signal tells is so at its vendor; the signal's value, None where it can't be
        so."""
        crm, apollo = self._site.crm, self._site.apollo
        contact = next((c for c in crm.people.values() if email in {c.email, *c.emails}), None)
        if event.kind == "intent":
            return "list:Demo requests"
        if event.kind == "undone":
            return lead_of("apollo", source_id)
        if event.kind == "sequence":
            state = "active" if event.value != "inactive" else "inactive"
            apollo.add_status(
                source_id, OUTSIDE_SEQUENCE, "active" if state == "active" else "finished"
            )
            return state
        if event.kind in {"unsubscribe", "bounce", "do_not_contact", "reply"}:
            return ""
        if contact is None:
            return None
        if event.kind == "owner":
            owner = event.value or REPS[0]
            crm.own(contact.id, owner)
            return owner
        if event.kind == "activity" and contact.owner_id:
            note = NoteWrite(
                effect_id="",
                contact_id=contact.id,
                owner_id=contact.owner_id,
                text="call",
                at=self._site.clock.now(),
                look_first=False,
                until=0.0,
            )
            crm.notes.append(note)
        if event.kind == "deleted":
            crm.delete(contact.id)
        return contact.owner_id if event.kind in {"activity", "taken"} else ""

    def _undo(self, number: int, lead: str) -> bool:
        """An import is taken back: a lead that waits gets a decision.

        False for one that does not wait.
        """
        item = self.review_items().get(lead)
        if item is not None:
            self._decide(number, item, "undo", {})
        return item is not None

    def _rule(self, number: int, event: Event) -> None:
        """A person decides on one of the review items, as it is shown now."""
        shown = self.review_items()
        if not shown:
            return
        item = self._site.draw.choice(sorted(shown.values(), key=lambda i: i.lead_id))
        self._decide(number, item, *self._choose(item, event.value))

    def _decide(self, number: int, item: ReviewItem, action: str, fields: dict[str, str]) -> None:
        review_decision = ReviewDecision(
            decision_id=derive("review-decision", number),
            lead_id=item.lead_id,
            stage=item.stage,
            step=item.step,
            action=action,
            actor="olga",
            reason="simulated",
            at=self._site.clock.now(),
            fields=fields,
        )
        self._site.send(
            topics.REVIEW_DECISIONS, item.lead_id, encode(review_decision), item.partition
        )
        self.ruled.append(
            Ruled(self._site.loop.time(), item.lead_id, item.stage, item.step, action)
        )

    def _choose(self, item: ReviewItem, wish: str) -> tuple[str, dict[str, str]]:
        """What a sensible person decides: variants are one person here, sister companies are not
        one company."""
        if item.stage == "company":
            variant = any(reason.rule == "company.variant" for reason in item.reasons)
            return ("merge" if variant else "separate"), {}
        if wish == "set" and item.stage == "intake":
            return "set", {"title": "VP Sales"}
        if wish == "route" and item.stage == "routing":
            return "route", {"to": REPS[1]}
        return ("suppress" if wish == "suppress" else "redrive"), {}

    def review_items(self) -> dict[str, ReviewItem]:
        """What people are shown: by lead id, the latest item that was not taken away."""
        latest: dict[str, ReviewItem] = {}
        decoder = msgspec.json.Decoder(ReviewItem)
        for record in self._site.log.all(topics.REVIEW_QUEUE.full):
            item = self._site.sealing.open(decoder.decode(record.value or b""))
            if item.lead_id not in latest or latest[item.lead_id].step <= item.step:
                latest[item.lead_id] = item
        return {lead: item for lead, item in latest.items() if item.kind != "moved"}

    def _unmerge(self, number: int, event: Event) -> None:
        """A person parts somebody's records, of which one was merged into the other."""
        del number
        person = self._site.plan.world.leads[event.about].person
        self.unmerged |= part(self._site, person)

    def _erase(self, number: int, event: Event) -> None:
        """A person asks to be erased."""
        del number
        email = self._site.plan.world.leads[event.about].raw["email"]
        self.eraser.erase(email, self.review_items())

    def _edit(self, number: int, event: Event) -> None:
        """Somebody changes a value of a contact in the CRM."""
        email = self._site.plan.world.leads[event.about].raw["email"].casefold()
        for contact in self._site.crm.people.values():
            if email in {one.casefold() for one in (contact.email, *contact.emails)}:
                value = f"by hand {number}"
                self._site.crm.edit(contact.id, event.value, value)
                self.edited[contact.id, event.value] = value

    # Shadow and live

    def _shadow(self, number: int, event: Event) -> None:
        """The workers start again with effects in shadow, and after a while live."""
        del number
        site = self._site
        self.shadow = (site.loop.time(), site.loop.time() + event.seconds)
        site.switch(live=False)
        site.spawn(self._go_live(event.seconds))

    async def _go_live(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._site.switch(live=True)

    def release(self) -> None:
        """A person makes live what rests as it was decided in shadow."""
        for lead, event in sorted(at_rest(self._site.log.all(topics.AUDIT.full)).items()):
            if not event.get("shadow"):
                continue
            person = event["inputs"]["record"]["person_key"]
            signal = Signal(
                signal_id=derive("released", lead, event["step"]),
                kind="released",
                at=self._site.clock.now(),
                source="desk",
                address_key=person,
                person_key=person,
                value=lead,
            )
            self._site.send(topics.SIGNALS, person, encode(signal))
            self.released[lead] = event["step"]

    # What goes wrong

    def _kill(self, number: int, event: Event) -> None:
        del number
        self._site.kill(event.value, event.number)

    def _freeze(self, number: int, event: Event) -> None:
        del number
        self._site.freeze(event.value, event.seconds)

    def _move(self, number: int, event: Event) -> None:
        del number, event
        self._site.spawn(self._site.move())

    def _repeat(self, number: int, event: Event) -> None:
        del number
        self._site.repeat(event.value, event.number)

    def _lose(self, number: int, event: Event) -> None:
        del number
        self._site.lose(event.value)

    def _duplicate(self, number: int, event: Event) -> None:
        """A record that a stage reads lies in the log once more, later."""
        del number
        topic = _COPIED[event.number % len(_COPIED)]
        if records := self._site.log.all(topic.full):
            record: Any = records[event.number % len(records)]
            self._site.log.append(
                topic.full, record.partition, [(record.key, record.value)], [record.headers]
            )

    def _capture_again(self, number: int, event: Event) -> None:
        """A captured record that another one of its source has followed comes once more."""
        del number
        records = self._site.log.all(topics.CAPTURED.full)
        latest = {record.key: record.value for record in records}
        followed = [record for record in records if record.value != latest[record.key]]
        if followed:
            record: Any = followed[event.number % len(followed)]
            self._site.send(topics.CAPTURED, record.key.decode(), record.value)

    def _forge(self, number: int, event: Event) -> None:
        shown = sorted(self.review_items().values(), key=lambda item: item.lead_id)
        self.forger.forge(number, event, shown)

    def _retain(self, number: int, event: Event) -> None:
        """A worker deletes old records; `event.number` 1: it dies once it has stored how far."""
        del number
        self._site.retain(event.seconds, dies=bool(event.number))

    def _rules(self, number: int, event: Event) -> None:
        """The workers start again with other rules; leads under way keep theirs."""
        del number, event
        site = self._site
        site.rules = site.rules.model_copy(
            update={"threshold": 60, "version": site.rules.version + 1}
        )
        vars(site.rules).pop("hash", None)
        site.known.append(site.rules)
        site.restart()


def at_rest(audit: list[Any]) -> dict[str, dict[str, Any]]:
    """The last events of the leads that are engaged or nurtured."""
    latest: dict[str, dict[str, Any]] = {}
    for record in audit:
        event = json.loads(record.value or b"{}")
        if event["place"] and event["step"] >= latest.get(event["lead"], event)["step"]:
            latest[event["lead"]] = event
    return {
        lead: event for lead, event in latest.items() if event["place"] in {"engaged", "nurtured"}
    }


def released(signal: Signal) -> Signal:
    """The signal as it was before any stage kept it."""
    return replace(signal, only="", delivery=0)

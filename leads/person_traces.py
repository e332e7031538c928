"""What the audit says of one person: its leads, its addresses, its places outside."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from leads.effects import SHADOW
from leads.erasure_order import ErasureOrder, PersonOutside, SentAlert
from leads.keys import Keys, derive
from leads.records import ENDED_PLACES, Alert, Audit, Signal
from leads.unmerge import last_place
from leads.waits import ERASED


class PersonTraces(NamedTuple):
    """The stories of a person's leads, by the lead's id: all events of each, opened, in their
    order; those of a lead whose key is destroyed name nobody. `person_key` is '' for a lead that
    has not passed the first gate.
    """

    person_key: str
    stories: dict[str, list[Audit]]

    @property
    def leads(self) -> tuple[str, ...]:
        """Their ids, the one with the latest event first."""
        latest = {lead: story[-1].at for lead, story in self.stories.items()}
        return tuple(sorted(latest, key=lambda lead: (-latest[lead], lead)))

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address that the leads' own records have ever had."""
        found: dict[str, None] = {}
        for story in self.stories.values():
            for person in (event.person for event in story):
                if person is not None:
                    found.update(dict.fromkeys(filter(None, (person.email, *person.emails))))
        return tuple(sorted(found))

    def not_ended(self) -> dict[str, Audit]:
        """The leads that are under way, wait or rest, with the event that says so."""
        found: dict[str, Audit] = {}
        for lead, story in self.stories.items():
            last = last_place(story)
            if last is not None and last.place not in ENDED_PLACES:
                found[lead] = last
        return found

    def outside(self, keys: Keys, alerts: Iterable[Alert]) -> PersonOutside:
        """Where the person is outside. `alerts` are those about its leads."""
        records = [record_of(story) for story in self.stories.values()]
        contacts = {str(one.get("crm", {}).get("contact_id", "")) for one in records}
        sent = {
            one.alert_id: SentAlert(to=one.to, alert_id=one.alert_id, at=one.at) for one in alerts
        }
        return PersonOutside(
            person_key=self.person_key,
            contact_ids=tuple(
                sorted(one for one in contacts if one and not one.startswith(SHADOW))
            ),
            apollo_ids=tuple(sorted({one["apollo_id"] for one in records if "apollo_id" in one})),
            emails=self.emails,
            address_keys=self.address_keys(keys),
            lead_ids=self.leads,
            alerts=tuple(sent[ident] for ident in sorted(sent)),
        )

    def address_keys(self, keys: Keys) -> tuple[str, ...]:
        """The keys of all its addresses."""
        found = {self.person_key, *map(keys.address, self.emails)}
        return tuple(sorted(filter(None, found)))


def record_of(story: Sequence[Audit]) -> dict[str, Any]:
    """A lead's record, without its person, as the latest event holds it; {} if none does."""
    for event in reversed(story):
        inputs = event.inputs if isinstance(event.inputs, dict) else {}
        record = inputs.get("record")
        if isinstance(record, dict) and record.get("lead_id") == event.lead:
            return record
    return {}


def person_key_of(story: Sequence[Audit]) -> str:
    """The key of the person that a lead is by now, '' where no gate has said so yet."""
    return str(record_of(story).get("person_key", ""))


def erasing_signals(address_keys: Collection[str], now: float) -> list[Signal]:
    """The signals that stop a person everywhere, and keep it from ever being taken in again. Those
    of another time are others: they wake what has come to rest meanwhile."""
    return [
        Signal(
            signal_id=derive(ERASED, key, now),
            kind=ERASED,
            at=now,
            source="erase",
            address_key=key,
            person_key=key,
        )
        for key in address_keys
    ]


def begin_order(person: PersonOutside, actor: str, reason: str, at: float) -> ErasureOrder:
    """The order that an erasure begins with. One about the same leads has the same id: sent twice,
    it is carried out once."""
    return ErasureOrder(
        erasure_id=derive("erasure", *sorted(person.lead_ids)),
        phase="begin",
        lead_ids=person.lead_ids,
        address_keys=person.address_keys,
        actor=actor,
        reason=reason,
        at=at,
        person=person,
    )


def finish_order(
    begun: ErasureOrder, now: PersonOutside, waiting: Collection[str] = ()
) -> ErasureOrder:
    """The order once the leads have ended, with the contacts and alerts that have come meanwhile.
    `now` is what is known by then, without addresses where the leads' keys are destroyed."""
    contacts = {*begun.person.contact_ids, *now.contact_ids}
    person = replace(begun.person, contact_ids=tuple(sorted(contacts)), alerts=now.alerts)
    return replace(begun, phase="finish", person=person, waiting=tuple(sorted(waiting)))

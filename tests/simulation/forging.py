"""Orders written by somebody who reaches the broker, and does not have the site secret."""

from typing import NamedTuple

from leads import topics
from leads.keys import derive
from leads.keys import lead_id as lead_of
from leads.records import ReviewDecision, ReviewItem, Signal, encode
from leads.signatures import Headers, Signatures
from tests.simulation.plan import Event
from tests.simulation.site import Site

_ACTIONS = ("redrive", "suppress", "undo", "erase", "approve", "separate", "route", "set")
_OTHER_SITE = Signatures("another secret")


class Forged(NamedTuple):
    """An order as it was forged: its id, which nothing may name, and its place in the log."""

    way: str
    ident: str
    where: str


class Forger:
    """Writes forged orders, and copies of true ones."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.forged: list[Forged] = []
        self.copied = 0

    def forge(self, number: int, event: Event, shown: list[ReviewItem]) -> None:
        """Forge a decision about something that is shown, or a signal, in the way of the event."""
        if event.value == "copied":
            self._copy(event)
        elif event.about >= 0:
            self._forge_signal(number, event)
        elif shown:
            self._forge_decision(number, event, shown[event.number % len(shown)])

    def _forge_decision(self, number: int, event: Event, item: ReviewItem) -> None:
        ident = derive("forged", number)
        decision = ReviewDecision(
            decision_id=ident,
            lead_id=item.lead_id,
            stage=item.stage,
            step=item.step,
            action=_ACTIONS[event.number % len(_ACTIONS)],
            actor="mallory",
            reason="forged",
            at=self._site.clock.now(),
            fields={"to": "mallory@evil.test"},
        )
        self._write(event, topics.REVIEW_DECISIONS, item.lead_id, ident, encode(decision), item)

    def _forge_signal(self, number: int, event: Event) -> None:
        lead = self._site.plan.world.leads[event.about]
        key, ident = self._site.keys.address(lead.raw["email"]), derive("forged", number)
        signal = Signal(
            signal_id=ident,
            kind=("undone", "released", "taken", "erased")[event.number % 4],
            at=self._site.clock.now(),
            source="desk",
            address_key=key,
            person_key=key,
            value=lead_of("apollo", lead.source_id),
        )
        self._write(event, topics.SIGNALS, key, ident, encode(signal), None)

    def _write(
        self,
        event: Event,
        topic: topics.Topic,
        key: str,
        ident: str,
        value: bytes,
        item: ReviewItem | None,
    ) -> None:
        partition = -1 if item is None else item.partition
        headers = self._headers(event.value, topic, key, value)
        where = self._site.write(topic, key, value, partition, headers)
        self.forged.append(Forged(event.value, ident, where))

    def _headers(self, way: str, topic: topics.Topic, key: str, value: bytes) -> Headers:
        signatures = self._site.keys.signatures
        if way == "stolen":  # the signature of what this site has sent before
            sent = [record.headers for record in self._site.log.all(topic.full) if record.headers]
            return sent[-1] if sent else ()
        if way == "other secret":
            return _OTHER_SITE.headers(topic.full, key.encode(), value)
        if way == "other topic":
            return signatures.headers(topics.RULES.full, key.encode(), value)
        return ()

    def _copy(self, event: Event) -> None:
        """A true decision lies in the log once more, in whatever partition."""
        log, topic = self._site.log, topics.REVIEW_DECISIONS.full
        forged = {one.where for one in self.forged}
        records = [r for r in log.all(topic) if f"{topic}/{r.partition}@{r.offset}" not in forged]
        if records:
            record = records[event.number % len(records)]
            partition = (record.partition, event.number % topics.PARTITIONS)[event.number % 2]
            log.append(topic, partition, [(record.key or b"", record.value)], [record.headers])
            self.copied += 1

"""Orders are obeyed with the site's signature only (docs/security.md, Signatures)."""

import structlog

from leads.keys import derive
from leads.orders import addressee, is_order
from leads.records import Alert, ReviewDecision, encode
from leads.signatures import SignatureError, Signatures
from leads.topics import ALERTS, BY_NAME, DAY_MS, Topic
from streams.ports import Clock, StageMetrics
from streams.runner import audit_events
from streams.runner.dead_letters import dead_letter
from streams.runner.model import DecodedRecord, Stage
from streams.runner.outbox import Outbox
from streams.runner.outgoing import OutgoingRecord
from streams.runner.rules_versions import RulesRegistry
from streams.runner.waking import mark_of
from tables.state import BatchView, State

log = structlog.get_logger(__name__)


class OrderCheck:
    """Refuses orders for one stage that this site has not signed."""

    def __init__(
        self,
        stage: Stage,
        signatures: Signatures,
        state: State,
        outbox: Outbox,
        registry: RulesRegistry,
        clock: Clock,
        metrics: StageMetrics,
    ) -> None:
        self._stage, self._signatures, self._state = stage, signatures, state
        self._outbox, self._registry, self._clock = outbox, registry, clock
        self._metrics = metrics

    async def accepts(self, item: DecodedRecord) -> bool:
        """Whether the stage may go on with a record.

        A refused order is acknowledged among the dead letters, by the stage that it addresses, and
        reported to ops once a day for each topic.

        An order that this stage has carried out already was accepted when it came: by a release
        that didn't sign yet, before a crash. What it decided lies in the stage's rows and must
        still be sent.
        """
        raw, topic = item.raw, BY_NAME[item.raw.topic]
        if not is_order(topic, item.decoded):
            return True
        try:
            self._signatures.number_of(topic.full, raw.key, raw.value, raw.headers)
        except SignatureError as error:
            if self._is_carried_out(item):
                return True
            if addressee(item.decoded, self._stage.name) == self._stage.name:
                await self._refuse(topic, item, f"not obeyed: {error}")
            return False
        return True

    def _is_carried_out(self, item: DecodedRecord) -> bool:
        view, record = BatchView(self._state, item.raw.partition), item.decoded
        if isinstance(record, ReviewDecision):
            mark = mark_of(record.decision_id, record.delivery)
            woken = view.get(self._stage.woken, mark)
            if woken is None or woken.lead is None:
                return False
            subject = woken.lead.lead_id
        else:
            subject = audit_events.subject_of(record, item.raw)[0]
        attempt = view.get(self._stage.attempts, subject)
        return attempt is not None and attempt.at == item.at

    async def _refuse(self, topic: Topic, item: DecodedRecord, why: str) -> None:
        log.error("an order is not obeyed", where=item.at, why=why)
        self._metrics.refused(self._stage.name)
        letter = await dead_letter(self._stage.name, item.raw, why, self._state.sealing)
        await self._outbox.send([*letter, self._alert(topic, item)])

    def _alert(self, topic: Topic, item: DecodedRecord) -> OutgoingRecord:
        now = self._clock.now()
        alert = Alert(
            alert_id=derive("refused order", topic.full, int(now * 1000) // DAY_MS),
            kind="ops",
            to=self._registry.get(self._registry.current).ops_channel,
            text=_advice(topic.full, item),
            at=now,
        )
        return OutgoingRecord(ALERTS, alert.to.encode(), encode(alert))


def _advice(topic: str, item: DecodedRecord) -> str:
    what = "an order"
    if isinstance(item.decoded, ReviewDecision):
        what = "a decision"
    return (
        f"Leadgate did not obey {what} at {item.at}: this site has not signed it. The lead stays"
        " where it is. Look at the record among the dead letters. If it was sent with an older"
        f" release of your own, send it again; if not, find who may write to {topic}"
        " (docs/security.md, Signatures). Further ones of today are dead letters without an alert."
    )

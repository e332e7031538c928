"""People's decisions: checked against what the lead waits for, then sent to the stage that
parked it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from aiokafka import TopicPartition

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing, read_to
from app.monitoring.lag import workers
from app.privacy.hash_key import open_keys
from app.privacy.lead_keys import open_sealing
from app.review.send import send_review_decision
from app.rules.store import rules_in_force
from connectors.core.crm import Crm
from connectors.core.errors import VendorError
from leads import topics
from leads.keys import Keys, derive
from leads.orders import is_order
from leads.records import Record, ReviewDecision, ReviewItem, Signal
from leads.review_actions import refusal
from leads.rules import Rules
from leads.signatures import SignatureError
from leads.text import visible
from leads.waits import STOPPING
from streams.ports import Clock
from streams.runner.outbox import partition_of

T = TypeVar("T", bound=Record)
#: Decisions after which the person is contacted: refused after a bounce or an opt-out (promise P4).
_REACHES = frozenset({"approve", "route"})
#: Decisions after which the lead is judged by the version of the rules in force.
_BY_PRESENT_RULES = frozenset({"redrive", "set"})


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What a person wants to decide about one waiting lead.

    `fields`: the fields of `set`, or `to` of `route`. Requests with the same `key` of the same
    actor about the same wait are one decision: the second is accepted, and changes nothing.
    """

    item: ReviewItem
    action: str
    actor: str
    reason: str
    fields: dict[str, str] = field(default_factory=dict)
    key: str = ""

    def ident(self, now: float) -> str:
        """The decision's id."""
        item, once = self.item, self.key or now
        return derive(
            "review-decision", item.lead_id, item.step, self.action, self.actor, once
        )


@dataclass(slots=True)
class DecisionReport:
    """The decisions that were accepted, the reasons of the refused ones (by lead id), the rules in
    force, and the number of workers that run."""

    rules: Rules
    taken: list[ReviewDecision] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    workers: int = 0

    def text(self, *, dry_run: bool = False) -> str:
        """As sentences, a line for each lead."""
        done = "would be decided" if dry_run else "decided"
        lines = []
        for taken in self.taken:
            lines.append(f"{done}: {taken.action} {taken.lead_id}{self._by(taken)}")
        for lead, why in self.refused.items():
            lines.append(f"refused: {lead}: {visible(why)}")
        if self.taken and not self.workers:
            lines.append("no worker runs: the decision waits, and is carried out when one starts")
        return "\n".join(lines)

    def _by(self, review_decision: ReviewDecision) -> str:
        if not review_decision.rules:
            return ""
        return f", by the rules in force (version {self.rules.version}, {self.rules.hash})"


async def decide(
    settings: Settings,
    requests: Sequence[DecisionRequest],
    clock: Clock,
    make_crm: Callable[[], Crm],
    *,
    dry_run: bool = False,
) -> DecisionReport:
    """Check the requests, and send the accepted decisions; with `dry_run` nothing is sent. Durable
    when it returns.

    `make_crm` is called if the CRM must be asked. Raises RulesError while no rules are in force.
    """
    decided = DecisionReport(await rules_in_force(settings), workers=await workers(settings))
    async with _checks(settings, decided.rules, make_crm) as checks:
        for request in requests:
            if why := await checks.refusal(request):
                decided.refused[request.item.lead_id] = why
            else:
                decided.taken.append(_review_decision(request, decided.rules, clock.now()))
    if not dry_run:
        items = {request.item.lead_id: request.item for request in requests}
        async with producing(settings) as producer:
            for review_decision in decided.taken:
                await send_review_decision(
                    producer,
                    settings.signatures,
                    open_sealing(settings),
                    items[review_decision.lead_id],
                    review_decision,
                )
    return decided


def _review_decision(request: DecisionRequest, rules: Rules, now: float) -> ReviewDecision:
    item = request.item
    return ReviewDecision(
        decision_id=request.ident(now),
        lead_id=item.lead_id,
        stage=item.stage,
        step=item.step,
        action=request.action,
        actor=request.actor,
        reason=request.reason,
        at=now,
        fields=request.fields,
        asked=item.reason_kind,
        rules=rules.hash if request.action in _BY_PRESENT_RULES else "",
    )


class _Checks:
    """Finds reasons against decisions: in the rules, in earlier decisions and suppressions, and in
    the CRM's users. Each is read once."""

    def __init__(self, settings: Settings, rules: Rules, make_crm: Callable[[], Crm]) -> None:
        self._settings, self._rules, self._make_crm = settings, rules, make_crm
        self._crm: Crm | None = None
        self._keys: Keys | None = None
        self._owners: dict[str, str] = {}
        self._earlier: dict[int, dict[tuple[str, int], ReviewDecision]] = {}
        self._suppressed: dict[int, dict[str, Signal]] = {}

    async def close(self) -> None:
        """Close the CRM's connections, if there are any."""
        if self._crm is not None:
            await self._crm.close()

    async def refusal(self, request: DecisionRequest) -> str:
        """The reason for which a decision is refused, '' if it is accepted."""
        if why := refusal(request.item, request.action, request.fields, self._rules):
            return why
        if why := await self._decided_already(request):
            return why
        if request.action in _REACHES and (why := await self._is_suppressed(request.item)):
            return why
        if request.action == "route":
            return await self._no_owner(request.fields["to"])
        return ""

    async def _decided_already(self, request: DecisionRequest) -> str:
        """Refuses a second decision about the same wait: it would come too late."""
        item = request.item
        if item.partition not in self._earlier:
            self._earlier[item.partition] = await self._read_review_decisions(item.partition)
        earlier = self._earlier[item.partition].get((item.lead_id, item.step))
        if earlier is None or (request.key and earlier.decision_id == request.ident(0.0)):
            return ""
        return f"{earlier.actor} has decided {earlier.action} already, which is not carried out yet"

    async def _read_review_decisions(self, partition: int) -> dict[tuple[str, int], ReviewDecision]:
        """The first decision about each wait, by lead id and step. Those that this site hasn't
        signed are left out: no worker obeys them."""
        review_decisions: dict[tuple[str, int], ReviewDecision] = {}
        async for review_decision in self._read(topics.REVIEW_DECISIONS, partition, ReviewDecision):
            review_decisions.setdefault(
                (review_decision.lead_id, review_decision.step), review_decision
            )
        return review_decisions

    async def _is_suppressed(self, item: ReviewItem) -> str:
        key = (await self._known_keys()).address(item.person.email)
        if not key:
            return ""
        partition = partition_of(key.encode())
        if partition not in self._suppressed:
            self._suppressed[partition] = await self._read_suppressions(partition)
        signal = self._suppressed[partition].get(key)
        if signal is None:
            return ""
        return (
            f"the person must not be contacted: {signal.kind} was received from {signal.source}"
        )

    async def _known_keys(self) -> Keys:
        if self._keys is None:
            self._keys = await open_keys(self._settings)
        return self._keys

    async def _read_suppressions(self, partition: int) -> dict[str, Signal]:
        """The last suppressing signal about each address and person, by their keys."""
        suppressions: dict[str, Signal] = {}
        async for signal in self._read(topics.SIGNALS, partition, Signal):
            if signal.kind in STOPPING:
                suppressions[signal.address_key] = signal
                suppressions[signal.person_key] = signal
        return suppressions

    async def _no_owner(self, email: str) -> str:
        """Refuses to route to somebody who can't own leads in the CRM."""
        if email not in self._owners:
            self._owners[email] = await self._ask_owner(email)
        return self._owners[email]

    async def _ask_owner(self, email: str) -> str:
        try:
            self._crm = self._crm or self._make_crm()
            owner = await self._crm.owner_by_email(email)
        except VendorError as error:
            return (
                f"whether {email} can own leads is unknown, since the CRM does not answer: {error}"
            )
        if owner is None:
            return f"the CRM has no user {email}"
        if not owner.active:
            return f"{email} is no active user of the CRM any more"
        return ""

    async def _read(self, topic: topics.Topic, partition: int, kind: type[T]) -> AsyncIterator[T]:
        """The decodable records of a partition, of orders the signed ones. The others become dead
        letters, and have no effect."""
        tp, signatures = TopicPartition(topic.full, partition), self._settings.signatures
        async with consuming(self._settings) as consumer:
            cut = await ends(consumer, [topic.full])
            async for record in read_to(consumer, {tp: cut[tp]}):
                with suppress(msgspec.DecodeError, SignatureError):
                    found = msgspec.json.decode(record.value or b"", type=kind)
                    if is_order(topic, found):
                        signatures.number_of(topic.full, record.key, record.value, record.headers)
                    yield found


@asynccontextmanager
async def _checks(
    settings: Settings, rules: Rules, make_crm: Callable[[], Crm]
) -> AsyncIterator[_Checks]:
    checks = _Checks(settings, rules, make_crm)
    try:
        yield checks
    finally:
        await checks.close()

"""People's decisions: checked against what the lead waits for, then sent to the stage that
asked."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from aiokafka import TopicPartition

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing, read_to
from app.monitoring.lag import workers
from app.review.send import send_review_decision
from app.rules.store import rules_in_force
from connectors.core.crm import Crm
from connectors.core.errors import VendorError
from leads import topics
from leads.gates.signals import SUPPRESSING
from leads.keys import Keys, derive
from leads.records import ReviewDecision, ReviewItem, Signal
from leads.rules import Rules
from leads.rulings import refusal
from streams.ports import Clock
from streams.runner.outbox import partition_of

T = TypeVar("T")
#: What would reach the person: refused once a bounce or an opt-out was heard (promise P4).
_REACHES = frozenset({"approve", "route"})
#: What the lead is judged by from then on is the version in force.
_BY_PRESENT_RULES = frozenset({"redrive", "set"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of one waiting lead.

    `fields`: the fields of `set`, or `to` of `route`.
    """

    item: ReviewItem
    action: str
    actor: str
    reason: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Decided:
    """What was taken, why the rest was refused (by lead), by which rules, and whether a worker is
    there to carry it out."""

    rules: Rules
    taken: list[ReviewDecision] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    workers: int = 0

    def text(self, *, dry_run: bool = False) -> str:
        """In sentences, one line a lead."""
        would = "would be decided" if dry_run else "decided"
        lines = [
            f"{would}: {ruling.action} {ruling.lead_id}{self._by(ruling)}" for ruling in self.taken
        ]
        lines += [f"refused: {lead}: {why}" for lead, why in self.refused.items()]
        if self.taken and not self.workers:
            lines.append("no worker runs: the decision waits, and is carried out when one starts")
        return "\n".join(lines)

    def _by(self, ruling: ReviewDecision) -> str:
        return (
            f", by the rules in force (version {self.rules.version}, {self.rules.hash})"
            if ruling.rules
            else ""
        )


async def decide(
    settings: Settings,
    wishes: Sequence[Wish],
    clock: Clock,
    make_crm: Callable[[], Crm],
    *,
    dry_run: bool = False,
) -> Decided:
    """Take every decision that can be carried out, durably; nothing is sent with `dry_run`.

    `make_crm` is called if the CRM must be asked. Raises RulesError while no rules are in force.
    """
    decided = Decided(await rules_in_force(settings), workers=await workers(settings))
    async with _checks(settings, decided.rules, make_crm) as checks:
        for wish in wishes:
            if why := await checks.refusal(wish):
                decided.refused[wish.item.lead_id] = why
            else:
                decided.taken.append(_ruling(wish, decided.rules, clock.now()))
    if not dry_run:
        items = {wish.item.lead_id: wish.item for wish in wishes}
        async with producing(settings) as producer:
            for ruling in decided.taken:
                await send_review_decision(producer, items[ruling.lead_id], ruling)
    return decided


def _ruling(wish: Wish, rules: Rules, now: float) -> ReviewDecision:
    item = wish.item
    return ReviewDecision(
        decision_id=derive("ruling", item.lead_id, item.step, wish.action, wish.actor, now),
        lead_id=item.lead_id,
        stage=item.stage,
        step=item.step,
        action=wish.action,
        actor=wish.actor,
        reason=wish.reason,
        at=now,
        fields=wish.fields,
        asked=item.reason_kind,
        rules=rules.hash if wish.action in _BY_PRESENT_RULES else "",
    )


class _Checks:
    """What stands against decisions: the rules, earlier decisions, suppressions, the CRM's
    users."""

    def __init__(self, settings: Settings, rules: Rules, make_crm: Callable[[], Crm]) -> None:
        self._settings, self._rules, self._make_crm = settings, rules, make_crm
        self._crm: Crm | None = None
        self._owners: dict[str, str] = {}
        self._earlier: dict[int, dict[tuple[str, int], ReviewDecision]] = {}
        self._suppressed: dict[int, dict[str, Signal]] = {}

    async def close(self) -> None:
        """Let the CRM go."""
        if self._crm is not None:
            await self._crm.close()

    async def refusal(self, wish: Wish) -> str:
        """Why a decision isn't taken, '' if it is."""
        if why := refusal(wish.item, wish.action, wish.fields, self._rules):
            return why
        if why := await self._decided_already(wish.item):
            return why
        if wish.action in _REACHES and (why := await self._is_suppressed(wish.item)):
            return why
        return await self._no_owner(wish.fields["to"]) if wish.action == "route" else ""

    async def _decided_already(self, item: ReviewItem) -> str:
        """A decision about this very wait that no worker has carried out yet: a second one would
        come too late."""
        if item.partition not in self._earlier:
            rulings = [
                ruling
                async for ruling in self._read(
                    topics.REVIEW_DECISIONS, item.partition, ReviewDecision
                )
            ]
            self._earlier[item.partition] = {(r.lead_id, r.step): r for r in reversed(rulings)}
        earlier = self._earlier[item.partition].get((item.lead_id, item.step))
        return (
            f"{earlier.actor} has decided {earlier.action} already, which is not carried out yet"
            if earlier
            else ""
        )

    async def _is_suppressed(self, item: ReviewItem) -> str:
        key = Keys(self._settings.site_secret.get_secret_value()).address(item.person.email)
        partition = partition_of(key.encode())
        if key and partition not in self._suppressed:
            stops = [
                signal
                async for signal in self._read(topics.SIGNALS, partition, Signal)
                if signal.kind in SUPPRESSING
            ]
            self._suppressed[partition] = {
                k: s for s in stops for k in (s.address_key, s.person_key) if k
            }
        heard = self._suppressed.get(partition, {}).get(key)
        return (
            f"the person is not to be written to: {heard.kind} was heard from {heard.source}"
            " (promise P4)"
            if heard
            else ""
        )

    async def _no_owner(self, email: str) -> str:
        if email not in self._owners:
            self._owners[email] = await self._ask_owner(email)
        return self._owners[email]

    async def _ask_owner(self, email: str) -> str:
        try:
            self._crm = self._crm or self._make_crm()
            owner = await self._crm.owner_by_email(email)
        except VendorError as error:
            return (
                f"whether {email} can own leads isn't known, since the CRM does not answer: {error}"
            )
        if owner is None:
            return f"the CRM has no user {email}"
        return "" if owner.active else f"{email} is no active user of the CRM any more"

    async def _read(self, topic: topics.Topic, partition: int, kind: type[T]) -> AsyncIterator[T]:
        """The records of a partition that can be read: what can't is a dead letter, and stops
        nobody."""
        tp = TopicPartition(topic.full, partition)
        async with consuming(self._settings) as consumer:
            cut = await ends(consumer, [topic.full])
            async for record in read_to(consumer, {tp: cut[tp]}):
                with suppress(msgspec.DecodeError):
                    yield msgspec.json.decode(record.value or b"", type=kind)


@asynccontextmanager
async def _checks(
    settings: Settings, rules: Rules, make_crm: Callable[[], Crm]
) -> AsyncIterator[_Checks]:
    checks = _Checks(settings, rules, make_crm)
    try:
        yield checks
    finally:
        await checks.close()

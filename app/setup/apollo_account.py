"""What Apollo's account holds, with numbers, and what the rules would make of it: for a person who
sets a site up.

Apollo counts by stage and list. It has no filter for the e-mail status (docs/design/vendors.md
Apollo 1.3), so that and the rules' verdict are given for the newest contacts alone.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from connectors.apollo.client import ApolloClient
from connectors.apollo.contact_search import ContactFilter, ContactSearch
from connectors.core.errors import VendorError
from leads.decision import Decision
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys
from leads.polled_contact import (
    PolledContact,
    came_from_crm,
    is_wanted,
    read_contact,
    to_record,
)
from leads.records import Captured
from leads.rules import Rules
from leads.text import visible

#: A call is made for each stage that is counted.
_COUNTED_STAGES = 5
#: How many lists are named.
_NAMED_LISTS = 20


async def describe_account(apollo: ApolloClient, rules: Rules, now: float) -> list[str]:
    """One sentence a fact, in a dozen calls at most. Raises nothing that a vendor may say: what
    can't be read is a sentence, too."""
    account = _Account(apollo, rules, now)
    lines: list[str] = []
    for what, read in account.parts().items():
        try:
            lines += await read()
        except VendorError as error:
            lines.append(f"Apollo's {what} can't be shown: {error}")
    return list(map(visible, lines))


class _Account:
    """One look at the account: what a part has read is there for the next ones."""

    def __init__(self, apollo: ApolloClient, rules: Rules, now: float) -> None:
        self._apollo, self._rules, self._now = apollo, rules, now
        self._labels: dict[str, str] = {}
        self._newest: list[dict[str, Any]] = []

    def parts(self) -> dict[str, Callable[[], Awaitable[list[str]]]]:
        """What is read, by its name, in order."""
        return {
            "lists": self._lists,
            "stages": self._stages,
            "contacts": self._statuses,
            "count of what is captured": self._captured,
            "custom fields": self._judged,
        }

    async def _lists(self) -> list[str]:
        lists = await self._apollo.contact_lists()
        self._labels = {one.id: one.name for one in lists}
        largest = sorted(lists, key=lambda one: (-(one.count or 0), one.name))
        counts = [f"{one.name!r} {_number(one.count)}" for one in largest[:_NAMED_LISTS]]
        if len(lists) > _NAMED_LISTS:
            counts.append(f"{len(lists) - _NAMED_LISTS} more")
        return [f"Apollo's lists, by its own counts: {', '.join(counts) or 'none'}"]

    async def _stages(self) -> list[str]:
        stages = await self._apollo.contact_stages()
        counts = []
        for stage in stages[:_COUNTED_STAGES]:
            total = await self._count(ContactFilter((stage.id,)))
            counts.append(f"{stage.name!r} ({stage.id}) {total:,}")
        counts += [f"{stage.name!r} ({stage.id})" for stage in stages[_COUNTED_STAGES:]]
        more = len(stages) > _COUNTED_STAGES
        counted = f", the first {_COUNTED_STAGES} counted" if more else ""
        return [f"Apollo's stages{counted}: {', '.join(counts) or 'none'}"]

    async def _statuses(self) -> list[str]:
        self._newest, total = await self._apollo.contacts_page(ContactSearch())
        if not self._newest:
            return ["Apollo has no contacts"]
        found = Counter(_status(one) for one in self._newest)
        statuses = ", ".join(f"{status} {n}" for status, n in found.most_common())
        text = (
            f"Apollo has {_contacts(total)}; e-mail statuses of the {len(self._newest)} newest, for"
            f" Apollo can't count them: {statuses}"
        )
        return [text]

    async def _captured(self) -> list[str]:
        """How many the rules' stages and lists let through, by Apollo's totals."""
        rule = self._rules.capture
        labels = tuple(ident for ident, name in self._labels.items() if name in rule.lists)
        if not rule.stages and not labels:
            return []
        total = await self._count(ContactFilter(rule.stages, labels))
        return [f"capture.stages and capture.lists let {_contacts(total)} of Apollo's through"]

    async def _judged(self) -> list[str]:
        contacts = readable(self._newest)
        custom: dict[str, Any] = {}
        for contact in contacts:
            custom |= contact.fields.custom()
        await self._apollo.name_fields(custom)  # all definitions at once, if any is needed
        records = []
        for contact in contacts:
            labels = contact.fields.label_ids or []
            lists = tuple(self._labels[label] for label in labels if label in self._labels)
            if is_wanted(contact.fields, lists, self._rules.capture) and not came_from_crm(
                contact.raw
            ):
                named = await self._apollo.name_fields(contact.fields.custom())
                records.append(to_record(contact, lists, named, self._now))
        return judge_sample(records, len(self._newest), self._rules, self._now)

    async def _count(self, among: ContactFilter) -> int:
        return (await self._apollo.contacts_page(ContactSearch(among, size=1))).total


def readable(newest: Iterable[Any]) -> list[PolledContact]:
    """The contacts that can be read."""
    contacts = []
    for raw in newest:
        with suppress(ValueError):
            contacts.append(read_contact(raw))
    return contacts


def judge_sample(records: Sequence[Captured], of: int, rules: Rules, now: float) -> list[str]:
    """What intake would make of those of a sample that the rules capture: a sentence, none for an
    empty sample."""
    if not of:
        return []
    reasons: Counter[str] = Counter()
    held = 0
    for record in records:
        # the keys' secret changes no verdict
        decision = Intake(Keys("sample")).decide(record, IntakeState(), {}, rules, now)
        if isinstance(decision, Decision) and decision.kind == "invalid":
            held += 1
            reasons.update(reason.why for reason in decision.trace if reason.decisive)
    text = (
        f"of the {of} newest contacts in Apollo the rules would not capture {of - len(records)},"
        f" and hold {held} as invalid"
    )
    if reasons:
        text += ": " + "; ".join(f"{why} ({n})" for why, n in reasons.most_common())
    return [text]


def _status(contact: dict[str, Any]) -> str:
    status = contact.get("email_true_status")
    return repr(status) if status else "none"


def _contacts(count: int) -> str:
    return "1 contact" if count == 1 else f"{count:,} contacts"


def _number(count: int | None) -> str:
    return "(no count)" if count is None else f"{count:,}"

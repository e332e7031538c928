"""What effects are given and what they reach."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec

from connectors.core.crm import Crm
from leads.effect_results import EffectResult, EffectValue
from leads.erasure import Erasure


class EffectAttempt(msgspec.Struct, frozen=True):
    """One attempt at an effect.

    `again`: an earlier one began. `until`: when it must have left, by the loop's clock.

    `since` is when its stage first took up the record, in seconds since the epoch: what may last
    so long counts from then.
    """

    id: str
    again: bool
    until: float
    since: float


class NotCalled(NamedTuple):
    """What an effect came to without a call: it says nothing about how the vendor is."""

    result: EffectResult


#: What a handler answers: the result's value, None where there is nothing to say; one that changes
#: a contact's properties answers the whole result, with the change.
Answer: TypeAlias = EffectValue | EffectResult | NotCalled | None


class Credits:
    """Apollo credits spent on enrichment today (UTC) by this worker."""

    def __init__(self) -> None:
        self._day, self._spent = "", 0

    def take(self, cap: int, now: float, share: float) -> bool:
        """Take one if the day's cap, or this worker's share of it, allows."""
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        if day != self._day:
            self._day, self._spent = day, 0
        if self._spent >= cap * share:
            return False
        self._spent += 1
        return True

    def give_back(self) -> None:
        """Take a call back that Apollo has not charged."""
        self._spent = max(0, self._spent - 1)


class Apollo(Protocol):
    """What effects ask of Apollo; see connectors.apollo.client for each call's meaning and what it
    raises."""

    async def enrich(self, domain: str) -> dict[str, Any]:
        """A company's record by domain, {} if Apollo has none."""
        ...

    async def sequences(self, contact_id: str, email: str) -> list[dict[str, Any]]:
        """The contact's campaign statuses."""
        ...

    async def stop(self, contact_id: str) -> None:
        """Out of every Apollo sequence. Harmless twice."""
        ...

    async def enrol(self, contact_id: str, sequence: str, sender: str) -> bool:
        """Into a sequence; True if the contact was in it already. Harmless twice."""
        ...

    async def leave(self, contact_id: str, sequences: list[str]) -> None:
        """Out of these sequences. Harmless twice."""
        ...

    async def set_owner(self, contact_id: str, email: str) -> None:
        """Make a user of Apollo's the contact's owner there. Harmless twice."""
        ...

    async def erase(self, contact_id: str, email: str) -> list[Erasure]:
        """Out of every sequence and list, for the contacts with this id and this address; they
        stay, in the stage 'Do Not Contact'. Harmless twice."""
        ...


class Slack(Protocol):
    """What effects ask of Slack; see connectors.slack.client."""

    async def post(
        self, to: str, text: str, alert_id: str, *, button: str = "", look_first: bool, until: float
    ) -> str:
        """Post once, not after `until` (the loop's time); the message's ts."""
        ...

    async def email_of(self, user: str) -> str:
        """The e-mail address of a user."""
        ...

    async def erase(self, to: str, alert_id: str, at: float) -> list[Erasure]:
        """Take an alert that was sent at a time, or later, out of a channel. Harmless twice."""
        ...


class ReviewSheets(Protocol):
    """What effects ask of the sheets that show who waits for a person."""

    async def erase(
        self, lead_ids: Collection[str], address_keys: Collection[str]
    ) -> list[Erasure]:
        """Clear the rows of these leads, and those with an address of these keys. Harmless twice.

        Raises VendorError.
        """
        ...


@dataclass(slots=True)
class EffectContext:
    """What effects reach: the vendors, and what this worker knows of suppressions and of signals'
    progress."""

    crm: Crm
    apollo: Apollo
    slack: Slack
    sheets: ReviewSheets
    suppressed: Callable[[int, Any], str]
    signals_applied: Callable[[int], Awaitable[None]]
    nurture_lists: Callable[[], list[str]]
    credits: Credits = field(default_factory=Credits)

"""What acts are given and what they reach."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.apollo.client import ApolloClient
from connectors.contract import Crm
from connectors.slack.client import SlackClient
from leads.decision import Result


@dataclass(frozen=True, slots=True)
class Effect:
    """One attempt at an act. `again`: an earlier one began. `until`: when it must have left, by the loop's clock."""

    id: str
    again: bool
    until: float


#: Answers the result's value; one that changes a contact's properties answers the whole result, with the change.
Handler = Callable[[dict[str, Any], Any, Effect], Awaitable[dict[str, Any] | Result]]


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


@dataclass(slots=True)
class Outside:
    """What acts reach: the vendors, and what this worker knows of suppressions and of signals' progress."""

    crm: Crm
    apollo: ApolloClient
    slack: SlackClient
    suppressed: Callable[[int, Any], str]
    signals_applied: Callable[[int], Awaitable[None]]
    synced: Callable[[int], bool]
    nurture_lists: Callable[[], list[str]]
    credits: Credits = field(default_factory=Credits)

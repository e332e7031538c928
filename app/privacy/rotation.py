"""Replaces the key that wraps the leads' keys, while processes use them. The leads' keys themselves
stay, and with them everything that is sealed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.base.settings import Settings
from app.privacy.key_store import KeyStore, open_key_store
from app.privacy.wrapping import WrappedKey, WrappingKeyError, WrappingKeys, wrapping_keys

_AT_ONCE = 500  # keys in one transaction: others wait for it no longer than some milliseconds


@dataclass(frozen=True, slots=True)
class WrappingState:
    """How many of the leads' keys are wrapped with which key (`counts`, by its id), as a process
    sees it that knows `known`."""

    known: WrappingKeys
    counts: dict[str, int]

    @property
    def former(self) -> int:
        """How many the other secret's key wraps."""
        return self.counts.get(self.known.other.ident, 0) if self.known.other else 0

    @property
    def faults(self) -> list[str]:
        """A sentence for each wrapping key whose secret this process has not."""
        return self.known.missing(self.counts)

    @property
    def notes(self) -> list[str]:
        """A sentence about the other secret, if one is set: whether it is needed."""
        if self.known.other is None:
            return []
        note = (
            "no key of a lead is wrapped with LEADGATE_OTHER_WRAPPING_SECRET. If it is the former"
            " secret, remove it once every process runs with the new LEADGATE_WRAPPING_SECRET; if"
            " it is the next one, make it LEADGATE_WRAPPING_SECRET once every process has it"
        )
        if self.former:
            note = (
                f"{self.former} keys of leads are wrapped with LEADGATE_OTHER_WRAPPING_SECRET. If"
                " it is the former secret, run leadgate keys rewrap, and don't remove it before"
            )
        return [note]


@dataclass(slots=True)
class RewrapReport:
    """How many keys were wrapped again, the leads whose keys can't be unwrapped, and how the others
    are wrapped now."""

    state: WrappingState
    rewrapped: int = 0
    damaged: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Why the former secret is still needed, or another one lacks."""
        left = self.state.former - len(self.damaged)
        faults = [f"the key of lead {lead} can't be unwrapped" for lead in self.damaged]
        if left > 0:
            faults.append(
                f"{left} keys were wrapped with LEADGATE_OTHER_WRAPPING_SECRET meanwhile: a process"
                " still has it as its LEADGATE_WRAPPING_SECRET"
            )
        return [*faults, *self.state.faults]

    def plain(self) -> dict[str, Any]:
        """For programs. `left`: keys that still need the other secret."""
        return {"rewrapped": self.rewrapped, "left": self.state.former, "faults": self.faults}

    def lines(self) -> list[str]:
        """For people."""
        return [f"{self.rewrapped} keys were wrapped again", *(self.faults or self.state.notes)]


def rewrap_keys(
    store: KeyStore, keys: WrappingKeys, progress: Callable[[int, int], None]
) -> RewrapReport:
    """Wrap every key that the other secret's key wraps with the current one.

    A batch is one transaction, and changes only what is still as it was read: another run at the
    same time, a destroyed key and a kill do no harm, and a later run does what is left. `progress`
    is called after each with how many are done and how many there were. Raises what the store
    raises.
    """
    report = RewrapReport(WrappingState(keys, store.count_by_wrapping()))
    total, seen, after = report.state.former, 0, ""
    while keys.other and (batch := store.wrapped_with(keys.other.ident, after, _AT_ONCE)):
        again = {}
        for lead, key in batch.items():
            after = lead
            try:
                again[lead] = (key, WrappedKey(keys.rewrap(lead, key), keys.current.ident))
            except WrappingKeyError:
                report.damaged.append(lead)
        if again:
            report.rewrapped += store.rewrap(again)
        seen += len(batch)
        progress(seen, max(seen, total))
    report.state = WrappingState(keys, store.count_by_wrapping())
    return report


def rewrap_site(settings: Settings, progress: Callable[[int, int], None]) -> RewrapReport:
    """The same for the database and the secrets of these settings."""
    return rewrap_keys(open_key_store(settings), wrapping_keys(settings), progress)

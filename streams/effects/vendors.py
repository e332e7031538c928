"""What a vendor's failure means for the effects that need it, and which alert it causes: one for
each outage.

Each vendor has a circuit. Beside it, each effect has one of its own, which opens when the
plan doesn't include that call: an optional feature is off then, any other effect waits.
"""

import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import structlog

from connectors.core.errors import (
    AccountLimited,
    EndpointSpent,
    NoAnswer,
    NotInPlan,
    NotSent,
    RecordRejected,
    Unauthorised,
    Unavailable,
    Unreadable,
    VendorError,
)
from leads.effect_results import EffectResult
from streams.effects.circuit import Circuit
from streams.ports import Clock

log = structlog.get_logger(__name__)

#: Effects whose gate goes on without an answer, and what people call them.
OPTIONAL: Mapping[str, str] = MappingProxyType(
    {
        "apollo.enrich": "Completing companies from Apollo",
        "apollo.owner": "Telling Apollo who owns a lead",
        "crm.account": "Routing by the owner of the company",
    }
)
#: A key is called wrong when the vendor has refused it twice, so many seconds apart, and answered
#: nothing in between.
APART = 30.0
#: Seconds between the probes of a vendor that refuses our key, and of a call that its plan leaves
#: out.
PAUSE = 300.0
#: Seconds for which an optional feature stays off before it is tried again.
OFF = 3600.0
_LEAST = 1.0
_FRAMES = 3  # of a place in the code: the innermost may be a library's


class Permit(NamedTuple):
    """Permission to make one call. `ticket` is of the vendor's circuit, `own` of the effect's."""

    effect: str
    began: float
    ticket: int
    own: int


class Vendor:
    """One vendor. `alarm` sends one text to the people who run the site."""

    def __init__(self, name: str, clock: Clock, alarm: Callable[[str], None]) -> None:
        self.name, self._clock, self._alarm = name, clock, alarm
        self.circuit = Circuit(clock.now)
        # of those that were left out once
        self._effects: defaultdict[str, Circuit] = defaultdict(lambda: Circuit(clock.now))
        self._left_out: dict[str, str] = {}  # why, by effect
        # when the key was first refused since it was last good, by effect
        self._refused: dict[str, float] = {}
        self._answered = float("-inf")  # when the youngest call began that was answered
        self._announced: set[str] = set()  # what was said of this outage

    def admit(self, effect: str) -> Permit | EffectResult:
        """Permission to call, which must end with `succeed`, `fail` or `withdraw`; or the result of
        an effect that is not called."""
        own = self._effects.get(effect)
        if own is not None and effect in self._left_out and (wait := own.put_off()):
            return self._without(effect, wait)
        if wait := self.circuit.put_off():
            return EffectResult(
                ok=False, reason=f"{self.name} does not answer", retry_after=wait, not_sent=True
            )
        began, ticket = self._clock.now(), self.circuit.admit()
        if own is None:
            return Permit(effect, began, ticket, 0)
        return Permit(effect, began, ticket, own.admit())

    def withdraw(self, permit: Permit) -> None:
        """The call ended without an answer. Does nothing if its end was noted before."""
        self.circuit.withdraw(permit.ticket)
        self._withdraw_own(permit)

    def _withdraw_own(self, permit: Permit) -> None:
        if (own := self._effects.get(permit.effect)) is not None:
            own.withdraw(permit.own)

    def succeed(self, permit: Permit) -> None:
        """The vendor has answered, even if it refuses a row."""
        self._note_answer(permit)
        self._refused.pop(permit.effect, None)
        if (own := self._effects.get(permit.effect)) is not None:
            own.succeed(permit.own)
        if self._left_out.pop(permit.effect, None) is not None:
            said = OPTIONAL.get(permit.effect, f"The call {permit.effect} of {self.name}")
            self._say(f"{said} works again.")
        if self._announced and self.circuit.is_steady:
            self._announced.clear()
            self._say(f"{self.name} is well again; the leads that waited go on.")

    def _note_answer(self, permit: Permit) -> None:
        self._answered = max(self._answered, permit.began)
        self.circuit.succeed(permit.ticket)

    def fail(self, permit: Permit, error: VendorError) -> EffectResult:
        """What becomes of an effect whose call raised this: put off, or gone on without."""
        match error:
            case NotSent():
                self.withdraw(permit)
                return EffectResult(
                    ok=False, reason=str(error), retry_after=max(_LEAST, error.after), not_sent=True
                )
            case Unauthorised():
                return self._refuse(permit, error)
            case EndpointSpent():
                self.circuit.withdraw(permit.ticket)
                return self._leave_out(permit, error, error.after)
            case Unavailable() if not (
                isinstance(error, AccountLimited) and permit.effect in OPTIONAL
            ):
                return self._break(permit, error, error.after, *self._words(error))
            case _:
                self._note_answer(permit)
                return self._leave_out(permit, error)

    def _words(self, error: Unavailable) -> tuple[str, str]:
        if isinstance(error, AccountLimited):
            return "limited", f"{error}. Leads wait; they go on by themselves once that is changed."
        if isinstance(error, Unreadable):
            said = f"{self.name} answers in a form that it does not document: {error}"
            return "unreadable", f"{said}. Leads wait; they go on by themselves when that ends."
        said = (
            f"{error}" if isinstance(error, NoAnswer) else f"{self.name} does not answer: {error}"
        )
        return "down", f"{said}. Leads wait; they go on by themselves when it does."

    def _break(
        self, permit: Permit, error: VendorError, after: float, kind: str, text: str
    ) -> EffectResult:
        if self.circuit.is_steady:
            self._announced.clear()
        self.circuit.fail(permit.ticket, after)
        self._withdraw_own(permit)
        later = max(_LEAST, self.circuit.put_off())
        log.warning(
            "vendor failed",
            vendor=self.name,
            effect=permit.effect,
            kind=kind,
            why=str(error),
            again_in=later,
        )
        if text and kind not in self._announced:
            self._announced.add(kind)
            self._say(text)
        not_sent = not isinstance(error, Unavailable) or error.not_sent
        return EffectResult(ok=False, reason=str(error), retry_after=later, not_sent=not_sent)

    def _refuse(self, permit: Permit, error: Unauthorised) -> EffectResult:
        """The key is wrong only if it was refused before, a while ago, and nothing was answered
        since. Else it is a wait."""
        since = self._refused.setdefault(permit.effect, self._clock.now())
        others = self._answered > since
        first = since
        if not others:
            first = min(at for at in self._refused.values() if at >= self._answered)
        if permit.began - first < APART:
            return self._break(permit, error, APART, "refused", "")
        if others:
            self._note_answer(permit)
            return self._leave_out(permit, error)
        text = (
            f"{self.name} has refused our key twice: {error}. Leads wait. Correct the key where"
            f" {self.name} gives it; it is tried again every {PAUSE / 60:.0f} minutes. A new key"
            " goes into the settings, and the workers are restarted."
        )
        return self._break(permit, error, PAUSE, "key", text)

    def _leave_out(self, permit: Permit, error: VendorError, after: float = 0.0) -> EffectResult:
        effect, optional = permit.effect, permit.effect in OPTIONAL
        own, first = self._effects[effect], effect not in self._left_out
        pause = max(after, OFF if optional else PAUSE)
        own.fail(permit.own, pause)
        self._left_out[effect] = str(error)
        log.warning(
            "call left out", vendor=self.name, effect=effect, why=str(error), again_in=own.put_off()
        )
        if first and optional:
            self._say(
                f"{OPTIONAL[effect]} is off: {error}. Leads go on without it; it is tried again"
                " every hour."
            )
        elif first:
            again = f"it is tried again every {pause / 60:.0f} minutes"
            self._say(
                f"{self.name} does not take the call {effect}: {error}. Leads that need it wait;"
                f" {again}."
            )
        return self._without(effect, own.put_off())

    def _without(self, effect: str, wait: float) -> EffectResult:
        why = self._left_out[effect]
        if effect in OPTIONAL:
            return EffectResult(ok=False, kind="off", reason=why)
        return EffectResult(ok=False, reason=why, retry_after=max(_LEAST, wait), not_sent=True)

    def _say(self, text: str) -> None:
        log.warning("alert", vendor=self.name, text=text)
        self._alarm(text)


def is_left_out(error: VendorError) -> bool:
    """Whether the account leaves out the call, rather than refuses this row: by its plan, or since
    its credits are used up."""
    return isinstance(error, NotInPlan) or (
        isinstance(error, RecordRejected) and error.kind == "credits"
    )


def unreadable(what: str, error: Exception) -> Unreadable:
    """An error that no connector raises by design, as an unreadable answer: its type, the start of
    its text, and where it was raised.

    A line and no traceback: one is printed for each call of an outage, takes a second of the
    event loop where locals are shown, and these are people's data.
    """
    frames = reversed(traceback.extract_tb(error.__traceback__)[-_FRAMES:])
    place = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return Unreadable(
        f"the answer to {what} can't be read: {type(error).__name__} {str(error)[:100]} at {place}"
    )

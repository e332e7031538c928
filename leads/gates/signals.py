"""Signals: what stops an address or a person is stored, and every signal goes to the stages under
which the person's leads wait or rest."""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, OutputRecord, TableWrite
from leads.effect_results import EffectResult
from leads.gates.signal_forwarding import alias_target, forwarded
from leads.records import Place, Record, Sequences, Signal
from leads.rules import Rules
from leads.table_rows import PersonRow, Suppression
from leads.waits import ERASED, MOST_DELIVERIES, STOPPING

_WHOLE_PERSON = frozenset({"unsubscribe", "do_not_contact", ERASED})


class SignalsState(Record, frozen=True, kw_only=True):
    """Identity's row of the person's key, and what already stops it."""

    person: PersonRow | None = None
    suppression: Suppression | None = None


class Signals:
    """Decides which person a signal belongs to, and whether it suppresses an address or person."""

    name = "signals"
    logic = 1

    def decide(
        self,
        record: Signal,
        seen: SignalsState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """To `routed-signals` under the person's key; an alias's signal first goes to the person's
        partition."""
        del done, rules, now
        puts = self._suppress(record, seen)
        key = record.person_key or record.address_key
        person_key = alias_target(seen.person, key)
        if person_key and record.delivery < MOST_DELIVERIES:
            # a second alias may lie in one partition with the first
            delivery = record.delivery + record.forwarded
            return replace(forwarded(record, person_key, delivery), puts=puts)
        if record.kind == "sequence":
            state = Sequences(state=record.value, read_at=record.at)
            puts = (*puts, TableWrite(table="sequences", key=key, value=state))
        to = OutputRecord(
            topic=topics.ROUTED_SIGNALS.full, key=key, record=replace(record, person_key=key)
        )
        return Decision(kind="relayed", place=Place.NOWHERE, outputs=(to,), puts=puts)

    def _suppress(self, signal: Signal, seen: SignalsState) -> tuple[TableWrite, ...]:
        if signal.kind not in STOPPING:
            return ()
        whole = signal.kind in _WHOLE_PERSON
        if seen.suppression is not None and _is_covered(seen.suppression, signal.kind, whole=whole):
            return ()
        key = signal.address_key
        if whole and signal.forwarded:
            key = signal.person_key or key
        value = Suppression(
            kind=signal.kind, at=signal.at, source=signal.source, whole_person=whole
        )
        return (TableWrite(table="suppressions", key=key, value=value),)


def _is_covered(known: Suppression, kind: str, *, whole: bool) -> bool:
    """Whether a suppression says already what a further one would: an erasure says most."""
    if kind == ERASED:
        return known.kind == ERASED
    return known.whole_person or not whole

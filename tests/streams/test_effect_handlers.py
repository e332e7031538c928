"""What acts do beyond their vendor's call."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest

from connectors.core.crm import Row
from connectors.core.errors import NotSent, RecordRejected
from connectors.memory.crm import MemoryCrm
from leads.effect_results import ListLeft, SequenceLeft
from leads.effects import Effect, LeaveList, LeaveSequence
from leads.gates.enrol import STILL_IN
from leads.keys import Keys
from leads.records import Person
from streams.effects.contact_write import contact_write
from streams.effects.context import EffectAttempt, EffectContext
from streams.effects.handlers import EffectHandlers
from streams.runner.outbox import IdleDetector
from tests.leads.test_gates import lead

NOW = 1000.0


class ReviewItem:
    """A CRM whose workflow takes nobody out before it was asked so often."""

    def __init__(self, asks: int) -> None:
        self.asks = asks

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        assert (contact_id, leave) == ("7", "Out")
        self.asks -= 1
        return self.asks < 0


class Fixed:
    """A clock that stands."""

    def now(self) -> float:
        return NOW


def make(crm: Any, effect: Effect) -> Any:
    """What the effect answers or raises at this CRM."""
    outside = EffectContext(crm, *cast("Any", [None] * 6))
    handlers = EffectHandlers(outside, IdleDetector(), Keys("k"), Fixed(), lambda: 1.0)

    async def attempt() -> Any:
        return await handlers.make(effect, None, EffectAttempt("e", False, 1e12, NOW))

    return asyncio.run(attempt())


def unenrol(asks: int, **args: Any) -> Any:
    """What leaving a sequence of the CRM's own answers or raises."""
    crm = MemoryCrm(Fixed().now)
    crm.unenrol = ReviewItem(asks).unenrol
    return make(crm, LeaveSequence(contact_id="7", leave="Out", **args))


class Refusing(MemoryCrm):
    """A CRM that refuses each row of a call with this error."""

    def __init__(self, error: RecordRejected) -> None:
        super().__init__(Fixed().now)
        self.error = error

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        del name
        return [self.error for _ in contact_ids]


def test_only_a_deleted_contact_is_out_of_a_list_that_it_was_not_taken_off() -> None:
    """A row that was refused for another reason counted as left: the person stayed in the list,
    and a later opt-out did not take it off."""
    effect = LeaveList(contact_id="7", list_name="Nurture")
    gone = Refusing(RecordRejected("contact 7 is deleted", "deleted"))
    assert make(gone, effect) == ListLeft(gone=True)
    with pytest.raises(RecordRejected, match="no right"):
        make(Refusing(RecordRejected("no right to this list")), effect)


def test_a_lead_waits_for_the_workflow_and_then_it_is_a_persons_question() -> None:
    assert unenrol(0, patience=1) == SequenceLeft(out=True)
    with pytest.raises(NotSent) as waiting:
        unenrol(1, patience=1)
    assert waiting.value.after > 0
    with pytest.raises(RecordRejected, match="no workflow") as stuck:
        unenrol(1, patience=0)
    assert stuck.value.kind == STILL_IN


@pytest.mark.parametrize(
    ("country", "name", "code"),
    [
        ("US", "United States", "US"),
        ("KR", "South Korea", "KR"),
        ("Atlantis", "Atlantis", ""),
        ("", "", ""),
    ],
)
def test_a_crm_gets_a_countrys_name_and_its_code(country: str, name: str, code: str) -> None:
    written = contact_write(
        msgspec.structs.replace(lead(), person=Person(email="a@b.com", country=country))
    )
    assert (written.country, written.country_code) == (name, code)


def test_who_only_undoes_an_entry_asks_once() -> None:
    assert unenrol(1) == SequenceLeft(out=False)

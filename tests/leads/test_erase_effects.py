"""Which effects erase a person, and that all of them together leave nothing on doubles."""

import asyncio
from typing import Any

from connectors.core.crm import ContactWrite, TaskWrite, UpsertResult
from connectors.memory.apollo import MemoryApollo
from connectors.memory.crm import MemoryCrm
from connectors.memory.sheets import MemorySheets
from connectors.memory.slack import MemorySlack
from leads.effect_results import Erased, value_of
from leads.effects import EraseContact, LeaveSequence, StopContact
from leads.erase_effects import erase_steps, kept_by_rules
from leads.erasure import Erasure
from leads.erasure_order import PersonOutside, SentAlert
from leads.keys import Keys
from leads.rule_file import parse_rules
from leads.rule_models import Erase, SequenceRule
from leads.rules import Rules
from streams.effects.context import EffectContext
from streams.effects.executor import EffectExecutor
from streams.runner.outbox import IdleDetector
from tests.conftest import DEMO_RULES

RULES: Rules = parse_rules(DEMO_RULES.read_text())
PERSON = PersonOutside(
    person_key="k1",
    contact_ids=("1",),
    apollo_ids=("a1",),
    emails=("p1@acme1.com", "p1@home.org"),
    address_keys=("k1", "k9"),
    lead_ids=("l1",),
    alerts=(SentAlert(to="#sales", alert_id="alert", at=5.0),),
)


def rules_with(crm: str, *sequences: SequenceRule) -> Rules:
    return RULES.model_copy(
        update={"erase": Erase.model_validate({"crm": crm}), "sequences": sequences}
    )


def test_sequences_are_left_while_the_contact_is_there_which_goes_last() -> None:
    own = SequenceRule(name="warm", tool="hubspot", target="77", leave="Out")
    first, _, last = erase_steps(PERSON, rules_with("delete", own))
    assert [*first.values()] == [
        StopContact(contact_id="1", kind="do_not_contact", nurtured=True),
        LeaveSequence(contact_id="1", leave="Out"),
    ]
    assert [*last.values()] == [EraseContact(contact_id="1", person_key="k1", permanent=True)]


def test_the_rules_say_whether_the_contact_is_deleted_for_good_or_stays() -> None:
    *_, last = erase_steps(PERSON, rules_with("bin"))
    assert [*last.values()] == [EraseContact(contact_id="1", person_key="k1", permanent=False)]
    kept = rules_with("keep")
    effects = [effect for step in erase_steps(PERSON, kept) for effect in step.values()]
    assert not any(isinstance(effect, EraseContact) for effect in effects)
    assert any(isinstance(effect, StopContact) for effect in effects)
    [part] = kept_by_rules(PERSON, kept)
    assert (part.outcome, part.ids) == ("kept", ("1",))
    assert kept_by_rules(PERSON, rules_with("delete")) == ()


def test_a_contact_whose_id_nobody_knows_is_looked_for_by_its_key() -> None:
    unknown = PersonOutside(person_key="k1", address_keys=("k1",))
    *_, last = erase_steps(unknown, rules_with("delete"))
    assert [*last.values()] == [EraseContact(contact_id="", person_key="k1", permanent=True)]


class Site:
    """Doubles that hold two people, and effects on them."""

    def __init__(self) -> None:
        self.crm, self.apollo = MemoryCrm(self.now), MemoryApollo(self.now)
        self.slack, self.sheets = MemorySlack(self.now), MemorySheets(self.now)
        crm: Any = self.crm
        outside = EffectContext(
            crm=crm,
            apollo=self.apollo,
            slack=self.slack,
            sheets=self.sheets,
            suppressed=lambda *_: "",
            signals_applied=self._applied,
            nurture_lists=lambda: ["nurture"],
        )
        self.effects = EffectExecutor(
            outside,
            IdleDetector(lambda: False),
            Keys("test"),
            self,
            check=lambda: None,
            alarm=lambda *_: None,
            live=True,
            share=lambda: 1.0,
        )

    def now(self) -> float:
        return 1000.0

    async def _applied(self, partition: int) -> None:
        del partition

    async def fill(self, number: int) -> None:
        """A person of that number, wherever one can be."""
        email = f"p{number}@acme{number}.com"
        [row] = await self.crm.upsert([ContactWrite(key=f"k{number}", emails=(email,))])
        assert isinstance(row, UpsertResult)
        made = TaskWrite(
            effect_id=f"e{number}",
            contact_id=row.contact.id,
            owner_id="r",
            subject="Call",
            due=1.0,
            look_first=False,
            until=1e12,
        )
        await self.crm.add_tasks([made])
        await self.crm.enter_list("nurture", [row.contact.id])
        self.apollo.add_contact(f"a{number}", email, label_ids=["spring"])
        self.apollo.add_status(f"a{number}", "warm")
        alert = "alert" if number == 1 else f"alert {number}"
        await self.slack.post("#sales", "waits", alert, look_first=False, until=1e12)
        self.sheets.rows.append((f"l{number}", f"k{number}"))

    async def erase(self) -> list[Erasure]:
        """Make every step, as an operation does."""
        parts: list[Erasure] = []
        for step in erase_steps(PERSON, rules_with("delete")):
            for name, effect in step.items():
                done = await self.effects.perform(
                    effect,
                    effect_id=name,
                    since=1000.0,
                    started=1000.0,
                    again=False,
                    partition=0,
                    record=None,
                    shadow=False,
                )
                assert done.ok or done.kind == "deleted", (name, done)
                if (value := value_of(done, Erased)) is not None:
                    parts += value.parts
        return parts


def test_nothing_of_the_person_is_left_and_everything_of_the_other() -> None:
    async def test() -> None:
        site = Site()
        await site.fill(1)
        await site.fill(2)
        for _ in range(2):
            parts = await site.erase()
            assert [p.system for p in parts if p.outcome == "failed"] == ["Apollo", "Apollo"]
        assert [contact.key for contact in site.crm.people.values()] == ["k2"]
        assert [task.effect_id for task in site.crm.tasks] == ["e2"]
        assert site.crm.lists == {"nurture": {"2"}}
        assert [m.alert_id for m in site.slack.messages] == ["alert 2"]
        assert site.sheets.rows == [("l2", "k2")]
        assert site.apollo.contacts["a1"]["contact_stage_id"] == "Do Not Contact"
        assert (site.apollo.running("a1"), site.apollo.running("a2")) == ([], ["warm"])

    asyncio.run(test())

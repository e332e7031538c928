"""An unmerged lead at the identity stage with its runner: what it has taken back stays its own."""

import json

import msgspec
from msgspec.structs import replace

from leads import topics
from leads.matching.fingerprint import fingerprint
from leads.matching.kept_apart import keep_apart
from leads.records import CrmRecord, IdentityLink, Lead, Person, encode
from leads.rules import Rules
from streams.stages import identity
from streams.testing.loop import VirtualLoop
from tables.schema import PEOPLE
from tests.leads.test_gates import lead
from tests.streams.kit import Bench, on_kit

MERGED = lead(
    lead_id="m", person_key="pm", address_key="pm", contact_keys=("linkedin:1",), cause="again"
)
BROUGHT = IdentityLink(
    link_id="key",
    address_key="linkedin:1",
    person_key="pt",
    lead_id="t",
    from_lead="m",
    fingerprint=fingerprint(replace(MERGED, person_key="pt")),
)


def test_it_takes_its_keys_back_once_and_keeps_them(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        apart = replace(keep_apart(MERGED, ("t", "pt")), rules=rules.hash)
        bench = Bench(loop, identity.make(), rules)
        await bench.feed(
            topics.CRM_RECORDS.full, encode(CrmRecord(kind="complete", key="")), partition=0
        )
        alias = IdentityLink(link_id="alias", address_key="pm", person_key="pt")
        await bench.feed(topics.LINKS.full, encode(alias), encode(BROUGHT))
        assert owners(bench) == {"pm": ("pt", ""), "linkedin:1": ("pt", "t")}
        records = await bench.feed(topics.VALIDATED.full, encode(apart))
        [at_key] = sent(bench, topics.VALIDATED)[1:]
        await bench.feed(topics.VALIDATED.full, encode(at_key))
        mine = {"pm": ("pm", "m"), "linkedin:1": ("pm", "m")}
        assert owners(bench) == mine
        assert [one.lead_id for one in sent(bench, topics.UNIQUE)] == ["m"]
        late = replace(alias, link_id="a further record's")
        await bench.feed(topics.LINKS.full, encode(late))
        await bench.process_again(records)
        assert owners(bench) == mine, "neither a late link nor a replay takes them away"
        assert len(sent(bench, topics.UNIQUE)) == 1

    on_kit(body)


def owners(bench: Bench) -> dict[str, tuple[str, str]]:
    """Whose the lead's keys are: the person and the lead."""
    found = {}
    for record in bench.log.all(topics.CHANGELOG):
        table, _, key = (record.key or b"").decode().partition("\0")
        if table == PEOPLE.name and key:
            row = json.loads(record.value or b"{}")
            found[key] = (row["person_key"], row.get("lead_id", ""))
    return found


def sent(bench: Bench, topic: topics.Topic) -> list[Lead]:
    """The leads of a topic, each once: the log's own copies are the test's."""
    leads = [
        bench.state.sealing.open(msgspec.json.decode(record.value or b"", type=Lead))
        for record in bench.log.all(topic.full)
    ]
    assert all(one.person != Person() for one in leads)
    return list({(one.claim_key, one.step): one for one in leads}.values())

"""What doctor says about rules that name what the vendors do not have."""

import asyncio

from app.rules.store import load_rules
from app.setup.doctor import unknown_lists, unknown_members
from connectors.core.crm import Owner
from connectors.memory.crm import MemoryCrm
from tests.app.command_line import DEMO_RULES

RULES = load_rules(DEMO_RULES)


class Staffed(MemoryCrm):
    """A CRM whose only user is Ana."""

    async def owners(self) -> list[Owner]:
        return [Owner(id="1", email="ana.us@acme.test", active=True)]


def test_members_of_teams_that_are_no_users_are_named() -> None:
    notes = asyncio.run(unknown_members(Staffed(lambda: 1.0), RULES))
    assert [note.split(" is no user")[0] for note in notes] == [
        "rules: teams.us: ben.us@acme.test",
        "rules: teams.eu: cleo.uk@acme.test",
        "rules: teams.eu: dario.eu@acme.test",
    ]


def test_a_list_that_apollo_does_not_have_is_named_with_the_near_one() -> None:
    assert unknown_lists(RULES, ["Demo requests"]) == []
    assert unknown_lists(RULES, ["Demo request"]) == [
        "rules: high_intent: Apollo has no list 'Demo requests'; did you mean 'Demo request'?"
    ]
    [note] = unknown_lists(RULES, [])
    assert note.endswith("no list 'Demo requests'")

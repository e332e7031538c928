"""Who leads are, as their stories say, with few events opened."""

import asyncio
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.base.settings import Settings
from app.console import figures
from app.console.access.scopes import Scope
from app.console.pages.lead_pages import latest_person
from app.console.pages.people import people_of
from app.console.schema import LEADS
from app.console.serving.state import ConsoleState, make_state
from app.console.store import ReadModel
from app.privacy.key_store import KeyStore
from leads.records import AuditPerson
from leads.sealing import Sealing
from tests.app.fixed_clock import Fixed
from tests.read_model import fill, records_of
from tests.simulation.plan import make_plan
from tests.simulation.simulate import be_quiet, simulate

SEEDS = (3, 4, 36)  # with leads that were erased, and such that were corrected


class Counting(Sealing):
    """Counts what is opened."""

    opened = 0

    async def open_all(self, records: Iterable[Any]) -> list[Any]:
        """See Sealing."""
        found = await super().open_all(records)
        self.opened += len(found)
        return found


@pytest.mark.parametrize("seed", SEEDS)
def test_each_is_who_the_story_names_last(tmp_path: Path, seed: int) -> None:
    be_quiet()
    site = simulate(make_plan(seed)).site
    state, leads = stored(tmp_path, records_of(site), site.sealing)
    told = {lead: asyncio.run(named_in_story(state, lead)) for lead in leads}
    sealing = state.sealing
    assert isinstance(sealing, Counting)
    sealing.opened = 0
    found = asyncio.run(people_of(state, [Scope.PEOPLE], leads))
    assert found == {lead: person for lead, person in told.items() if person is not None}
    assert found
    erased = len(told) - len(found)
    assert erased or seed != 4
    if not erased:
        assert sealing.opened == len(found), "one event of each"
    assert asyncio.run(people_of(state, [Scope.READ], leads)) == {}


def stored(
    directory: Path, records: list[Any], sealing: Sealing
) -> tuple[ConsoleState, list[str]]:
    """A console's state over a site's records, and the site's leads."""
    address = f"sqlite:///{directory / 'keys.db'}"
    KeyStore(address).create()
    model = ReadModel(address)
    model.migrate()
    fill(model, records, random.Random(1))
    settings = Settings.model_construct(database_url=SecretStr(address))
    with model.reading() as connection:
        leads = list(connection.scalars(select(LEADS.c.lead)))
    return make_state(settings, Counting(sealing._keys), Fixed()), leads


async def named_in_story(state: ConsoleState, lead: str) -> AuditPerson | None:
    """The person of the last event that names one, all of them opened."""
    events = await state.ask(figures.story, lead)
    return latest_person(await state.opened([Scope.PEOPLE], events))

"""The page of the rules, on a real broker that holds two versions."""

import asyncio
import random
from html import unescape

import httpx
import pytest

from app.base.settings import Settings
from app.console.access.roles import Role
from app.console.access.sessions import SessionStore
from app.console.access.users import UserStore
from app.console.database import open_database
from app.console.pages.signed_in import COOKIE
from app.console.serving.server import make_console
from app.console.store import open_read_model
from app.privacy.lead_keys import open_sealing
from app.rules.store import publish_rules, rules_in_force
from tests.app.fixed_clock import NOW, Fixed
from tests.app.test_api import Client
from tests.app.test_decisions import site
from tests.read_model import fill

__all__ = ["site"]
pytestmark = pytest.mark.kafka


def open_page(settings: Settings, path: str) -> httpx.Response:
    """A page, for a viewer."""
    database = open_database(settings)
    database.migrate()
    fill(open_read_model(settings), [], random.Random(1))
    users, sessions = UserStore(database), SessionStore(database)
    email = f"viewer{random.random()}@acme.test"
    users.add(email, Role.VIEWER, NOW)
    cookies = {COOKIE: sessions.begin(email, NOW)}
    client = Client(make_console(settings, open_sealing(settings), Fixed()))
    return client.get(path, cookies=cookies)


def test_the_rules_in_force_and_what_an_earlier_version_had_otherwise(site: Settings) -> None:
    before = asyncio.run(rules_in_force(site))
    text = unescape(open_page(site, "/rules").text)
    for route in before.routes:
        assert route.name in text
        assert route.owner in text
    assert "In force" in text
    first, *rest = before.routes
    hostile = first.model_copy(update={"name": "<script>x</script>"})
    after = before.model_copy(
        update={"version": before.version + 1, "threshold": 55, "routes": (hostile, *rest)}
    )
    asyncio.run(publish_rules(site, after))
    page = open_page(site, f"/rules?version={before.hash}").text
    assert "Not in force" in page
    assert "<td>70</td><td>55</td>" in page
    assert "<script>x" not in open_page(site, "/rules").text
    assert open_page(site, "/rules?version=nonsense").status_code == 404
    asyncio.run(publish_rules(site, before))

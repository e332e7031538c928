"""What taking an import back would do, on its page: the same as the command says, for reviewers,
and said where it can't be known."""

import asyncio
import random
import shlex
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import httpx
import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from app.base.settings import Settings
from app.console import undo_preview
from app.console.access.roles import Role
from app.console.access.sessions import SessionStore
from app.console.access.users import UserStore
from app.console.database import open_database
from app.console.pages.signed_in import COOKIE
from app.console.serving.server import make_console
from app.console.store import open_read_model
from app.ingest.import_registry import record_start
from app.kafka.clients import producing
from app.local.broker import free_port
from app.operations.undo import undo_import
from app.privacy.lead_keys import open_sealing
from leads import topics
from leads.records import Audit, AuditPerson, Change, encode
from sandbox.hubspot.hub import TOKEN
from streams.testing.log import LogRecord
from tests.app.fixed_clock import NOW, Fixed
from tests.app.test_api import Client
from tests.app.test_audit_reader import event, write
from tests.app.test_decisions import site
from tests.read_model import fill
from tests.served_sandbox import served_sandbox

__all__ = ["site"]
pytestmark = pytest.mark.kafka
FILE = "may's & june.csv:0a1b2c3d"
PATH = f"/imports/{quote(FILE)}"


class Console:
    """A console that has read of one import, and a person who is signed in."""

    def __init__(self, settings: Settings, role: Role = Role.REVIEWER) -> None:
        self.settings = settings
        database = open_database(settings)
        database.migrate()
        fill(open_read_model(settings), _records(), random.Random(1))
        sessions = SessionStore(database)
        UserStore(database).add("olga@acme.test", role, NOW)
        self._text = sessions.begin("olga@acme.test", NOW)
        found = sessions.find(self._text, NOW)
        assert found is not None
        self._csrf = found.csrf
        self._client = Client(make_console(settings, open_sealing(settings), Fixed()))

    def look(self, path: str = PATH) -> str:
        """The import's page."""
        return unescape(self._client.get(path, cookies={COOKIE: self._text}).text)

    def ask(self, path: str = PATH, csrf: str = "") -> httpx.Response:
        """Send the form."""
        form = {"csrf": csrf or self._csrf}
        return self._client.request("POST", path, data=form, cookies={COOKIE: self._text})


def written() -> Audit:
    """A lead of the import was written to a contact that is gone from the CRM."""
    change = Change(contact_id="4711", wrote={"jobtitle": "VP"}, before={"jobtitle": None})
    one = event(
        "undo-preview",
        1,
        "written",
        "engaged",
        outcome={"imported": FILE, "contact": "4711", "existed": True},
        inputs={"record": {"lead_id": "undo-preview", "source": "csv", "imported": FILE}},
    )
    return replace(one, person=AuditPerson(changes=(change,)))


def _records() -> list[LogRecord]:
    """What the console has read: the import that the log has, and one that it lacks."""
    one = written()
    return [
        LogRecord(topics.CURSORS.full, 0, 1, b"import:unknown.csv:1", b'{"at":5.0}', 1000),
        LogRecord(topics.CURSORS.full, 0, 0, f"import:{FILE}".encode(), b'{"at":5.0}', 1000),
        LogRecord(topics.AUDIT.full, 0, 0, one.id.encode(), encode(one), 1000),
    ]


@pytest.fixture
def with_crm(site: Settings) -> Iterator[Settings]:
    """A site with the import in its log, and with a CRM."""

    async def prepare() -> None:
        await write(site, [(written(), time.time())])
        async with producing(site) as producer:
            await record_start(site, producer, FILE, time.time())

    asyncio.run(prepare())
    with served_sandbox() as address:
        crm = {"hubspot_url": f"{address}/hubspot", "hubspot_token": SecretStr(TOKEN)}
        yield site.model_copy(update=crm)


def test_the_page_says_what_the_command_says(with_crm: Settings) -> None:
    said = asyncio.run(undo_import(with_crm, FILE, "olga", Fixed(), dry_run=True)).text()
    assert said.splitlines() == [
        "1 leads end; 0 properties of 0 contacts are set back",
        "  deleted meanwhile: 4711",
    ]
    console = Console(with_crm)
    assert "1 leads end" not in console.look(), "it is asked for"
    answer = console.ask()
    assert answer.status_code == 200, answer.text
    text = unescape(answer.text)
    for line in said.splitlines():
        assert f"<li>{line}</li>" in text
    command = ("leadgate", "undo", "--import", FILE, "--actor", "olga@acme.test")
    assert shlex.join(command) in text
    again = asyncio.run(undo_import(with_crm, FILE, "olga", Fixed(), dry_run=True)).text()
    assert again == said, "nothing was done"


def test_viewers_may_not_ask(site: Settings) -> None:
    console = Console(site, Role.VIEWER)
    assert "A reviewer can see here" in console.look()
    assert console.ask().status_code == 403


def test_another_sites_form_may_not_ask(site: Settings) -> None:
    assert Console(site).ask(csrf="x").status_code == 403


def test_what_has_no_end_is_not_taken_back_as_a_whole(site: Settings) -> None:
    console = Console(site)
    record = {"lead_id": "polled", "source": "apollo", "imported": "poll"}
    polled = encode(event("polled", 1, "validated", inputs={"record": record}))
    more = [LogRecord(topics.AUDIT.full, 0, 1, b"p", polled, 1000)]
    fill(open_read_model(site), more, random.Random(1))
    assert "Take this import back" not in console.look("/imports/poll")
    assert console.ask("/imports/poll").status_code == 422


def test_without_the_crms_settings_the_page_says_so(site: Settings) -> None:
    answer = Console(site).ask()
    assert answer.status_code == 503
    assert "no access to the CRM" in answer.text
    assert "HUBSPOT" not in answer.text
    assert "--dry-run" in answer.text


def test_without_a_broker_the_page_says_so(database: SecretStr) -> None:
    settings = Settings.model_validate(
        {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "site_secret": "s3cret",
            "database_url": database,
        }
    )
    answer = Console(settings).ask()
    assert answer.status_code == 503
    assert "The broker does not answer" in answer.text


def test_without_an_answer_in_time_the_page_says_so(
    with_crm: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_preview, "PREVIEW_SECONDS", 0)
    answer = Console(with_crm).ask()
    assert answer.status_code == 503
    assert "longer than the 0 seconds" in answer.text


def test_without_the_crm_the_page_says_so(with_crm: Settings) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    answer = Console(with_crm.model_copy(update={"hubspot_url": away})).ask()
    assert answer.status_code == 503
    assert "The CRM did not say what its contacts hold now" in answer.text
    assert away not in answer.text


def test_an_import_that_the_log_does_not_know_is_said(with_crm: Settings) -> None:
    answer = Console(with_crm).ask("/imports/unknown.csv:1")
    assert answer.status_code == 503
    assert "No lead came with import unknown.csv:1" in answer.text

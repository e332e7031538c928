"""Decisions by the review page on a real broker: in the log under the person's name, refused with
what was typed, and once however often the form is sent."""

import asyncio
import random
import re
from html import unescape

import httpx
import pytest
from pydantic import SecretStr

from app.base.settings import Settings
from app.console.access.roles import Role
from app.console.access.sessions import SessionStore
from app.console.access.users import UserStore
from app.console.database import open_database
from app.console.pages.signed_in import COOKIE
from app.console.serving.server import make_console
from app.console.store import open_read_model
from app.local.broker import free_port
from app.privacy.lead_keys import open_sealing
from leads import topics
from leads.records import Audit, Company, ReviewItem, encode
from streams.testing.log import LogRecord
from tests.app.fixed_clock import NOW, Fixed
from tests.app.test_api import Client
from tests.app.test_decisions import review_decisions, show, site
from tests.leads.test_review_actions import held
from tests.read_model import fill

__all__ = ["site"]
pytestmark = pytest.mark.kafka


class Reviewer:
    """A person who is signed in, on a site where one lead waits."""

    def __init__(self, settings: Settings, email: str, item: ReviewItem) -> None:
        self.settings, self.item = settings, item
        database = open_database(settings)
        database.migrate()
        fill(open_read_model(settings), _records(item), random.Random(1))
        users, sessions = UserStore(database), SessionStore(database)
        users.add(email, Role.REVIEWER, NOW)
        self._cookies = {COOKIE: sessions.begin(email, NOW)}
        self._client = Client(make_console(settings, open_sealing(settings), Fixed()))

    def look(self) -> dict[str, str]:
        """The hidden fields of the lead's form."""
        answer = self._client.get(f"/review/{self.item.lead_id}", cookies=self._cookies)
        form = answer.text[answer.text.index('id="decide"') :]
        found = re.findall(r'type="hidden" name="([\w.]+)" value="([^"]*)"', form)
        return {name: unescape(value) for name, value in found}

    def decide_about_several(self, **form: str | list[str]) -> httpx.Response:
        """Send the form of several leads."""
        csrf = self.look()["csrf"]
        return self._client.request(
            "POST", "/decide", data={"csrf": csrf, **form}, cookies=self._cookies
        )

    def decide(self, **form: str) -> httpx.Response:
        """Send a form."""
        path = f"/review/{self.item.lead_id}"
        return self._client.request("POST", path, data=form, cookies=self._cookies)


def _records(item: ReviewItem) -> list[LogRecord]:
    """What the console has read of the lead."""
    event = Audit(
        id=f"e-{item.lead_id}",
        lead=item.lead_id,
        stage=item.stage,
        kind=item.reason_kind,
        step=item.step,
        place=item.kind,
        at=NOW,
        actor="",
        cause="",
        rules="",
        inputs=None,
    )
    return [
        LogRecord(topics.AUDIT.full, 0, 0, event.id.encode(), encode(event), 1000),
        LogRecord(topics.REVIEW_QUEUE.full, 0, 0, item.lead_id.encode(), encode(item), 1000),
    ]


def waits(site: Settings, lead: str) -> ReviewItem:
    """A lead that waits, in the log."""
    item = held(lead_id=lead, asked="invalid", company=Company(name="Acme"))
    asyncio.run(show(site, item))
    return item


def test_an_answer_is_in_the_log_once_and_names_the_person(site: Settings) -> None:
    olga = Reviewer(site, "olga@acme.test", waits(site, "w1"))
    form = {**olga.look(), "choice": "set", "why": "a typo", "company.name": "x"}
    form |= {"set.title": "VP Sales", "set.company.name": "Acme Inc.", "set.city": ""}
    for _ in range(2):
        answer = olga.decide(**form)
        assert answer.status_code == 303, answer.text
        assert "decided=w1&action=set&workers=0" in answer.headers["location"]
    sent = asyncio.run(open_sealing(site).open_all(asyncio.run(review_decisions(site, "w1"))))
    assert {one.decision_id for one in sent} == {sent[0].decision_id}
    assert (sent[0].actor, sent[0].reason, sent[0].action) == ("olga@acme.test", "a typo", "set")
    assert sent[0].fields == {"title": "VP Sales", "company.name": "Acme Inc."}


def test_a_colleague_who_was_faster_is_named_and_what_was_typed_is_kept(site: Settings) -> None:
    item = waits(site, "w2")
    olga = Reviewer(site, "olga@acme.test", item)
    assert olga.decide(**olga.look(), choice="redrive", why="so").status_code == 303
    ben = Reviewer(site, "ben@acme.test", item)
    answer = ben.decide(**ben.look(), choice="suppress", why="asked for it by phone")
    text = unescape(answer.text)
    assert answer.status_code == 409
    assert "olga@acme.test has decided redrive already" in text
    assert 'value="asked for it by phone"' in text
    assert 'value="suppress" data-key="n" required checked' in text
    assert len(asyncio.run(review_decisions(site, "w2"))) == 1


def test_a_lead_that_has_moved_on_is_refused(site: Settings) -> None:
    olga = Reviewer(site, "olga@acme.test", waits(site, "w3"))
    form = {**olga.look(), "step": "2", "choice": "redrive", "why": "so"}
    answer = olga.decide(**form)
    assert answer.status_code == 409
    assert "has moved on from step 2" in unescape(answer.text)
    assert asyncio.run(review_decisions(site, "w3")) == []


def test_several_leads_are_decided_about_once_and_after_a_preview(site: Settings) -> None:
    first, second = waits(site, "w5"), waits(site, "w6")
    pair = held(lead_id="w7", asked="subsidiary")
    asyncio.run(show(site, pair))
    olga = Reviewer(site, "olga@acme.test", first)
    boxes = [f"{item.lead_id}:{item.step}" for item in (first, second, pair)]
    form: dict[str, str | list[str]] = {"choice": "approve", "why": "checked by phone"}
    form["chosen"] = [*boxes, "w8:1"]
    preview = olga.decide_about_several(**form)
    text = unescape(preview.text)
    assert preview.status_code == 200
    assert "whether companies belong together is decided for one lead at a time" in text
    assert "the companies are unrelated" not in text, "that is the effect on a lead that is refused"
    assert "lead w8 does not wait for a person" in text
    assert "Decide about 2 leads" in text
    for item in (first, second, pair):
        assert asyncio.run(review_decisions(site, item.lead_id)) == [], "nothing is sent yet"
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text)
    confirm: dict[str, str | list[str]] = dict(hidden)
    confirm["chosen"] = re.findall(r'name="chosen" value="([^"]*)"', text)
    assert confirm["chosen"] == boxes[:2]
    for _ in range(2):
        answer = olga.decide_about_several(**confirm)
        assert answer.status_code == 303, answer.text
        assert "several=2&action=approve" in answer.headers["location"]
    for item in (first, second):
        sent = asyncio.run(review_decisions(site, item.lead_id))
        assert len({one.decision_id for one in sent}) == 1
        assert (sent[0].actor, sent[0].reason) == ("olga@acme.test", "checked by phone")
    alone = olga.decide_about_several(chosen=boxes[:1], choice="merge", why="so").text
    assert f'name="chosen" value="{boxes[0]}"' in alone, "all are refused: they stay chosen"
    late = olga.decide_about_several(**{**confirm, "key": "another"})
    assert late.status_code == 200
    assert "has decided approve already" in unescape(late.text)


def test_without_a_broker_the_page_says_so_and_keeps_what_was_typed(
    database: SecretStr,
) -> None:
    settings = Settings.model_validate(
        {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "site_secret": "s3cret",
            "database_url": database,
        }
    )
    olga = Reviewer(settings, "olga@acme.test", held(lead_id="w4", asked="invalid"))
    answer = olga.decide(**olga.look(), choice="redrive", why="by mail")
    assert answer.status_code == 503
    assert "it counts once" in answer.text
    assert 'value="by mail"' in answer.text

"""The API over the read model: who may ask what, pages, what was asked wrongly, and databases that
are away."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import insert

from app.base.errors import UsageError
from app.base.settings import Settings
from app.console import figures
from app.console.access.scopes import Scope
from app.console.access.tokens import TokenStore
from app.console.api.parameters import Places, Waits
from app.console.clock_rows import ClockFilter, clocks_page
from app.console.schema import IMPORTS
from app.console.serving.server import MOST_BYTES, make_console
from app.console.store import ReadModel
from leads.records import WAITING_PLACES, Place
from tests.app.conftest import KINDS, new_database
from tests.app.fixed_clock import NOW, Fixed
from tests.read_model import fill, records_of
from tests.simulation.plan import make_plan
from tests.simulation.simulate import be_quiet, simulate
from tests.simulation.site import Site

#: It has leads in five places, one of them erased, and one that waits for a person.
SEED = 4


@lru_cache(maxsize=1)
def simulated() -> Site:
    """A site whose leads have passed the gates."""
    be_quiet()
    return simulate(make_plan(SEED)).site


class Client:
    """Asks an app in this process, each time on a connection of its own."""

    def __init__(self, app: FastAPI, token: str = "") -> None:
        self.app = app
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask."""
        return self.request("GET", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call."""

        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://console", headers=self._headers
            ) as client:
                return await client.request(method, path, **options)

        return asyncio.run(call())


class Api:
    """The API over a site's read model, and a caller with each set of scopes."""

    def __init__(self, address: str) -> None:
        self.model = ReadModel(address)
        self.model.migrate()
        self.fill()
        self.tokens, self._numbers = TokenStore(self.model), count()
        settings = Settings.model_construct(database_url=SecretStr(address))
        self.app = make_console(settings, simulated().sealing, Fixed())

    def fill(self) -> None:
        """Read all that the site has written."""
        fill(self.model, records_of(simulated()), random.Random(1))

    def caller(self, *scopes: Scope, name: str = "") -> Client:
        """A client with a token of these scopes."""
        text = self.tokens.add(name or f"caller {next(self._numbers)}", scopes, NOW)
        return Client(self.app, text)


@pytest.fixture(scope="module", params=KINDS)
def api(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """The API on each kind of database, for all tests here."""
    made = Api(new_database(request, tmp_path_factory.mktemp("api")))
    yield made
    made.model.engine.dispose()


def ok(client: Client, path: str, **query: Any) -> Any:
    """The answer to a question that is answered."""
    response = client.get(f"/api/v1/{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def problem(response: Any, status: int) -> str:
    """The detail of a refusal, after the checks that hold for each."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    return str(body["detail"])


def test_now_is_what_the_read_model_counts(api: Api) -> None:
    found = ok(api.caller(Scope.READ), "now", until=NOW)
    with api.model.reading() as connection:
        places = figures.count_places(connection)
        waiting = figures.count_waiting(connection)
        wanted = ClockFilter("opened", until=NOW), ClockFilter("breached")
        clocks = [row for one in wanted for row in clocks_page(connection, one, 200)]
    assert found["places"] == places
    assert found["captured"] == sum(places.values()) > 0
    assert [(one["reason"], one["leads"]) for one in found["waiting"]] == [("variant", 1)]
    assert len(waiting) == 1
    assert len(found["clocks"]) == len(clocks)
    assert (found["behind"], found["read_at"]) == (0, "1970-01-01T00:00:01Z")


def test_every_place_is_offered() -> None:
    assert set(get_args(Places)) == {str(place) for place in Place if place}
    assert set(get_args(Waits)) == {str(place) for place in WAITING_PLACES}


def test_the_pages_of_each_place_hold_all_its_leads_once(api: Api) -> None:
    client = api.caller(Scope.READ)
    for place, leads in ok(client, "now")["places"].items():
        found, cursor = [], ""
        for _ in range(leads + 1):
            page = ok(client, "leads", place=place, limit=1, cursor=cursor)
            found += [one["lead"] for one in page["items"]]
            if (cursor := page["next"]) is None:
                break
        assert len(set(found)) == len(found) == leads, place


def test_leads_are_found_by_owner_and_source(api: Api) -> None:
    client = api.caller(Scope.READ)
    every = ok(client, "leads", place="nurtured")["items"]
    owner, source = every[0]["owner"], every[0]["source"]
    mine = ok(client, "leads", place="nurtured", owner=owner, source=source)["items"]
    assert mine == [one for one in every if (one["owner"], one["source"]) == (owner, source)]
    assert ok(client, "leads", place="nurtured", owner="unknown@acme.test")["items"] == []


def test_leads_are_found_by_import_in_one_place_or_in_all(api: Api) -> None:
    client = api.caller(Scope.READ)
    [brought] = ok(client, "imports")["items"]
    every = ok(client, "leads", **{"import": brought["id"]})["items"]
    assert Counter(one["place"] for one in every) == brought["places"]
    for fault in brought["faults"]:
        named = {"import": brought["id"], "place": fault["place"], "reason": fault["reason"]}
        assert len(ok(client, "leads", **named)["items"]) == fault["leads"]
    assert ok(client, "leads", **{"import": "unknown"})["items"] == []
    assert ok(client, "leads", place="review", reason="unknown")["items"] == []


def test_the_pages_of_imports_hold_each_once_files_the_newest_first(api: Api) -> None:
    client = api.caller(Scope.READ)
    starts = {"a.csv:1": 5.0, "b.csv:2": 9.0, "c.csv:3": 9.0, "d.csv:4": 7.0}
    with api.model.writing() as connection:
        rows = [{"import_id": name, "began_at": at, "log_offset": 1} for name, at in starts.items()]
        connection.execute(insert(IMPORTS), rows)
    found, cursor = [], ""
    for _ in range(len(starts) + 2):
        page = ok(client, "imports", limit=1, cursor=cursor)
        found += [one["id"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    api.model.clear()
    api.fill()
    assert found == ["poll", "c.csv:3", "b.csv:2", "d.csv:4", "a.csv:1"]


def test_a_persons_name_is_for_those_who_may_see_it(api: Api) -> None:
    blind, seeing = api.caller(Scope.READ), api.caller(Scope.READ, Scope.PEOPLE)
    [hidden] = ok(blind, "waiting")["items"]
    [shown] = ok(seeing, "waiting")["items"]
    assert hidden["person"] is None
    assert "@" in shown["person"]["email"]
    assert hidden == shown | {"person": None}
    path = f"leads/{shown['lead']}"
    assert ok(blind, path)["person"] is None
    assert ok(seeing, path)["person"]["email"] == shown["person"]["email"]
    assert shown["person"]["email"] not in blind.get(f"/api/v1/{path}").text


def test_a_story_is_all_events_in_order(api: Api) -> None:
    client = api.caller(Scope.READ, Scope.PEOPLE)
    [waits] = ok(client, "waiting")["items"]
    story = ok(client, f"leads/{waits['lead']}")
    with api.model.reading() as connection:
        events = figures.story(connection, waits["lead"])
    assert [one["id"] for one in story["events"]] == [one.id for one in events]
    assert story["lead"]["place"] == "review"
    assert "review" in {one["place"] for one in story["events"]}
    assert all(one["sentence"].endswith(".") for one in story["events"])


def test_an_erased_lead_names_nobody(api: Api) -> None:
    client = api.caller(Scope.READ, Scope.PEOPLE)
    for one in ok(client, "leads", place="erased")["items"]:
        assert ok(client, f"leads/{one['lead']}")["person"] is None


def test_days_and_imports(api: Api) -> None:
    client = api.caller(Scope.READ)
    days = {"first": "2020-01-01", "last": "2030-12-31"}
    counted = ok(client, "days", kind=["captured", "engaged"], **days)
    captured = [one["leads"] for one in counted if one["kind"] == "captured"]
    assert sum(captured) == ok(client, "now")["captured"]
    [brought] = ok(client, "imports")["items"]
    assert brought["leads"] == sum(brought["places"].values()) == ok(client, "now")["captured"]
    assert brought["faults"] == [{"place": "review", "reason": "variant", "leads": 1}]
    late = ok(client, "days", kind=["captured"], first="2030-01-01", last="2030-01-02")
    assert late == []


def test_who_has_no_token_or_a_revoked_one_learns_nothing(api: Api) -> None:
    anonymous = Client(api.app)
    for path in ("now", "waiting", "leads?place=held", "leads/x", "imports", "clocks", "days"):
        response = anonymous.get(f"/api/v1/{path}")
        assert "send a token" in problem(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"
    wrong = anonymous.get("/api/v1/now", headers={"authorization": "Bearer lgt_x"})
    assert "not known" in problem(wrong, 401)
    client = api.caller(Scope.READ, name="revoked soon")
    ok(client, "now")
    api.tokens.revoke("revoked soon")
    assert "revoked" in problem(client.get("/api/v1/now"), 401)


@pytest.mark.parametrize("scope", Scope)
def test_no_scope_contains_another(api: Api, scope: Scope) -> None:
    client = api.caller(scope)
    reads = client.get("/api/v1/now").status_code
    decides = client.request("POST", "/api/v1/leads/x/decisions", json={}).status_code
    assert reads == (200 if scope is Scope.READ else 403)
    assert decides == (422 if scope is Scope.DECIDE else 403)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("leads", 422, "query.place: Field required, unless `import` is given"),
        ("leads?import=%00", 422, "query.import"),
        ("imports?cursor=x", 400, "cursor: take `next`"),
        ("clocks?cursor=x", 400, "cursor: take `next`"),
        ("clocks?state=late", 422, "query.state"),
        ("clocks?team=%00", 422, "query.team"),
        ("leads?place=nowhere", 422, "query.place: Input should be"),
        ("leads?place=held&limit=0", 422, "query.limit"),
        ("leads?place=held&limit=1000", 422, "query.limit"),
        ("leads?place=held&cursor=x", 400, "cursor: take `next`"),
        ("leads?place=held&cursor=WzEsMl0", 400, "cursor: take `next`"),
        ("leads?place=held&cursor=é", 400, "cursor: take `next`"),
        ("waiting?place=engaged", 422, "query.place"),
        ("leads?place=held&cursor=WzEuMCwiXHUwMDAwIl0", 400, "cursor: take `next`"),
        ("leads?place=held&owner=%00", 422, "query.owner"),
        ("leads?place=held&source=%00", 422, "query.source"),
        ("waiting?reason=%00", 422, "query.reason"),
        ("days?kind=%00&first=2030-01-01&last=2030-01-01", 422, "query.kind.0"),
        ("leads/%00", 422, "path.lead"),
        ("leads/unknown", 404, "no lead unknown"),
        ("days?kind=captured&first=x&last=2030-01-01", 422, "query.first"),
        ("nothing", 404, "/api/v1/openapi.json"),
    ],
)
def test_what_is_asked_wrongly_is_named(api: Api, path: str, status: int, said: str) -> None:
    assert said in problem(api.caller(Scope.READ).get(f"/api/v1/{path}"), status)


def test_a_method_that_is_not_served_and_a_body_that_is_too_large(api: Api) -> None:
    client = api.caller(Scope.DECIDE)
    assert "DELETE /api/v1/now" in problem(client.request("DELETE", "/api/v1/now"), 405)
    large = client.request("POST", "/api/v1/leads/x/decisions", content=b"x" * (MOST_BYTES + 1))
    assert large.status_code == 413


def test_an_answer_that_is_known_is_not_sent_again(api: Api) -> None:
    client = api.caller(Scope.READ)
    first = client.get("/api/v1/now")
    again = client.get("/api/v1/now", headers={"if-none-match": f'"x", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/api/v1/imports", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_token_is_nowhere_in_the_database(api: Api) -> None:
    text = api.tokens.add("secret", [Scope.READ], NOW)
    assert {one.name: one.scopes for one in api.tokens.all()}["secret"] == {Scope.READ}
    with api.model.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM console_tokens").all()
    assert text not in str(rows)
    assert text.removeprefix("lgt_") not in str(rows)


def test_a_token_needs_a_free_name_and_a_scope(api: Api) -> None:
    api.tokens.add("ops", [Scope.READ], NOW)
    for name in ("ops", "", "a\nb", "x" * 81):
        with pytest.raises(UsageError):
            api.tokens.add(name, [Scope.READ], NOW)
    with pytest.raises(UsageError, match="--scope"):
        api.tokens.add("other", [], NOW)
    with pytest.raises(UsageError, match="leadgate token list"):
        api.tokens.revoke("unknown")


def test_tokens_outlive_a_read_model_that_is_made_again(api: Api) -> None:
    client = api.caller(Scope.READ)
    api.model.clear()
    assert ok(client, "now")["captured"] == 0
    api.fill()
    assert ok(client, "now")["captured"] > 0


def test_a_database_that_is_away_is_503_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "away.db"
    settings = Settings.model_construct(database_url=SecretStr(f"sqlite:///{path}"))
    client = Client(make_console(settings, simulated().sealing, Fixed()), "lgt_x")
    response = client.get("/api/v1/now")
    assert "away.db" not in problem(response, 503)
    assert response.headers["retry-after"] == "5"
    assert client.get("/readyz").status_code == 503
    assert "leadgate_console_behind_records NaN" in client.get("/metrics").text


def test_metrics_and_readiness(api: Api) -> None:
    client = api.caller(Scope.READ)
    assert client.get("/readyz").text == "ok\n"
    ok(client, "leads/" + ok(client, "leads", place="engaged")["items"][0]["lead"])
    said = client.get("/metrics").text
    assert 'requests_total{code="200",path="/api/v1/leads/{lead}"}' in said
    assert "leadgate_console_behind_records 0.0" in said
    assert "leadgate_console_read_timestamp_seconds 1.0" in said
    now = ok(client, "now")
    for place, leads in now["places"].items():
        assert f'leadgate_leads{{place="{place}"}} {leads:.1f}' in said
    for one in now["waiting"]:
        labels = f'place="{one["place"]}",reason="{one["reason"]}"'
        assert f'leadgate_waiting_leads{{{labels}}} {one["leads"]:.1f}' in said
    assert 'leadgate_waiting_oldest_timestamp_seconds{place="review"} NaN' not in said
    assert 'leadgate_waiting_oldest_timestamp_seconds{place="engaged"} NaN' in said
    assert 'leadgate_sla_clocks{state="at_risk"}' in said


def test_times_are_iso_8601(api: Api) -> None:
    [waits] = ok(api.caller(Scope.READ), "waiting")["items"]
    since = datetime.fromisoformat(waits["since"])
    assert since.tzinfo is not None
    assert since < datetime.fromtimestamp(NOW, UTC) + timedelta(1)

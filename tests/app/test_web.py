"""The web's endpoints against a real broker: whatever is posted, the answer is below 500, and what
is taken is stored."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

from app.base.clock import SystemClock
from app.base.settings import Settings, load_settings
from app.kafka.clients import consuming, ends, producing, read_to
from app.privacy.key_store import KeyStore
from app.privacy.lead_keys import wait_without_end
from app.setup.provision import provision_topics
from app.web import hubspot, slack
from app.web.capture import Capture
from app.web.request_bodies import DEEPEST, is_taken, parse, parse_json, read_whole
from app.web.server import make_web
from leads import topics
from leads.keys import Keys
from leads.records import Captured, encode
from leads.sealing import UNSEALED
from tests.app.fixed_clock import NOW, Fixed
from tests.limits import HUNG

SECRET = "s3cret"
LEAD = {"email": "ada@acme.com", "last_name": "Byron"}


class Sender(httpx.AsyncBaseTransport):
    """Sends again what was not stored, as the answer asks: a broker on a busy machine, or with new
    topics, may take longer than a webhook waits."""

    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See AsyncBaseTransport."""
        while True:
            answer = await self._inner.handle_async_request(request)
            if answer.status_code != 503:
                return answer
            await answer.aclose()


def serve(kafka: str, work: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Do something with the endpoints of a web process on this broker."""

    async def run() -> None:
        settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
        await provision_topics(settings)
        async with producing(settings) as producer:
            keys = Keys("k")
            capture = Capture(producer, keys, SECRET, Fixed(), UNSEALED)
            clicks = slack.Clicks(producer, SECRET, Fixed(), keys.signatures)
            routes = [
                Route("/capture", capture.endpoint("zapier"), methods=["POST"]),
                Route("/slack", clicks.take, methods=["POST"]),
                Route(
                    "/hubspot",
                    hubspot.Changes(producer, SECRET, "", Fixed()).take,
                    methods=["POST"],
                ),
            ]
            transport = Sender(Starlette(routes=routes))
            headers = {"x-webhook-secret": SECRET, "content-type": "application/json"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://web", headers=headers
            ) as client:
                await work(client)

    asyncio.run(run())


async def stored(kafka: str) -> list[Captured]:
    """Everything that was captured."""
    async with consuming(Settings.model_construct(kafka_bootstrap_servers=kafka)) as consumer:
        found = [
            r.value async for r in read_to(consumer, await ends(consumer, [topics.CAPTURED.full]))
        ]
    return [msgspec.json.decode(value, type=Captured) for value in found]


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a":' * 900 + b"1" + b"}" * 900, "nested deeper than 32"),
        (b"[" * 100_000, "nested deeper than 32"),
        (b"\xff\xfe{", "can't be read"),
        (b'{"n": ' + b"9" * 5000 + b"}", "names a person"),
        (b"[1]", "neither an object nor a list of objects"),
    ],
    ids=["deep", "too deep to parse", "no text", "a long number", "no object"],
)
def test_a_body_that_cannot_be_taken_is_refused_in_words_and_kept(
    kafka: str, body: bytes, said: str
) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        answer = await client.post("/capture", content=body)
        assert (answer.status_code, said in answer.json()["error"]) == (422, True), answer.text
        kept = [c for c in await stored(kafka) if c.format == "reject" and said in c.raw["why"]]
        assert kept

    serve(kafka, check)


@pytest.mark.kafka
def test_half_an_emoji_is_replaced_and_one_bad_lead_takes_no_other_along(kafka: str) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        body = json.dumps(
            [
                {**LEAD, "last_name": "A\ud83d"},
                {"colour": "blue"},
                {**LEAD, "email": "bob@acme.com", "n": 10**30},
            ]
        )
        answer = await client.post("/capture", content=body)
        assert (answer.status_code, answer.json()["taken"]) == (422, 2)
        names_of = {c.raw.get("email"): c.raw.get("last_name") for c in await stored(kafka)}
        assert (names_of["ada@acme.com"], names_of["bob@acme.com"]) == ("A\ufffd", "Byron")

    serve(kafka, check)


@pytest.mark.kafka
def test_an_opt_out_whose_address_cannot_be_read_is_refused_and_kept(kafka: str) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        answer = await client.post("/capture?event=unsubscribed", json={"email": "Ivo Kant"})
        assert (answer.status_code, "is no address" in answer.json()["error"]) == (422, True)
        assert [
            c for c in await stored(kafka) if c.format == "reject" and "Ivo Kant" in c.raw["body"]
        ]
        assert (
            await client.post("/capture?event=unsubscribed", json={"email": "Ivo <ivo@optone.com>"})
        ).status_code == 202

    serve(kafka, check)


@pytest.mark.kafka
@pytest.mark.parametrize("at", ["\xb2", "1" * 400, "-1", "1e9", ""])
def test_a_time_that_is_none_is_not_signed(kafka: str, at: str) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        for path, name in (
            ("/slack", "x-slack-request-timestamp"),
            ("/hubspot", "x-hubspot-request-timestamp"),
        ):
            answer = await client.post(
                path, content=b"{}", headers={name.encode(): at.encode("latin-1")}
            )
            assert answer.status_code == 401

    serve(kafka, check)


@pytest.mark.kafka
def test_a_signed_click_that_is_too_deep_is_refused(kafka: str) -> None:
    body = b"payload=" + b"[" * 50_000
    at = f"{NOW:.0f}"
    signed = (
        "v0=" + hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    )

    async def check(client: httpx.AsyncClient) -> None:
        headers = {"x-slack-request-timestamp": at, "x-slack-signature": signed}
        headers["content-type"] = "application/x-www-form-urlencoded"
        assert (await client.post("/slack", content=body, headers=headers)).status_code == 422

    serve(kafka, check)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["", "application/x-www-form-urlencoded"]),
)
def test_whatever_is_read_can_be_stored(body: bytes, kind: str) -> None:
    try:
        found = parse(body, kind)
    except ValueError:
        return
    encode(Captured(source="x", source_id="y", captured_at=NOW, raw={"found": found}))


def test_a_body_may_be_as_deep_as_is_said() -> None:
    assert parse_json(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(ValueError, match="deeper"):
        parse_json(b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2))


@pytest.mark.parametrize(
    ("text", "number"),
    [("15", 15), ("0", 0), ("\xb2", None), ("1" * 16, None), ("-1", None), ("", None)],
)
def test_a_header_has_ascii_digits(text: str, number: int | None) -> None:
    assert read_whole(text) == number


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/cloudevents+json", True),
        ("application/vnd.api+json", True),
        ("APPLICATION/X-WWW-FORM-URLENCODED", True),
        ("text/plain", True),
        ("", True),
        ("application/xml", False),
        ("application/jsonp", False),
        ("text/json+evil", False),
    ],
)
def test_a_body_of_json_or_a_form_is_taken_however_its_kind_is_written(
    kind: str, taken: bool
) -> None:
    assert is_taken(kind) is taken


def test_a_form_is_read_however_its_kind_is_written() -> None:
    assert parse(b"email=ada%40acme.com", "APPLICATION/X-WWW-FORM-URLENCODED") == [
        {"email": "ada@acme.com"}
    ]


@pytest.mark.kafka
def test_it_is_ready_once_the_database_of_the_keys_is_there(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path / 'keys.db'}"
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("LEADGATE_DATABASE_URL", database)
    monkeypatch.setenv("LEADGATE_SITE_SECRET", "21b94fa7c0ffee8d")
    settings = load_settings()
    wait_without_end(settings)
    app = make_web(settings, SystemClock())
    waits = "the database of the keys does not answer\n"

    async def call() -> None:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://web") as client,
        ):
            while (await client.get("/readyz")).text != waits:
                await asyncio.sleep(0.05)
            assert (await client.post("/capture/zapier", json={})).status_code == 503
            KeyStore(database).create()
            while (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)

    async def bounded() -> None:
        async with asyncio.timeout(HUNG):
            await call()

    asyncio.run(bounded())

"""A token is asked for once, however many calls need one or find that it has expired."""

import asyncio

import httpx
import pytest

from connectors.core.errors import Unauthorised, Unavailable, Unreadable, VendorError
from connectors.core.oauth import TokenAuth, login_error

API, LOGIN = "https://vendor.example/data", "https://vendor.example/login"


class Grant:
    """See oauth.TokenGrant."""

    scheme = "Bearer"

    def ask(self) -> httpx.Request:
        """A login."""
        return httpx.Request("POST", LOGIN)

    def has_ended(self, response: httpx.Response) -> bool:
        """Not where the vendor says that a scope is missing."""
        return response.text != "scope"

    def take(self, response: httpx.Response) -> str:
        """The token is the whole body."""
        if response.status_code != httpx.codes.OK:
            raise Unauthorised("wrong key")
        return response.text


class Server:
    """Gives tokens t1, t2 ... of which only the newest is good."""

    def __init__(self, refusal: str = "expired") -> None:
        self.logins, self.calls = 0, 0
        self.good, self.refusal, self.closed = "", refusal, False

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """To a login or a call."""
        await asyncio.sleep(0)
        if str(request.url) == LOGIN:
            self.logins += 1
            self.good = f"t{self.logins}"
            return httpx.Response(401 if self.closed else 200, text=self.good)
        self.calls += 1
        if request.headers["authorization"] != f"Bearer {self.good}":
            return httpx.Response(401, text=self.refusal)
        return httpx.Response(200)

    def client(self, auth: TokenAuth) -> httpx.AsyncClient:
        """A client of this server."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer), auth=auth)


async def get_many(client: httpx.AsyncClient, number: int) -> list[int]:
    """The statuses of calls made at once."""
    answers = await asyncio.gather(*(client.get(API) for _ in range(number)))
    return [answer.status_code for answer in answers]


def test_calls_at_once_log_in_once_and_renew_an_expired_token_once() -> None:
    async def test() -> None:
        server, auth = Server(), TokenAuth(Grant())
        async with server.client(auth) as client:
            assert await get_many(client, 20) == [200] * 20
            assert (server.logins, auth.logins) == (1, 1)
            server.good = "somebody ended the session"
            assert await get_many(client, 20) == [200] * 20
            assert (server.logins, auth.logins) == (2, 2)

    asyncio.run(test())


def test_a_call_is_repeated_once_and_not_for_a_refusal_that_no_token_helps_against() -> None:
    async def test() -> None:
        server, auth = Server("scope"), TokenAuth(Grant())
        async with server.client(auth) as client:
            await client.get(API)
            server.good = "another"
            assert await get_many(client, 1) == [401]
        assert (server.logins, server.calls) == (1, 2)

    asyncio.run(test())


def test_processes_share_a_token_and_only_one_of_them_renews_it() -> None:
    async def test() -> None:
        shelf: list[str] = []
        server = Server()

        def recall() -> str:
            return shelf[-1] if shelf else ""

        auths = [TokenAuth(Grant(), recall, shelf.append) for _ in range(3)]
        for expected in (1, 2):
            for auth in auths:
                async with server.client(auth) as client:
                    assert await get_many(client, 5) == [200] * 5
            assert server.logins == expected
            server.good = "somebody ended the session"

    asyncio.run(test())


def test_a_refused_login_is_raised_and_tried_again_by_the_next_call() -> None:
    async def test() -> None:
        server, auth = Server(), TokenAuth(Grant())
        server.closed = True
        async with server.client(auth) as client:
            with pytest.raises(Unauthorised):
                await client.get(API)
            server.closed = False
            assert await get_many(client, 1) == [200]

    asyncio.run(test())


@pytest.mark.parametrize(
    ("status", "body", "wrong_key", "kind", "after"),
    [
        (400, '{"error":"invalid_grant"}', True, Unauthorised, None),
        (400, '{"error":"try later"}', False, Unavailable, 30.0),
        (200, "<html>", False, Unreadable, 30.0),
        (503, "<html>", False, Unavailable, 2.0),
    ],
)
def test_a_refused_login_says_whose_trouble_it_is(
    status: int, body: str, wrong_key: bool, kind: type[VendorError], after: float | None
) -> None:
    error = login_error(httpx.Response(status, text=body), "said", wrong_key=wrong_key)
    assert type(error) is kind
    if isinstance(error, Unavailable):
        assert (error.after, error.not_sent) == (after, True)

"""Every answer of a server is counted, that of a fault in the code as well."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.http.middleware import CountedRequests


async def answer(request: Request) -> Response:
    """Fail where that is asked for."""
    if request.url.path == "/fails":
        raise KeyError("a fault")
    return PlainTextResponse("ok")


@pytest.mark.parametrize(("path", "code"), [("/works", 200), ("/fails", 500), ("/else", 404)])
def test_every_answer_is_counted_once(path: str, code: int) -> None:
    counted: list[tuple[str, int]] = []
    app = Starlette(
        routes=[Route("/works", answer), Route("/fails", answer)],
        middleware=[
            Middleware(
                CountedRequests,
                lambda name, status: counted.append((name, status)),
                lambda scope: str(scope["path"]),
            )
        ],
    )

    async def ask() -> int:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://web") as client:
            return (await client.get(path)).status_code

    assert asyncio.run(ask()) == code
    assert counted == [(path, code)]

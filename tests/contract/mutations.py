"""A vendor's real answers, each turned into what nobody foresaw, and what a connector may make of
it.

A call is made once on the sandbox, its answers are kept, and then it is made again and again,
each time with one of its answers spoiled. What is kept is answered without the sandbox, so that
thousands of spoiled answers take seconds.
"""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

import httpx
import msgspec

from connectors.core.errors import VendorError

Spoil = Callable[[bytes], bytes]
Call = Callable[[Any], Awaitable[Any]]
_DEEP = b'{"results":' * 3000 + b"[]" + b"}" * 3000
#: In place of a value: what vendors have been seen to put there, and what would trip a careless
#: reader.
_OTHERS: tuple[Any, ...] = (
    None,
    7,
    -1.5,
    True,
    "",
    "x",
    [],
    {},
    ["x"],
    {"id": 7},
    [None],
    "2026-13-45T99:99:99Z",
    10**30,
)


class Spoiled(NamedTuple):
    """A way to spoil an answer, and how it is called in a failure's message."""

    name: str
    of: Spoil


def _always(name: str, body: bytes) -> Spoiled:
    return Spoiled(name, lambda _: body)


WHOLE = (
    _always(
        "a page of HTML", b"<!DOCTYPE html><html><body>We are down for maintenance</body></html>"
    ),
    _always("nothing", b""),
    _always("a list", b"[]"),
    _always("a list of nulls", b"[null,null]"),
    _always("null", b"null"),
    _always("a number", b"7"),
    _always("a text", b'"ok"'),
    _always("an empty object", b"{}"),
    _always(
        "an object of another call",
        b'{"status":"ok","data":{"id":"1"},"results":{"a":1},"records":7,"users":null}',
    ),
    _always("3,000 levels", _DEEP),
    _always("8 MB", b'{"results":["' + b"x" * 8_000_000 + b'"]}'),
    _always("no UTF-8", b'{"results":["\xff\xfe"]}'),
    _always("NaN", b'{"results":NaN,"total":Infinity}'),
    _always("half a character", b'{"results":[{"id":"1","properties":{"email":"\\ud83d"}}]}'),
    Spoiled("its first half", lambda body: body[: len(body) // 2]),
)


def structural(body: bytes) -> list[Spoiled]:
    """Every way to spoil one place of an answer: its key dropped, another value in its place, its
    list cut or doubled."""
    try:
        value = json.loads(body)
    except ValueError:
        return []
    return list(_places(value, ()))


def _put(parent: Any, key: Any, other: Any) -> None:
    parent[key] = other


def _places(value: Any, path: tuple[str | int, ...]) -> Iterator[Spoiled]:
    if path:
        yield _change(path, "dropped", lambda parent, key: parent.pop(key))
        for other in _OTHERS:
            yield _change(path, f"= {other!r}", partial(_put, other=other))
    if isinstance(value, list) and value:
        yield _change_list(path, "reversed", lambda rows: rows.reverse())
        yield _change_list(path, "without its last", lambda rows: rows.pop())
        yield _change_list(path, "with its first twice", lambda rows: rows.append(rows[0]))
        yield _change_list(path, "with null beside", lambda rows: rows.append(None))
    for key, inner in _members(value):
        yield from _places(inner, (*path, key))


def _members(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return [*value.items()]
    return (
        [(i, value[i]) for i in sorted({0, len(value) - 1})]
        if isinstance(value, list) and value
        else []
    )


def _change(path: tuple[str | int, ...], what: str, do: Callable[[Any, Any], object]) -> Spoiled:
    def spoil(body: bytes) -> bytes:
        value = json.loads(body)
        parent = value
        for step in path[:-1]:
            parent = parent[step]
        do(parent, path[-1])
        return json.dumps(value).encode()

    return Spoiled(f"{'.'.join(map(str, path))} {what}", spoil)


def _change_list(
    path: tuple[str | int, ...], what: str, do: Callable[[list[Any]], object]
) -> Spoiled:
    def spoil(body: bytes) -> bytes:
        value = json.loads(body)
        rows = value
        for step in path:
            rows = rows[step]
        do(rows)
        return json.dumps(value).encode()

    return Spoiled(f"{'.'.join(map(str, path))} {what}", spoil)


class Replay(httpx.AsyncBaseTransport):
    """Answers what was asked before as it was answered then, and spoils the answer of one place in
    a run's order."""

    def __init__(self, sandbox: httpx.AsyncBaseTransport) -> None:
        self._sandbox = sandbox
        self._kept: dict[tuple[str, str, bytes], tuple[int, dict[str, str], bytes]] = {}
        self.bodies: list[bytes] = []
        self._at, self._spoil = -1, WHOLE[0].of

    def begin(self, at: int = -1, spoil: Spoil = WHOLE[0].of) -> None:
        """The next run: its answer number `at` is spoiled."""
        self.bodies, self._at, self._spoil = [], at, spoil

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = await request.aread()
        asked = (request.method, str(request.url), sent)
        if asked not in self._kept:
            answer = await self._sandbox.handle_async_request(request)
            headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
            self._kept[asked] = (answer.status_code, headers, await answer.aread())
        status, headers, body = self._kept[asked]
        if len(self.bodies) == self._at:
            body = self._spoil(body)
            headers = {**headers, "content-length": str(len(body))}
        self.bodies.append(body)
        return httpx.Response(status, headers=headers, content=body, request=request)


async def outcome_of(value: Any) -> Any:
    """What a call comes to: its answer, or the first few of what an iterator yields."""
    if isinstance(value, AsyncIterator):
        return [one async for one in value]
    return await value


def is_typed(value: Any) -> bool:
    """Whether an answer is what its types say, however deep."""
    if (
        isinstance(value, VendorError)
        or value is None
        or isinstance(value, str | int | float | bool)
    ):
        return True
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(is_typed, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(is_typed, value.values()))
    if not isinstance(value, msgspec.Struct):
        return False
    msgspec.convert(msgspec.to_builtins(value, enc_hook=str), type(value))
    return True


Connect = Callable[[httpx.AsyncBaseTransport], Any]


@asynccontextmanager
async def connected(connect: Connect, transport: httpx.AsyncBaseTransport) -> AsyncIterator[Any]:
    """A connector that remembers nothing of an earlier run."""
    connector = connect(transport)
    yield connector
    await connector.close()


async def spoil_all(
    connect: Connect, replay: Replay, call: Call, seed: str, most: int, *, by_row: bool = False
) -> tuple[int, list[str]]:
    """Make a call with each of its answers spoiled in every whole way and in `most` ways of one
    place.

    `by_row`: the call has an answer for each row that was asked. Answers how many spoiled
    answers there were, and what is wrong with what the connector made of them.
    """
    chance = random.Random(seed)
    async with connected(connect, replay) as connector:
        replay.begin()
        expected = await attempt(call, connector)
    bodies, tried, wrong = list(replay.bodies), 0, list[str]()
    assert bodies, f"{seed} asks the vendor nothing: the test would pass by doing nothing"
    for at, body in enumerate(bodies):
        ways = structural(body)
        for way in (*WHOLE, *chance.sample(ways, min(most, len(ways)))):
            tried += 1
            async with connected(connect, replay) as connector:
                replay.begin(at, way.of)
                if fault := judge(expected, await attempt(call, connector), by_row=by_row):
                    wrong.append(f"{seed}, answer {at} of {len(bodies)}, {way.name}: {fault}")
    return tried, wrong


async def attempt(call: Call, connector: Any) -> Any:
    """The call's answer, or what it raised."""
    try:
        return await outcome_of(call(connector))
    except Exception as error:  # noqa: BLE001  what kind it is, is what is tested
        return error


def judge(expected: Any, got: Any, *, by_row: bool) -> str:
    """What is wrong with an outcome, '' if nothing is."""
    if isinstance(got, VendorError):
        return ""
    if isinstance(got, Exception):
        return f"{type(got).__name__}: {got}"
    if by_row and len(got) != len(expected):
        return f"{len(got)} rows for {len(expected)}"
    try:
        return "" if is_typed(got) else f"{got!r} is none of our types"
    except msgspec.ValidationError as error:
        return f"{got!r} is not what its type says: {error}"

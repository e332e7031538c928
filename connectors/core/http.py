"""One HTTP client for all vendors: deadlines, the rate budget, and no retry of its own (the
effector decides)."""

import asyncio
import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from operator import add
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from connectors.core.answers import MOST_BYTES, decode
from connectors.core.daily_quota import DailyQuota
from connectors.core.errors import (
    AccountLimited,
    NoAnswer,
    NotSent,
    RecordRejected,
    Unavailable,
    Unreadable,
    VendorError,
)

T = TypeVar("T")

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
#: Requests at once to one vendor. A thousand that queue inside httpx cost a million comparisons,
#: and the event loop stands still for seconds (seen when a spent enrichment budget came back).
CONCURRENT = 20
#: How an account's limit is divided between its workers, who share their part by partitions, and
#: the poller; what is left is for people's commands.
WORKERS_SHARE, POLLER_SHARE = 0.94, 0.06
_MOST_WAIT = 5.0  # seconds before a call is made again; after a longer wait the caller decides
_AN_ANSWER = float("inf")
# HubSpot's longest, of a migration; a longer wait, or NaN, is ignored
_LONGEST_WAIT = 86_400.0
_NO_BODY = frozenset({204, 304})
#: Headers that describe the body as it was sent: they are not true of the body that was read.
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class SlidingWindowLimiter:
    """Calls per window, spent below the vendor's limit by design, so that 429 is the exception.

    A call counts from before it leaves until the window has passed after its answer: whenever
    between the two the vendor counted it, no window of the vendor's own ever holds more than
    `limit`. `share` is this process's part of the account's limit
    (docs/design/interleavings.md 22).
    """

    def __init__(
        self,
        limit: int,
        seconds: float,
        share: float = 1.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.limit, self._seconds, self.share = limit, seconds, share
        self._clock = clock
        self._out = 0
        self._answered: deque[float] = deque()
        self._one_answered = asyncio.Event()
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> None:
        """Return when one more call fits. Raises NotSent for a wait of more than 10 s."""
        async with self._turn:
            while (wait := self._wait()) > 0:
                if wait == _AN_ANSWER:
                    self._one_answered.clear()
                    await self._one_answered.wait()
                elif wait > 10:
                    raise NotSent(
                        f"the budget of {self.limit} calls in {self._seconds:g} s is spent", wait
                    )
                else:
                    await asyncio.sleep(wait)
            self._out += 1

    async def __aexit__(self, *_: object) -> None:
        """Count the call from now on as answered, whatever its outcome."""
        self._out -= 1
        self._answered.append(self._now())
        self._one_answered.set()

    def _wait(self) -> float:
        """Seconds until a call fits: 0 for now, or until the next answer while all that count are
        still out."""
        now = self._now()
        while self._answered and self._answered[0] <= now - self._seconds:
            self._answered.popleft()
        over = self._out + len(self._answered) + 1 - max(1, int(self.limit * self.share))
        if over <= 0:
            return 0.0
        if over > len(self._answered):
            return _AN_ANSWER
        return self._answered[over - 1] + self._seconds - now

    def _now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()


class VendorHttp:
    """Calls of one vendor.

    `classify` turns a response into an error, or None when it is good; `day` watches the day's
    limit; every path begins with `below`.
    """

    def __init__(
        self,
        vendor: str,
        base: str,
        headers: dict[str, str],
        classify: Callable[[httpx.Response], VendorError | None],
        budget: SlidingWindowLimiter,
        transport: httpx.AsyncBaseTransport | None = None,
        auth: httpx.Auth | None = None,
        at_once: int = CONCURRENT,
        day: DailyQuota | None = None,
        below: str = "",
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=base, headers=headers, timeout=TIMEOUT, transport=transport, auth=auth
        )
        self._vendor, self._classify, self._budget, self._day = vendor, classify, budget, day
        self._below = below
        self._slots = asyncio.Semaphore(at_once)
        self.calls = 0

    async def call(
        self,
        form: type[T],
        method: str,
        template: str,
        *parts: str,
        json: Any = None,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        budget: SlidingWindowLimiter | None = None,
        day: DailyQuota | None = None,
        until: float | None = None,
        urgent: bool = False,
        nothing: T | None = None,
    ) -> T:
        """The answer to one call as `form`.

        Each `{}` of the path's template is one of `parts`, quoted: see `path_of`.

        The call is made at most twice: again after a 429 with a short wait, or after a passing
        error of the vendor. `until` marks a call that leaves something behind each time: it
        doesn't leave after that moment (the loop's time), and is made again only when it surely
        did nothing (docs/design/interleavings.md 4). Raises VendorError and nothing else;
        Unreadable for an answer in another form. `nothing` is what an answer without a body (204,
        304) stands for, where it stands for something; any other answer without one is an empty
        object. `urgent` marks a call of an opt-out: see DailyQuota.check.
        """
        path, limit = path_of(self._below + template, *parts), day or self._day
        for last in (False, True):
            if limit is not None:
                limit.check(urgent=urgent)
            async with self._slots, budget or self._budget:
                if until is not None and asyncio.get_running_loop().time() > until:
                    raise NotSent(f"{method} {path}: its deadline passed before it left")
                response, problem = await self._request(method, path, json, params, headers)
            if response is not None and limit is not None:
                limit.note(response.headers, problem)
            if problem is None:
                assert response is not None
                if nothing is not None and response.status_code in _NO_BODY:
                    return nothing
                said = f"{self._vendor} {method} {path}: {response.status_code}"
                return decode(response.content, form, said)
            wait = _wait_to_repeat(problem, until)
            if last or wait is None:
                raise problem
            await asyncio.sleep(wait + random.random() * 0.2)
        raise AssertionError("unreachable")

    async def _request(
        self, method: str, path: str, json: Any, params: Any, headers: Mapping[str, str] | None
    ) -> tuple[httpx.Response | None, VendorError | None]:
        """One request: a response, and what is wrong with it; no response where none came."""
        self.calls += 1
        try:
            async with self._client.stream(
                method, path, json=json, params=params, headers=headers
            ) as answer:
                response = await self._whole(answer)
        except httpx.HTTPError as error:
            unsent = isinstance(
                error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout
            )
            where = self._address(error)
            said = f"{self._vendor} at {where} does not answer: {method} {path}"
            return None, NoAnswer(f"{said}: {type(error).__name__} {error}", not_sent=unsent)
        except (UnicodeError, httpx.InvalidURL) as error:
            return None, RecordRejected(f"{self._vendor} {method} {path} can't be sent: {error}")
        except VendorError as error:
            return None, error
        return response, self._classify(response)

    def _address(self, error: httpx.HTTPError) -> str:
        """Where a request went that failed: the host, and the setting that holds the vendor's
        address; a login goes to another host, whose setting is not known here."""
        base = self._client.base_url
        try:
            url = error.request.url
        except RuntimeError:  # the error belongs to no request
            url = base
        host = url.netloc.decode(errors="replace")
        if url.netloc != base.netloc:
            return host
        return f"{host} (LEADGATE_{self._vendor.split()[0].upper()}_URL)"

    async def _whole(self, answer: httpx.Response) -> httpx.Response:
        """An answer with its body.

        Raises Unreadable for a body of over MOST_BYTES.
        """
        body = bytearray()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise Unreadable(
                    f"{self._vendor} {answer.request.url.path}: an answer of over {MOST_BYTES:,}"
                    " bytes"
                )
        headers = {
            name: value for name, value in answer.headers.items() if name not in _OF_THE_WIRE
        }
        return httpx.Response(
            answer.status_code, headers=headers, content=bytes(body), request=answer.request
        )

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()


def _wait_to_repeat(problem: VendorError, until: float | None) -> float | None:
    """Seconds after which a failed call may be made again, None if it may not.

    `until`: see VendorHttp.call.
    """
    if not isinstance(problem, Unavailable) or isinstance(problem, Unreadable | AccountLimited):
        return None
    if problem.after > _MOST_WAIT or (until is not None and not problem.not_sent):
        return None
    return problem.after


def path_of(template: str, *parts: str) -> str:
    """A path with its parts in place of each `{}`; every character of a part that has a meaning in
    an address is quoted.

    So a lead's field can never name another endpoint. Raises RecordRejected for a
    part that would change the path whatever is quoted (empty, `.` and `..`), or that is no text.
    """
    for part in parts:
        if part in {"", ".", ".."}:
            raise RecordRejected(f"{part!r} can't stand in the path {template}")
    try:
        quoted = [*map(partial(quote, safe=""), parts)]
    except UnicodeError as error:
        raise RecordRejected(
            f"half a character can't stand in the path {template}: {error}"
        ) from None
    fixed = template.split("{}")
    if len(fixed) != len(parts) + 1:
        raise ValueError(f"{template} has {len(fixed) - 1} places for {len(parts)} parts")
    return fixed[0] + "".join(map(add, quoted, fixed[1:]))


def checked_id(ident: str, form: "re.Pattern[str]", what: str) -> str:
    """An id that has the form of the vendor's own.

    Raises RecordRejected for anything else, before it goes anywhere.
    """
    if not form.fullmatch(ident):
        raise RecordRejected(f"{ident[:80]!r} is no {what}")
    return ident


def retry_after(response: httpx.Response, default: float) -> float:
    """Seconds to wait by the response's header, `default` if it has no valid one."""
    try:
        wait = float(response.headers.get("retry-after", default))
    except ValueError:
        return default
    return wait if 0 <= wait <= _LONGEST_WAIT else default

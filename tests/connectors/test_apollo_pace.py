"""How a plan's day is spread over the polls of an endpoint."""

import asyncio

import httpx
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from connectors.apollo.client import ApolloClient
from connectors.apollo.contact_search import ContactSearch
from connectors.apollo.pace import RESERVE, DayPace, slower
from sandbox.apollo import KEY, make_router
from sandbox.store import Store


@given(st.integers(50, 5000), st.integers(1, 6), st.floats(10.0, 600.0))
def test_a_day_of_polls_stays_within_the_limit_less_the_reserve(
    limit: int, calls: int, every: float
) -> None:
    now, used = 0.0, 0
    pace = DayPace(lambda: now)
    while now < 86_400.0:
        for _ in range(calls):
            used += 1
            pace.note(str(limit), str(max(0, limit - used)))
        now += max(every, pace.after_pass())
    spared = limit * (1 - RESERVE)
    assert used <= spared + 2 * calls
    assert used >= 0.9 * min(spared, calls * 86_400.0 / every) - 2 * calls


def test_after_a_long_pass_the_rest_of_the_day_is_spread_anew() -> None:
    now = 0.0
    pace = DayPace(lambda: now)
    pace.note("600", "599")
    assert round(pace.after_pass()) == round(86_400 / (599 - 120))
    for used in range(2, 302):
        pace.note("600", str(600 - used))
    now = 43_200.0
    assert round(pace.after_pass()) == round(43_200 / (299 - 120)), "one call, not three hundred"
    pace.note("600", "599")
    assert round(pace.after_pass()) == round(86_400 / (599 - 120)), "a new window"


def test_without_a_limit_nothing_is_spread() -> None:
    pace = DayPace(lambda: 0.0)
    pace.note("", "0")
    assert pace.after_pass() == 0.0
    assert slower("labels", pace, 60.0) == []


def test_a_small_plan_is_told_to_a_person() -> None:
    async def test() -> None:
        app = FastAPI()
        windows = {"minute": (50, 60.0), "hourly": (200, 3600.0), "24-hour": (600, 86_400.0)}
        app.include_router(make_router(Store(), windows))
        apollo = ApolloClient("http://sandbox/", KEY, 200, httpx.ASGITransport(app))
        await apollo.contacts_page(ContactSearch())
        pace = apollo.pace("contacts/search")
        assert round(pace.after_pass()) == round(86_400 / (599 - 120))
        [line] = slower("contacts/search", pace, 60.0)
        assert "600 calls of contacts/search a day" in line
        assert "every 180 seconds" in line
        await apollo.close()

    asyncio.run(test())

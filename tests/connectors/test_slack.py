"""Our client of Slack: what many alerts share, and that nobody waits for ever."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import pytest

from connectors.core.errors import NotSent, RecordRejected, Unavailable, Unreadable
from connectors.core.http import SlidingWindowLimiter
from connectors.slack.client import SlackClient
from sandbox.generate import REPS
from sandbox.server import make_sandbox
from sandbox.slack import TOKEN
from tests.limits import HUNG


class Slack:
    """The sandbox's Slack, our client on it, and the calls it made; `faults` answers in the
    sandbox's place."""

    def __init__(self) -> None:
        sandbox = make_sandbox(None, leads=0, seed=1)
        self.calls: Counter[str] = Counter()
        self.faults: list[httpx.Response] = []
        self.refuses = ""
        self._inner = httpx.ASGITransport(app=sandbox)
        self.control = httpx.AsyncClient(transport=self._inner, base_url="http://sandbox/_control")
        self.restart()

    def restart(self) -> None:
        """The client of a worker that has just started."""
        self.client = SlackClient(
            "http://sandbox/slack/api/",
            TOKEN,
            SlidingWindowLimiter(10**6, 10.0),
            httpx.MockTransport(self._answer),
            interval=0.01,
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rsplit("/", 1)[1]
        self.calls[method] += 1
        await asyncio.sleep(0.01)
        if (
            self.refuses
            and method == "chat.postMessage"
            and self.refuses.encode() in await request.aread()
        ):
            return httpx.Response(
                200, json={"ok": False, "error": "invalid_blocks"}, request=request
            )
        if self.faults and method == "chat.postMessage":
            return self.faults.pop()
        return await self._inner.handle_async_request(request)

    async def post(self, alert: str, to: str = REPS[0], *, again: bool = False) -> str:
        """Post an alert."""
        until = asyncio.get_running_loop().time() + HUNG
        return await self.client.post(to, f"text of {alert}", alert, look_first=again, until=until)

    async def say(self, alert: str, text: str, to: str = "#sales") -> str:
        """Post an alert of some text."""
        until = asyncio.get_running_loop().time() + HUNG
        return await self.client.post(to, text, alert, look_first=False, until=until)

    async def posted(self) -> list[str]:
        """The alerts in Slack, each as often as it is there."""
        messages = (await self.control.get("/objects/slack.messages")).json()
        return [alert for m in messages for alert in m["metadata"]["event_payload"]["alert_ids"]]


def on_slack(test: Callable[[Slack], Awaitable[None]]) -> None:
    """Run a test on a Slack of its own."""

    async def run() -> None:
        await test(Slack())

    asyncio.run(run())


def test_many_alerts_to_one_person_are_one_look_up_and_few_messages() -> None:
    """A worker that starts on a backlog would else spend its budget of a minute on asking who the
    person is."""

    async def test(slack: Slack) -> None:
        await asyncio.gather(*(slack.post(f"a{n}") for n in range(60)))
        assert slack.calls == {"users.lookupByEmail": 1, "chat.postMessage": 3}
        assert sorted(await slack.posted()) == sorted(f"a{n}" for n in range(60))

    on_slack(test)


def test_an_unknown_user_is_an_answer_to_all_and_looked_up_again_the_next_time() -> None:
    async def test(slack: Slack) -> None:
        for asked in (1, 2):
            rows = await asyncio.gather(
                *(slack.post(f"a{n}", "nobody@acme.test") for n in range(20)),
                return_exceptions=True,
            )
            assert {type(row) for row in rows} == {RecordRejected}
            assert slack.calls == {"users.lookupByEmail": asked}

    on_slack(test)


def test_after_lost_answers_one_reading_of_the_channel_finds_what_was_posted() -> None:
    async def test(slack: Slack) -> None:
        first = await asyncio.gather(*(slack.post(f"a{n}") for n in range(30)))
        again = await asyncio.gather(*(slack.post(f"a{n}", again=True) for n in range(40)))
        assert again[:30] == first
        assert slack.calls["conversations.history"] <= 2
        assert sorted(await slack.posted()) == sorted(f"a{n}" for n in range(40))

    on_slack(test)


@pytest.mark.parametrize("to", [REPS[0], "#sales"])
def test_a_new_worker_finds_what_another_has_posted(to: str) -> None:
    """A history is read by the conversation's id, which is asked for: a name or a user is none."""

    async def test(slack: Slack) -> None:
        first = await slack.post("a1", to)
        slack.restart()
        assert await slack.post("a1", to, again=True) == first
        assert await slack.posted() == ["a1"]

    on_slack(test)


@pytest.mark.parametrize("to", [REPS[0], "#sales"])
def test_without_the_scopes_for_it_nothing_is_found_and_the_alert_is_posted(to: str) -> None:
    async def test(slack: Slack) -> None:
        scopes = {"scopes": ["chat:write", "users:read", "users:read.email"]}
        await slack.control.post("/objects/control/slack_scopes", json=scopes)
        await slack.post("a1", to)
        slack.restart()
        await slack.post("a1", to, again=True)
        assert await slack.posted() == ["a1", "a1"]

    on_slack(test)


def test_who_gives_up_waiting_holds_nobody_else_up() -> None:
    """A rebalance ends the work on a run; another worker takes its alerts up, and this one goes on
    with its own."""

    async def test(slack: Slack) -> None:
        await slack.post("before")
        given_up = [asyncio.create_task(slack.post(f"g{n}")) for n in range(25)]
        # twenty are on their way, five wait for their turn
        while slack.calls["chat.postMessage"] < 2:
            await asyncio.sleep(0)
        for task in given_up:
            task.cancel()
        async with asyncio.timeout(HUNG):
            await slack.post("after")
        told = await slack.posted()
        assert told[-1] == "after"
        assert not {f"g{n}" for n in range(20, 25)} & set(told), (
            "what nobody waits for is not posted"
        )

    on_slack(test)


def test_an_answer_that_makes_no_sense_is_raised_and_the_next_alert_goes_out() -> None:
    async def test(slack: Slack) -> None:
        slack.faults = [httpx.Response(200, text="<html>")]
        with pytest.raises(Unreadable, match="<html>"):
            async with asyncio.timeout(HUNG):
                await slack.post("a1")
        async with asyncio.timeout(HUNG):
            await slack.post("a2")
        assert await slack.posted() == ["a2"]

    on_slack(test)


def test_alerts_are_folded_by_size_too() -> None:
    """Slack refuses a message whose blocks are too long together (bolt-js 2509), and the sandbox
    does so too."""

    async def test(slack: Slack) -> None:
        texts = [f"{n} " + "x" * 700 for n in range(20)]
        await asyncio.gather(*(slack.say(f"a{n}", text) for n, text in enumerate(texts)))
        assert sorted(await slack.posted()) == sorted(f"a{n}" for n in range(20))
        assert slack.calls["chat.postMessage"] == 2

    on_slack(test)


def test_one_alert_that_slack_refuses_keeps_no_other_back() -> None:
    async def test(slack: Slack) -> None:
        slack.refuses = "poison"
        texts = [f"{n} poison" if n == 7 else str(n) for n in range(20)]
        rows = await asyncio.gather(
            *(slack.say(f"a{n}", text) for n, text in enumerate(texts)), return_exceptions=True
        )
        assert [n for n, row in enumerate(rows) if isinstance(row, Exception)] == [7]
        assert isinstance(rows[7], RecordRejected)
        assert sorted(await slack.posted()) == sorted(f"a{n}" for n in range(20) if n != 7)

    on_slack(test)


def test_a_channel_that_is_not_there_is_not_tried_alert_by_alert() -> None:
    async def test(slack: Slack) -> None:
        rows = await asyncio.gather(
            *(slack.say(f"a{n}", "x", to="C404") for n in range(20)), return_exceptions=True
        )
        assert {type(row) for row in rows} == {RecordRejected}
        assert slack.calls["chat.postMessage"] == 1

    on_slack(test)


def test_an_alert_whose_time_is_over_takes_no_other_with_it() -> None:
    async def test(slack: Slack) -> None:
        now = asyncio.get_running_loop().time()
        posts = [
            slack.client.post("#sales", f"t{n}", f"a{n}", look_first=False, until=now + 15 * n - 1)
            for n in range(3)
        ]
        rows = await asyncio.gather(*posts, return_exceptions=True)
        assert [isinstance(row, NotSent) for row in rows] == [True, False, False]
        assert await slack.posted() == ["a1", "a2"]

    on_slack(test)


async def texts(slack: Slack) -> str:
    """Everything that Slack shows."""
    return str((await slack.control.get("/objects/slack.messages")).json())


def test_an_alert_is_deleted_and_harmlessly_twice() -> None:
    async def test(slack: Slack) -> None:
        await slack.post("one")
        await slack.post("two")
        for outcome in ("erased", "gone"):
            [part] = await slack.client.erase(REPS[0], "one", 0.0)
            assert (part.outcome, part.remains) == (outcome, "")
        assert await slack.posted() == ["two"]

    on_slack(test)


def test_an_alert_that_shares_its_message_is_taken_out_and_the_others_stay() -> None:
    async def test(slack: Slack) -> None:
        said = ("Ada waits", "Bob & Co wait", "Cy waits")
        await asyncio.gather(*(slack.say(str(n), text) for n, text in enumerate(said)))
        assert slack.calls["chat.postMessage"] == 1
        [part] = await slack.client.erase("#sales", "1", 0.0)
        assert part.outcome == "erased"
        assert await slack.posted() == ["0", "2"]
        shown = await texts(slack)
        assert "Bob" not in shown
        assert "Ada waits" in shown
        assert "Cy waits" in shown
        await asyncio.gather(*(slack.client.erase("#sales", n, 0.0) for n in ("0", "2")))
        assert (await slack.control.get("/objects/slack.messages")).json() == []

    on_slack(test)


def test_a_button_goes_with_its_alert_and_no_other() -> None:
    async def test(slack: Slack) -> None:
        until = asyncio.get_running_loop().time() + HUNG
        posts = [
            slack.client.post("#sales", n, n, button=f"take {n}", look_first=False, until=until)
            for n in ("one", "two")
        ]
        await asyncio.gather(*posts)
        await slack.client.erase("#sales", "one", 0.0)
        shown = await texts(slack)
        assert "take one" not in shown
        assert "take two" in shown

    on_slack(test)


def test_an_alert_is_found_however_much_was_posted_since() -> None:
    async def test(slack: Slack) -> None:
        await slack.say("old", "Ada waits")
        messages = (await slack.control.get("/objects/slack.messages")).json()
        [channel] = {m["channel"] for m in messages if m["text"] == "Ada waits"}
        for n in range(250):
            more = {"ts": f"{4e9 + n:.6f}", "channel": channel, "user": "U1", "text": "hi"}
            await slack.control.post(f"/objects/slack.messages/x{n}", json=more)
        [part] = await slack.client.erase("#sales", "old", 0.0)
        assert part.outcome == "erased"

    on_slack(test)


@pytest.mark.parametrize("method", ["conversations.history", "chat.delete"])
def test_without_a_scope_an_erasure_says_that_it_could_not(method: str) -> None:
    async def test(slack: Slack) -> None:
        await slack.post("one")
        refused = {"ok": False, "error": "missing_scope", "needed": "im:history"}
        await slack.control.post(
            "/faults", json={"path": method, "status": 200, "body": refused, "times": 9}
        )
        [part] = await slack.client.erase(REPS[0], "one", 0.0)
        assert part.outcome == "failed"
        assert "missing_scope" in part.remains
        assert await slack.posted() == ["one"]

    on_slack(test)


def test_an_erasure_whose_answer_is_lost_succeeds_at_the_next_try() -> None:
    async def test(slack: Slack) -> None:
        await slack.post("one")
        fault = {"path": "chat.delete", "kind": "lost", "times": 2}
        await slack.control.post("/faults", json=fault)
        with pytest.raises(Unavailable):
            await slack.client.erase(REPS[0], "one", 0.0)
        [part] = await slack.client.erase(REPS[0], "one", 0.0)
        assert part.outcome == "gone"
        assert await slack.posted() == []

    on_slack(test)

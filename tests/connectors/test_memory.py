"""The doubles of Apollo and Slack do what the clients' contracts say, so that a test on them says
something."""

import asyncio

import pytest

from connectors.core.errors import NotSent, RecordRejected
from connectors.memory.apollo import MemoryApollo
from connectors.memory.slack import MemorySlack
from streams.effects.context import Apollo, Slack

LATE = 1e12
#: What acts ask for: the type checker compares.
DOUBLES: tuple[type[Apollo], type[Slack]] = (MemoryApollo, MemorySlack)


def apollo() -> MemoryApollo:
    """Apollo with one contact."""
    double = MemoryApollo(
        lambda: 1000.0, users=frozenset({"rep@acme.test"}), sequences=frozenset({"warm", "cold"})
    )
    double.add_contact("a1", "p1@firm.com")
    return double


def test_a_contact_enters_one_sequence_leaves_it_and_is_stopped() -> None:
    double = apollo()

    async def test() -> None:
        assert not await double.enrol("a1", "warm", "n@acme.test")
        assert await double.enrol("a1", "warm", "n@acme.test"), "it is in it already"
        with pytest.raises(RecordRejected, match="another Apollo sequence is running") as busy:
            await double.enrol("a1", "cold", "n@acme.test")
        assert busy.value.kind == "busy"
        assert [s["status"] for s in await double.sequences("", "P1@firm.com")] == ["active"]
        await double.leave("a1", ["warm"])
        assert double.running("a1") == []
        double.add_status("a1", "cold", "paused")
        await double.stop("a1")
        assert double.contacts["a1"]["contact_stage_id"] == "Do Not Contact"

    asyncio.run(test())
    assert double.running("a1") == []
    assert [(d.kind, d.target) for d in double.did] == [
        ("enrol", "warm"),
        ("leave", "warm"),
        ("stop", ""),
    ]


def test_whoever_is_not_there_has_no_sequences_and_enters_none() -> None:
    double = apollo()
    assert asyncio.run(double.sequences("gone", "")) == []
    asyncio.run(double.stop("gone"))
    for contact, sequence in (("gone", "warm"), ("a1", "unknown"), ("", "warm")):
        with pytest.raises(RecordRejected) as refused:
            asyncio.run(double.enrol(contact, sequence, "n@acme.test"))
        assert refused.value.kind == "refused"
    with pytest.raises(RecordRejected) as stranger:
        asyncio.run(double.set_owner("a1", "eve@else.test"))
    assert stranger.value.kind == "no_owner"
    asyncio.run(double.set_owner("a1", "Rep@acme.test"))
    assert double.contacts["a1"]["owner_id"] == "rep@acme.test"


def test_an_opt_out_is_filtered_by_and_never_shown() -> None:
    double = apollo()
    double.sent.append(
        {
            "id": "m1",
            "to_email": "p1@firm.com",
            "completed_at": "2026-11-25T10:00:00Z",
            "unsubscribed": True,
        }
    )
    [message] = asyncio.run(double.messages(("unsubscribed",), "2026-11-25", 1))
    assert "unsubscribed" not in message
    assert asyncio.run(double.messages(("bounced", "replied"), "2026-11-25", 1)) == []
    assert asyncio.run(double.messages(("unsubscribed",), "2026-11-26", 1)) == []


@pytest.mark.parametrize(("reads", "times"), [(True, 1), (False, 2)])
def test_a_look_finds_what_was_posted_if_the_history_may_be_read(reads: bool, times: int) -> None:
    double = MemorySlack(lambda: 5.0, reads_history=reads)

    async def post(**how: bool) -> str:
        return await double.post("#ops", "<text>", "alert", look_first=how["look"], until=LATE)

    asyncio.run(post(look=False))
    asyncio.run(post(look=True))
    assert len(double.posted("alert")) == times


def test_nothing_is_posted_to_nobody_or_too_late() -> None:
    double = MemorySlack(lambda: 5.0, {"U1": "Rep@acme.test"})
    assert asyncio.run(double.email_of("U1")) == "rep@acme.test"
    with pytest.raises(RecordRejected):
        asyncio.run(double.email_of("U2"))
    with pytest.raises(RecordRejected):
        asyncio.run(double.post("eve@else.test", "text", "a", look_first=False, until=LATE))
    with pytest.raises(NotSent):
        asyncio.run(double.post("rep@acme.test", "text", "a", look_first=False, until=0.0))
    assert double.messages == []

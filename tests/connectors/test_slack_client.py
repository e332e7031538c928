"""The sandbox is held by Slack's own client, our blocks by the sandbox, and our check of signatures
by Slack's own."""

import time
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from app.web.slack import is_signed
from connectors.slack.messages import AlertText, blocks_of, escape
from sandbox.generate import REPS
from sandbox.slack import TOKEN

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b"payload=%7B%7D"


@pytest.fixture(scope="module")
def client(served: str) -> Any:
    """The official client on a served sandbox."""
    return WebClient(token=TOKEN, base_url=f"{served}/slack/api/", retry_handlers=[])


def test_a_message_with_our_blocks_is_posted_and_found_by_its_metadata(client: Any) -> None:
    metadata = {"event_type": "leadgate_alert", "event_payload": {"alert_ids": ["a1"]}}
    blocks = blocks_of([AlertText("a1", "one", "person lead"), AlertText("a2", "two", "")])
    made = client.chat_postMessage(channel="#ops", text="one", blocks=blocks, metadata=metadata)
    history = client.conversations_history(channel=made["channel"], include_all_metadata=True)
    [found] = [m for m in history["messages"] if m["ts"] == made["ts"]]
    assert found["metadata"] == metadata
    assert [b["type"] for b in found["blocks"]] == ["section", "actions", "section"]


def test_a_user_is_found_by_address_and_tells_it(client: Any) -> None:
    user = client.users_lookupByEmail(email=REPS[0])["user"]["id"]
    assert client.users_info(user=user)["user"]["profile"]["email"] == REPS[0]
    with pytest.raises(SlackApiError) as refused:
        client.users_lookupByEmail(email="nobody@acme.test")
    assert refused.value.response["error"] == "users_not_found"


@pytest.mark.parametrize(
    "blocks",
    [[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}], [{"type": "x"}]],
)
def test_bad_blocks_are_refused(client: Any, blocks: list[Any]) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel="#ops", text="x", blocks=blocks)
    assert refused.value.response["error"] == "invalid_blocks"


def test_a_long_alert_is_cut_and_twenty_with_buttons_fit(client: Any) -> None:
    for alerts in (
        [AlertText("a", "x" * 5000, "p l")],
        [AlertText("a", "x" * 400, "p l")] * 20,
    ):
        assert client.chat_postMessage(channel="#sales", text="x", blocks=blocks_of(alerts))["ok"]


def test_a_leads_text_is_text() -> None:
    assert escape("<!channel> & <https://a.b|c>") == "&lt;!channel&gt; &amp; &lt;https://a.b|c&gt;"


def signed(at: str, body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    """Headers as Slack's own code signs them."""
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    return {"x-slack-request-timestamp": at, "x-slack-signature": str(signature)}


def test_what_slack_signs_is_taken_and_nothing_else() -> None:
    now = time.time()
    at = str(int(now))
    assert is_signed(SECRET, signed(at), BODY, now)
    assert not is_signed(SECRET, signed(at), BODY + b"x", now)
    assert not is_signed(SECRET, signed(at, secret="other"), BODY, now)
    assert not is_signed(SECRET, signed(at), BODY, now + 301)
    assert not is_signed(SECRET, {**signed(at), "x-slack-request-timestamp": "soon"}, BODY, now)
    assert not is_signed(SECRET, {}, BODY, now)

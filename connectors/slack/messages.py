"""Slack messages of one or more alerts: their texts, blocks and sizes."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

MOST_ALERTS = 20
#: Characters of all blocks' texts. Slack documents no sum and refuses some messages from about
#: 11,000 on, 13,200 at the latest, as msg_blocks_too_long (bolt-js 2509, 2867).
MOST_CHARACTERS = 9_000
_MOST_FALLBACK = 3_900  # of `text`, which notifications show; 4,000 are documented
_MOST_SECTION = 3000
_HALF_ENTITY = re.compile(r"&[a-z]{0,4}$")
#: The button's name, by which a click is recognised.
TAKEN = "leadgate_taken"


class AlertText(NamedTuple):
    """An alert: its escaped text, and the value of its button, '' for none."""

    alert_id: str
    text: str
    button: str


def escape(text: str) -> str:
    """A lead's text as text: `<!channel>` pings nobody, and nothing in it becomes a link or a
    mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, no escaped one of them cut in two; a cut text ends with
    an ellipsis."""
    if len(text) <= most:
        return text
    return f"{_HALF_ENTITY.sub('', text[: most - 1])}…"


def message_of(channel: str, alerts: Sequence[AlertText]) -> dict[str, Any]:
    """The body of a message that holds alerts."""
    texts: list[str] = []
    ids: list[str] = []
    for alert in alerts:
        texts.append(alert.text)
        ids.append(alert.alert_id)
    text = texts[0] if len(texts) == 1 else "\n".join(f"• {one}" for one in texts)
    return {
        "channel": channel,
        "text": cut(text, _MOST_FALLBACK),
        "blocks": blocks_of(alerts),
        "unfurl_links": False,
        "metadata": {"event_type": "leadgate_alert", "event_payload": {"alert_ids": ids}},
    }


def blocks_of(alerts: Sequence[AlertText]) -> list[dict[str, Any]]:
    """Blocks of alerts. 20 alerts make 40 of the 50 allowed."""
    blocks: list[dict[str, Any]] = []
    for _, text, button in alerts:
        section = {"type": "mrkdwn", "text": cut(text, _MOST_SECTION), "verbatim": True}
        blocks.append({"type": "section", "text": section})
        if button:
            click = {
                "type": "button",
                "action_id": TAKEN,
                "value": button,
                "text": {"type": "plain_text", "text": "I'm on it"},
                "style": "primary",
            }
            blocks.append({"type": "actions", "elements": [click]})
    return blocks


def fitting(texts: Sequence[str]) -> int:
    """How many of some alerts, by their texts, go into one message; one at least."""
    characters = 0
    for number, text in enumerate(texts[:MOST_ALERTS]):
        characters += min(len(text), _MOST_SECTION)
        if number and characters > MOST_CHARACTERS:
            return number
    return min(len(texts), MOST_ALERTS)

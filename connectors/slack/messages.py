"""Slack messages of one or more alerts: their texts, blocks and sizes."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from connectors.core.answers import member, words

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
    content = _content_of(texts, blocks_of(alerts), ids)
    return {"channel": channel, "unfurl_links": False, **content}


def without_alert(message: Any, ids: Sequence[str], alert_id: str) -> dict[str, Any] | None:
    """What a message of ours holds without one of its alerts, None for a message of another form.

    `ids` are those of all its alerts, in the order of its blocks: each is a section, perhaps with
    a button behind it.
    """
    of_alerts: list[list[Any]] = []
    for block in member(message, "blocks") or ():
        if words(block, "type") == "section":
            of_alerts.append([block])
        elif of_alerts:
            of_alerts[-1].append(block)
    if len(of_alerts) != len(ids):
        return None
    texts: list[str] = []
    blocks: list[Any] = []
    rest: list[str] = []
    for ident, some in zip(ids, of_alerts, strict=True):
        if ident != alert_id:
            texts.append(str(member(some[0], "text", "text")))
            blocks += some
            rest.append(ident)
    return _content_of(texts, blocks, rest)


def _content_of(texts: Sequence[str], blocks: list[Any], ids: list[str]) -> dict[str, Any]:
    text = texts[0] if len(texts) == 1 else "\n".join(f"• {one}" for one in texts)
    return {
        "text": cut(text, _MOST_FALLBACK),
        "blocks": blocks,
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

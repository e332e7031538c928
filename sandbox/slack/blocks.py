"""Block Kit's limits, as the reference of each block and element states them.

Source: docs.slack.dev, reference/block-kit: blocks (section, header, divider, context, actions,
image), text object, button element; a message holds 50 blocks. The sum of all texts is not
documented; from some 11,000 characters on messages have been refused (bolt-js 2509, 2867).
"""

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.slack.calls import SlackRefusal

MOST_BLOCKS, MOST_TOGETHER = 50, 11_000
_STYLES = ("primary", "danger")
Faults = Iterator[str]


def check_blocks(blocks: Any) -> list[Any]:
    """The blocks. Raises SlackRefusal, with the place of each fault as a JSON pointer."""
    if not isinstance(blocks, list):
        raise SlackRefusal("invalid_blocks_format")
    faults = list(_message(blocks))
    if faults:
        told = [f"[ERROR] {fault}" for fault in faults]
        raise SlackRefusal("invalid_blocks", errors=faults, response_metadata={"messages": told})
    if sum(map(_length, blocks)) > MOST_TOGETHER:
        raise SlackRefusal("msg_blocks_too_long")
    return blocks


def _message(blocks: list[Any]) -> Faults:
    if len(blocks) > MOST_BLOCKS:
        yield f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        at = f"/blocks/{number}"
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in _BLOCKS:
            yield f"unsupported type: {kind} [json-pointer:{at}/type]"
            continue
        yield from _BLOCKS[kind](block, at)
        yield from _name(block, "block_id", at)
        if (ident := block.get("block_id")) and ident in seen:
            yield f"block_id already exists [json-pointer:{at}/block_id]"
        seen.add(ident or "")


def _name(thing: Any, key: str, at: str, most: int = 255) -> Faults:
    if len(str(thing.get(key) or "")) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/{key}]"


def _text(thing: Any, key: str, at: str, most: int, kinds: tuple[str, ...]) -> Faults:
    text, at = thing.get(key), f"{at}/{key}"
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"must provide an object of type {' or '.join(kinds)} [json-pointer:{at}]"
        return
    length = len(text["text"]) if isinstance(text.get("text"), str) else 0
    if not length:
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    if length > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"


_ANY = ("mrkdwn", "plain_text")
_PLAIN = ("plain_text",)


def _section(block: Any, at: str) -> Faults:
    fields = block.get("fields")
    if "text" in block or not fields:
        yield from _text(block, "text", at, 3000, _ANY)
    if fields is not None and (not isinstance(fields, list) or not 0 < len(fields) <= 10):
        yield f"no more than 10 items allowed [json-pointer:{at}/fields]"
        return
    for number, field in enumerate(fields or ()):
        yield from _text({str(number): field}, str(number), f"{at}/fields", 2000, _ANY)
    if (accessory := block.get("accessory")) is not None:
        yield from _element(accessory, f"{at}/accessory")


def _header(block: Any, at: str) -> Faults:
    yield from _text(block, "text", at, 150, _PLAIN)


def _divider(_block: Any, _at: str) -> Faults:
    yield from ()


def _context(block: Any, at: str) -> Faults:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 0 < len(elements) <= 10:
        yield f"no more than 10 items allowed [json-pointer:{at}/elements]"
        return
    for number, element in enumerate(elements):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, f"{at}/elements/{number}")
        else:
            yield from _text({str(number): element}, str(number), f"{at}/elements", 3000, _ANY)


def _actions(block: Any, at: str) -> Faults:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 0 < len(elements) <= 25:
        yield f"no more than 25 items allowed [json-pointer:{at}/elements]"
        return
    for number, element in enumerate(elements):
        yield from _element(element, f"{at}/elements/{number}")


def _image(block: Any, at: str) -> Faults:
    if not block.get("image_url") and not block.get("slack_file"):
        yield f"missing required field: image_url [json-pointer:{at}]"
    if not block.get("alt_text"):
        yield f"missing required field: alt_text [json-pointer:{at}]"
    yield from _name(block, "image_url", at, 3000)
    yield from _name(block, "alt_text", at, 2000)


def _element(element: Any, at: str) -> Faults:
    """A button; of other elements nothing is known here, and none is taken."""
    if not isinstance(element, dict) or element.get("type") not in {"button", "image"}:
        yield f"unsupported type [json-pointer:{at}/type]"
        return
    if element["type"] == "image":
        yield from _image(element, at)
        return
    yield from _text(element, "text", at, 75, _PLAIN)
    yield from _name(element, "action_id", at)
    yield from _name(element, "value", at, 2000)
    yield from _name(element, "url", at, 3000)
    if element.get("style") not in {None, *_STYLES}:
        yield f"must be one of {', '.join(_STYLES)} [json-pointer:{at}/style]"


_BLOCKS: dict[str, Callable[[Any, str], Faults]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
}


def _length(thing: Any) -> int:
    """Characters of all texts within a block."""
    if isinstance(thing, list):
        return sum(map(_length, thing))
    if not isinstance(thing, dict):
        return 0
    own = len(thing["text"]) if isinstance(thing.get("text"), str) else 0
    return own + sum(_length(inner) for inner in thing.values())

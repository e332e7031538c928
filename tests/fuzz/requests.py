"""HTTP requests to the web process, signed and with the secret or not, byte by byte."""

import base64
import hashlib
import hmac
import socket
import time
from typing import NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.values import BODIES, TEXTS, as_json

SECRET = "5e1d09ab7c34f286"
SLACK, HUBSPOT = "slack-secret-of-the-fuzz", "hubspot-secret-of-the-fuzz"
ADDRESS = "https://web.acme.test"
_PATHS = ("/capture/zapier", "/capture/apollo", "/slack/actions", "/hubspot/events")
_EVENTS = ("", "created", "unsubscribed", "bounced", "replied", "intent", "list", "visit", "x")
_TYPES = (
    b"application/json",
    b"application/x-www-form-urlencoded",
    b"text/plain",
    b"application/json; charset=utf-16",
    b"multipart/form-data",
    b"",
)
_TIMES = (b"\xb2", b"9" * 400, b"-1", b"", b"1e9", b"nan")
_WAIT = 10.0


class Request(NamedTuple):
    """A request as it goes over the wire, and whether it is one by the rules of HTTP."""

    wire: bytes
    is_sound: bool


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request to one of the endpoints."""
    path, body = draw(st.sampled_from(_PATHS)), draw(BODIES)
    if path == "/slack/actions" and draw(st.booleans()):
        body = b"payload=" + quote(as_json(draw(_clicks())).decode()).encode()
    target = path.encode()
    if path.startswith("/capture"):
        event, value = draw(st.sampled_from(_EVENTS)), draw(TEXTS)
        target += f"?event={event}&value={quote(value, errors='replace')}".encode()
    headers = [(b"host", b"web"), (b"content-type", draw(st.sampled_from(_TYPES)))]
    headers += draw(_identities(path, target, body))
    length = str(len(body)).encode()
    is_sound = draw(st.integers(0, 7)) > 0
    if not is_sound:
        length = draw(st.sampled_from([b"0", b"1", b"-5", b"x", b"9" * 30, b"999"]))
        headers.append((b"x-\xff", draw(st.binary(max_size=20))))
    headers.append((b"content-length", length))
    lines = [draw(_methods) + b" " + target + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in headers]
    return Request(b"\r\n".join(lines) + b"\r\n\r\n" + body, is_sound)


_methods = st.sampled_from([b"POST"] * 9 + [b"GET", b"PUT", b"HEAD", b"BREW"])


def _clicks() -> st.SearchStrategy[object]:
    """What Slack sends of a click, more or less."""
    action = st.fixed_dictionaries(
        {"action_id": st.sampled_from(["taken", "other"]), "value": TEXTS},
        optional={"action_ts": TEXTS},
    )
    return st.fixed_dictionaries(
        {"actions": st.lists(action, max_size=2)},
        optional={"user": st.fixed_dictionaries({"id": TEXTS})},
    )


@st.composite
def _identities(
    draw: st.DrawFn, path: str, target: bytes, body: bytes
) -> list[tuple[bytes, bytes]]:
    """The headers by which a caller is known: right four times in five."""
    right = draw(st.integers(0, 4)) > 0
    if path.startswith("/capture"):
        return [(b"x-webhook-secret", SECRET.encode() if right else draw(st.binary(max_size=9)))]
    now = time.time()
    at = str(int(now if "slack" in path else now * 1000)).encode()
    if not right:
        at = draw(st.sampled_from(_TIMES))
    if "slack" in path:
        signed = hmac.new(SLACK.encode(), b"v0:" + at + b":" + body, hashlib.sha256).hexdigest()
        return [
            (b"x-slack-request-timestamp", at),
            (b"x-slack-signature", f"v0={signed}".encode()),
        ]
    uri = b"POST" + ADDRESS.encode() + target
    digest = hmac.new(HUBSPOT.encode(), uri + body + at, hashlib.sha256).digest()
    return [
        (b"x-hubspot-request-timestamp", at),
        (b"x-hubspot-signature-v3", base64.b64encode(digest)),
    ]


def send(port: int, request: Request) -> int:
    """The status of the answer, 0 where the connection ended without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=_WAIT) as connection:
        try:
            connection.sendall(request.wire)
            if not request.is_sound:
                # it may have promised more than it has
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(64)
        except (ConnectionError, TimeoutError):
            return 0
    words = answer.split(b" ", 2)
    return int(words[1]) if answer.startswith(b"HTTP/") and words[1].isdigit() else 0

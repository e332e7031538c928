"""How fast the console is on a large site: each page and path, the notice of a change, and what a
connected client takes of memory. The server is `leadgate console serve`, without a broker."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psutil

from app.console.access.roles import Role
from app.console.access.scopes import Scope
from app.console.access.sessions import SessionStore
from app.console.access.tokens import TokenStore
from app.console.access.users import UserStore
from app.console.pages.signed_in import COOKIE
from app.console.serving.change_number import EVERY
from app.local.broker import free_port
from app.local.children import die_with_parent
from bench.console_browser import measure_browser
from bench.console_clients import measure_clients
from bench.console_filling import SECRET, LargeSite, Size
from bench.console_records import DAY, records_of
from bench.site import RULES, cpu
from leads.sealing import UNSEALED

FULL, QUICK = Size(100_000, 10_000), Size(5_000, 500)
_TIMES, _TIMES_CHANGED, _WARM = 30, 15, 2
_NAMES = ("p50", "p95", "cpu")
_START = 60.0  # seconds
_USER = "bench@acme.test"


class Server(NamedTuple):
    """A running console, and who asks it."""

    port: int
    process: psutil.Process
    session: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Of a person who is signed in, and of a token's holder."""
        return {"cookie": f"{COOKIE}={self.session}", "authorization": f"Bearer {self.token}"}


def measure_console(quick: bool, data: Path | None) -> dict[str, object]:
    """Milliseconds of each. The read model is filled in the directory `data`, or taken
    from there if it is filled already."""
    with tempfile.TemporaryDirectory() as other:
        data = data or Path(other)
        data.mkdir(parents=True, exist_ok=True)
        site = LargeSite(data, QUICK if quick else FULL)
        seconds = site.open()
        with serving(site) as server:
            return {
                "site": site.size._asdict() | {"filled_in_seconds": round(seconds, 1)},
                "clients": _measure_clients(site, server),
                "server_ms": _measure_paths(site, server),
                "browser": measure_browser(site, server.port, server.session),
            }


@contextmanager
def serving(site: LargeSite) -> Iterator[Server]:
    """The console over a site, with a user and a token of this run's."""
    port, now = free_port(), time.time()
    users, tokens = UserStore(site.model), TokenStore(site.model)
    if _USER not in {user.email for user in users.all()}:
        users.add(_USER, Role.REVIEWER, now)
    session = SessionStore(site.model).begin(_USER, now)
    token = tokens.add(f"bench {now}", [Scope.READ, Scope.PEOPLE], now)
    child = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "console", "serve", "--port", str(port)],
        env=_variables(site),
        preexec_fn=die_with_parent,
    )
    server = Server(port, psutil.Process(child.pid), session, token)
    try:
        _wait(server)
        yield server
    finally:
        child.terminate()
        child.wait(30)


def _variables(site: LargeSite) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))}
    return kept | {
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",  # nobody listens there
        "LEADGATE_RULES": str(RULES),
        "LEADGATE_DATABASE_URL": site.address,
        "LEADGATE_SITE_SECRET": SECRET,
    }


def _wait(server: Server) -> None:
    until = time.monotonic() + _START
    while True:
        try:
            ask(server, "/livez")
        except OSError:
            if not server.process.is_running() or time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def ask(server: Server, path: str) -> float:
    """Seconds until the whole answer is there. Raises RuntimeError for one that is no 200."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_START)
    try:
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", path, headers=server.headers)
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return took


def _measure_clients(site: LargeSite, server: Server) -> dict[str, float]:
    """Before the rest, whose memory the process would use again."""
    for path in ("/", "/review"):
        ask(server, path)
    return measure_clients(site, server.port, server.headers, server.process)


def _measure_paths(site: LargeSite, server: Server) -> dict[str, dict[str, float]]:
    """Each time another lead, company or owner is asked for."""
    found = {name: _measure(server, path, _TIMES) for name, path in _paths(site).items()}

    def changed(_: int) -> str:
        site.append(list(records_of(site.story(0)))[:1], UNSEALED)  # as if it was read again
        time.sleep(2 * EVERY)
        return "/"

    return {**found, "now, after a change": _measure(server, changed, _TIMES_CHANGED)}


def _measure(server: Server, path: Callable[[int], str], times: int) -> dict[str, float]:
    """Milliseconds of a request, and of the server's CPU time on average: that holds on a busy
    machine, too."""
    for number in range(_WARM):
        ask(server, path(1_000 + number))
    before = cpu(server.process)
    found = sorted(ask(server, path(number)) for number in range(times))
    used = (cpu(server.process) - before) / times
    p50, p95 = found[times // 2], found[int(times * 0.95)]
    return {name: round(one * 1000, 1) for name, one in zip(_NAMES, (p50, p95, used), strict=True)}


def _paths(site: LargeSite) -> dict[str, Callable[[int], str]]:
    """What is measured, by name; the number varies it."""
    leads, waiting = site.size
    first = time.strftime("%Y-%m-%d", time.gmtime(site.now - 28 * DAY))
    last = time.strftime("%Y-%m-%d", time.gmtime(site.now))
    kinds = "&".join(f"kind={kind}" for kind in ("captured", "written", "engaged", "nurtured"))

    def lead(number: int) -> str:
        return site.story(waiting + number * 37 % (leads - waiting)).lead_id

    def search(text: Callable[[int], str]) -> Callable[[int], str]:
        return lambda number: f"/leads?q={quote(text(number))}"

    return {
        "now": lambda _: "/",
        "review": lambda _: "/review",
        "review of a reason": lambda _: "/review?reason=unrouted",
        "review, a lead": lambda n: f"/review/{site.story(n % waiting).lead_id}",
        "leads of a place": lambda _: "/leads?place=nurtured",
        "leads on their way": lambda _: "/leads?place=in_flight",
        "leads of an owner": lambda n: f"/leads?place=engaged&owner=rep{n % 40}@acme.test",
        "a lead": lambda n: f"/leads/{lead(n)}",
        "search: a company": search(lambda n: f"Company {n * 7 + 1}"),
        "search: beyond ASCII": search(lambda n: f"MÜLLER STRASSE {n * 7}"),
        "search: a word of all": search(lambda _: "company"),
        "search: a domain": search(lambda n: f"company{n * 7 + 1}.com"),
        "search: an owner": search(lambda n: f"rep{n % 40}@acme.test"),
        "search: an id": search(lambda n: lead(n)[:8]),
        "search: nothing": search(lambda n: f"nothing {n}"),
        "search: an address": search(lambda n: f"ada{n * 90}@company{n * 9}.com"),
        "api now": lambda _: "/api/v1/now",
        "api waiting": lambda _: "/api/v1/waiting",
        "api waiting, all places": lambda _: "/api/v1/waiting?place=review&place=held",
        "api leads": lambda _: "/api/v1/leads?place=nurtured",
        "api a lead": lambda n: f"/api/v1/leads/{lead(n)}",
        "api days": lambda _: f"/api/v1/days?{kinds}&first={first}&last={last}",
        "api imports": lambda _: "/api/v1/imports",
    }

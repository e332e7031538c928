"""A running demo with its console, and a browser in which somebody is signed in."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.local.running_demo import read_variables
from tests.limits import HUNG

PASSWORD = "a long enough text"
LEADS = 200
_LINK = re.compile(rb"http://127\.0\.0\.1:\d+/welcome/\S+")


def chromium() -> str:
    """Where Debian's Chromium is; skips without it, and fails where CI is set."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("CI"):
        pytest.fail("chromium is not on the PATH: install the package chromium")
    if found is None:
        pytest.skip("no Chromium here")
    return found


class Demo:
    """A demo whose leads have settled. `link` signs the reviewer in, once."""

    def __init__(self, data: Path, link: str) -> None:
        self.data, self.link = data, link
        self.address = "{0.scheme}://{0.netloc}".format(urlsplit(link))
        self.settings = os.environ | read_variables(data)

    def run(self, *arguments: str) -> str:
        """A command's output."""
        command = [sys.executable, "-m", "app.cli", *arguments]
        done = subprocess.run(
            command, env=self.settings, check=True, capture_output=True, text=True, timeout=HUNG
        )
        return done.stdout.strip()

    def kill_console(self) -> None:
        """End the server as a crash does."""
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if line[-4:] == ["console", "serve", "--port", self.address.rpartition(":")[2]]:
                process.kill()
        wait_until(self._is_refused)

    def _is_refused(self) -> bool:
        """Whether nobody listens; the killed process stays a child of the demo."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2]))) != 0

    @contextmanager
    def console(self) -> Iterator[None]:
        """A server on the same port as the killed one."""
        port = self.address.rpartition(":")[2]
        command = [sys.executable, "-m", "app.cli", "console", "serve", "--port", port]
        with subprocess.Popen(command, env=self.settings, stderr=subprocess.PIPE) as server:
            assert server.stderr is not None
            while b"ready" not in (line := server.stderr.readline()):
                assert line, "the console has ended"
            yield
            server.send_signal(signal.SIGTERM)
            server.wait(HUNG)


@contextmanager
def running_demo(data: Path) -> Iterator[Demo]:
    """A demo of LEADS leads in a directory."""
    command = [sys.executable, "-m", "app.cli", "demo", "--leads", str(LEADS), "--data", str(data)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        link = None
        for line in process.stderr:
            if (link := _LINK.search(line)) is not None:
                break
        assert link is not None, "the demo has ended"
        yield Demo(data, link[0].decode())
        process.send_signal(signal.SIGINT)
        process.wait(HUNG)


class Visitor:
    """A browser; `faults` is what pages have said that went wrong."""

    def __init__(self, demo: Demo, browser: Browser) -> None:
        self.demo, self._browser = demo, browser
        self.state: Any = None
        self.faults: list[str] = []

    def sign_in(self, link: str) -> None:
        """Set the password by a link."""
        page = self.open(link)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_url(f"{self.demo.address}/")
        self.state = page.context.storage_state()

    def open(self, path: str, **options: Any) -> Page:
        """A page in a context of its own."""
        page = self.context(**options).new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(path if "://" in path else self.demo.address + path)
        return page

    def context(self, **options: Any) -> BrowserContext:
        """A context in which the person is signed in."""
        made = self._browser.new_context(storage_state=self.state, **options)
        made.set_default_timeout(HUNG * 1000)
        return made

    def _note(self, kind: str, text: str) -> None:
        # an answer of 4xx, or none: the tests look at what the page makes of it
        if kind in {"error", "warning"} and not text.startswith("Failed to load resource"):
            self.faults.append(text)


@contextmanager
def visiting(demo: Demo) -> Iterator[Visitor]:
    """A browser, without anybody signed in."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield Visitor(demo, browser)
        browser.close()


def wait_until(what: Callable[[], bool]) -> None:
    """Wait until it is true."""
    until = time.monotonic() + HUNG
    while not what():
        assert time.monotonic() < until
        time.sleep(0.1)

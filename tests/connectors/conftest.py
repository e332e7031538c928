"""A served sandbox, for clients that speak real HTTP."""

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from app.local.broker import free_port
from sandbox.server import make_sandbox


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The address of a sandbox without leads."""
    yield from _serve(0)


@pytest.fixture(scope="module")
def served_week() -> Iterator[str]:
    """The address of a sandbox with a week's leads."""
    yield from _serve(100)


def _serve(leads: int) -> Iterator[str]:
    port = free_port()
    app = make_sandbox(None, leads, 1, search_lag=0.0, hubspot_limit=10**6)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)

"""A sandbox on a port of its own, for clients that speak real HTTP."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.local.broker import free_port
from sandbox.google import QUOTA
from sandbox.server import make_sandbox
from tests.limits import HUNG


@contextmanager
def served_sandbox(
    leads: int = 0, crm: str = "hubspot", google_quota: int = QUOTA
) -> Iterator[str]:
    """The address of a sandbox with a week of so many leads, as `http://127.0.0.1:PORT`."""
    port = free_port()
    app = make_sandbox(
        None,
        leads,
        1,
        crm=crm,
        search_lag=0.0,
        hubspot_limit=10**6,
        google_quota=google_quota,
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(HUNG)

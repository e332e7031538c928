"""One CRM a test: every one, or those that have a sandbox."""

import asyncio
import time
from collections.abc import Callable

import httpx
import pytest

from connectors.core.crm import Crm
from connectors.memory.crm import MemoryCrm
from sandbox.generate import GONE, REPS
from tests.contract.vendors import VENDORS, Test, on_sandbox


@pytest.fixture(params=[*VENDORS, "memory"])
def on(request: pytest.FixtureRequest) -> Callable[[Test], None]:
    """Runs a test on one CRM."""

    def run(test: Test) -> None:
        if request.param == "memory":
            asyncio.run(test(MemoryCrm(time.time, {**dict.fromkeys(REPS, True), GONE: False})))
            return

        async def on_vendor(crm: Crm, control: httpx.AsyncClient) -> None:
            del control
            await test(crm)

        on_sandbox(request.param, on_vendor)

    return run


@pytest.fixture(params=list(VENDORS))
def vendor(request: pytest.FixtureRequest) -> str:
    """One CRM that has a sandbox."""
    return str(request.param)

"""A vendor that can't be reached is named with its host and the setting of its address."""

import asyncio
from collections.abc import Generator

import httpx
import pytest

from app.base.settings import Settings
from connectors.core.errors import NoAnswer
from connectors.core.http import SlidingWindowLimiter, VendorHttp


class Login(httpx.Auth):
    """Asks another host for a token first."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        yield httpx.Request("POST", "https://accounts.zoho.test/token")
        yield request


def call(base: str, vendor: str = "HubSpot", auth: httpx.Auth | None = None) -> str:
    """What a call says whose connection fails."""

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async def run() -> str:
        budget = SlidingWindowLimiter(100, 1.0)
        transport = httpx.MockTransport(refuse)
        http = VendorHttp(vendor, base, {}, lambda _: None, budget, transport, auth)
        with pytest.raises(NoAnswer) as failed:
            await http.call(dict, "GET", "/crm/objects")
        assert failed.value.not_sent
        await http.close()
        return str(failed.value)

    return asyncio.run(run())


def test_vendor_host_setting_and_call_are_named() -> None:
    assert call("http://127.0.0.1:1") == (
        "HubSpot at 127.0.0.1:1 (LEADGATE_HUBSPOT_URL) does not answer: GET /crm/objects:"
        " ConnectError refused"
    )


def test_a_login_at_another_host_names_no_setting() -> None:
    said = call("https://api.zoho.test", "Zoho", Login())
    assert said.startswith("Zoho at accounts.zoho.test does not answer: GET")


@pytest.mark.parametrize("vendor", "HubSpot Salesforce Zoho Apollo Slack Google".split())
def test_the_setting_exists(vendor: str) -> None:
    assert f"{vendor.casefold()}_url" in Settings.model_fields
    assert f"(LEADGATE_{vendor.upper()}_URL)" in call("http://x.test", vendor)

"""Settings refuse what they don't know, name what is missing, and show no secret."""

import pytest

from app.base.settings import SettingsError, load_settings
from app.setup.site_mark import secret_notes
from leads.signatures import SignatureError, Signatures


def test_an_unknown_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_HUBSPOT_TOKN", "x")
    with pytest.raises(SettingsError, match="LEADGATE_HUBSPOT_TOKN: no such setting"):
        load_settings()


def test_a_missing_one_is_named() -> None:
    with pytest.raises(SettingsError, match="LEADGATE_SITE_SECRET must be set"):
        load_settings().require("site_secret")


def test_a_wrong_one_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_POLL_SECONDS", "hunter2")
    with pytest.raises(SettingsError, match="LEADGATE_POLL_SECONDS") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_HUBSPOT_TOKEN", "hunter2")
    assert "hunter2" not in repr(load_settings())


def test_orders_are_signed_with_the_site_secret_unless_they_have_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site, new = "c0ffee8d21b94fa7", "b7c0ffee8d21f94a"
    order = ("topic", b"k", b"v")
    monkeypatch.setenv("LEADGATE_SITE_SECRET", site)
    assert load_settings().signatures.headers(*order) == Signatures(site).headers(*order)
    monkeypatch.setenv("LEADGATE_SIGNING_SECRET", new)
    assert load_settings().signatures.headers(*order) == Signatures(new).headers(*order)
    former = Signatures(site).headers(*order)
    with pytest.raises(SignatureError):
        load_settings().signatures.number_of(*order, former)
    monkeypatch.setenv("LEADGATE_OTHER_SIGNING_SECRET", site)
    assert load_settings().signatures.number_of(*order, former) == 0
    assert "LEADGATE_OTHER_SIGNING_SECRET" in secret_notes(load_settings())[0]


VENDORS = "LEADGATE_HUBSPOT_URL", "LEADGATE_GOOGLE_URL", "LEADGATE_SALESFORCE_AUDIENCE"


@pytest.mark.parametrize("variable", VENDORS)
@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://api.hubapi.com", False),
        ("http://api.hubapi.com", True),
        ("HTTP://api.hubapi.com", True),
        ("http://127.0.0.1:8100/hubspot", False),
        ("http://127.9.9.9:8100", False),
        ("http://[::1]:8100", False),
        ("http://localhost:8100", False),
        ("http://localhost.evil.com", True),
        ("http://127.0.0.1@evil.com/", True),
        ("http://127.0.0.1.evil.com/", True),
        ("http://sandbox:8900", True),
        ("ftp://api.hubapi.com", True),
        ("api.hubapi.com", True),
        ("https://", True),
        ("http://[", True),
    ],
)
def test_vendors_are_called_with_tls(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str, refused: bool
) -> None:
    monkeypatch.setenv(variable, url)
    if not refused:
        load_settings()
        return
    with pytest.raises(SettingsError, match=f"{variable}: must be an https:// address"):
        load_settings()


def test_a_sandbox_elsewhere_is_called_without_tls_if_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEADGATE_PLAIN_HTTP_HOSTS", "other, Sandbox")
    monkeypatch.setenv("LEADGATE_HUBSPOT_URL", "http://sandbox:8900/hubspot")
    assert load_settings().hubspot_url == "http://sandbox:8900/hubspot"
    monkeypatch.setenv("LEADGATE_SLACK_URL", "http://slack.com/api/")
    with pytest.raises(SettingsError, match="LEADGATE_SLACK_URL: must be"):
        load_settings()

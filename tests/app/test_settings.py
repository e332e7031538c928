"""Settings refuse what they don't know, name what is missing, and show no secret."""

import pytest

from app.base.settings import SettingsError, load_settings


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

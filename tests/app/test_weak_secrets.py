"""A secret that can be guessed is refused, and a random one never is."""

from base64 import urlsafe_b64encode
from random import Random

import pytest

from app.base.settings import SettingsError, load_settings, secrets_in
from app.base.weak_secrets import why_weak
from app.setup.site_mark import SiteState, judge_new_site, make_mark, secret_notes

GOOD = "c0ffee8d21b94fa7"


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("", "fewer than 16"),
        (" " * 40, "fewer than 16"),
        ("x" * 15, "fewer than 16"),
        ("x" * 40, "repeats"),
        ("abcdabcdabcdabcd", "repeats"),
        ("aabaabbbabaabbabab", "repeats"),
        ("0123456789abcdef", "run of neighbouring"),
        ("aabbccddeeffgghhii", "run of neighbouring"),
        ("my-leadgate-secret", "words"),
        ("changeme-changeme1", "words"),
        ("Password_for_the_site1", "words"),
        ("my-web-secret-2024", "words"),
    ],
)
def test_what_is_tried_first_is_weak(secret: str, why: str) -> None:
    assert why in why_weak(secret)


def test_no_random_secret_is_weak() -> None:
    random = Random(1)
    for size in (16, 32):
        for drawn in [random.randbytes(size) for _ in range(5000)]:
            assert why_weak(drawn.hex()) == why_weak(urlsafe_b64encode(drawn).decode()) == ""


def test_a_weak_web_secret_is_refused_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_WEB_SECRET", "hunter2")
    with pytest.raises(SettingsError, match=r"LEADGATE_WEB_SECRET: .*openssl rand") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)
    monkeypatch.setenv("LEADGATE_WEB_SECRET", GOOD)
    load_settings().require("web_secret")


@pytest.mark.parametrize("secret", ["", "  "])
def test_a_blank_site_secret_is_not_set(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("LEADGATE_SITE_SECRET", secret)
    with pytest.raises(SettingsError, match="LEADGATE_SITE_SECRET must be set"):
        load_settings().require("site_secret")


ROW = (b"row", b"{}")


@pytest.mark.parametrize(
    ("found", "secret", "refused"),
    [
        (SiteState(), "demo", True),
        (SiteState(first={0: None}), "demo", True),
        (SiteState(), GOOD, False),
        (SiteState(make_mark("demo", stated=True)), "demo", False),
        (SiteState(first={0: ROW}), "demo", False),
        (SiteState(audited=True), "demo", False),
    ],
)
def test_only_a_new_site_is_refused(found: SiteState, secret: str, refused: bool) -> None:
    faults = judge_new_site(found, why_weak(secret))
    assert bool(faults) == refused
    assert all("openssl rand -hex 32" in line for line in faults)


@pytest.mark.parametrize(("secret", "notes"), [("demo", 1), (GOOD, 0)])
def test_a_site_that_runs_with_a_weak_one_is_told(
    monkeypatch: pytest.MonkeyPatch, secret: str, notes: int
) -> None:
    monkeypatch.setenv("LEADGATE_SITE_SECRET", secret)
    assert len(secret_notes(load_settings())) == notes


def test_a_checked_secret_is_hidden_in_the_log() -> None:
    assert secrets_in({"LEADGATE_WEB_SECRET": "weak"}) == ["weak"]

"""The key of the hashes that stand for addresses outlives the secrets that wrap it."""

import asyncio

import pytest

from app.base.settings import Settings, load_settings
from app.privacy.hash_key import open_keys, read_hash_key, store_hash_key
from app.privacy.key_store import open_key_store
from app.privacy.rotation import rewrap_site
from app.privacy.wrapping import WrappingKeyError
from leads.keys import Keys

OLD, NEW = "5c34f2865e1d09ab7", "9d34f2865e1d09ab7"
ADDRESS = "ada@acme.com"


@pytest.fixture(autouse=True)
def _own_database(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_DATABASE_URL", address)


def settings(monkeypatch: pytest.MonkeyPatch, site: str, other: str = "") -> Settings:
    """Those of a process that has this site secret, and another one while it is replaced."""
    monkeypatch.setenv("LEADGATE_SITE_SECRET", site)
    for purpose in ("WRAPPING", "SIGNING"):
        monkeypatch.setenv(f"LEADGATE_OTHER_{purpose}_SECRET", other)
    return load_settings()


def hash_key(settings: Settings) -> str:
    """What a process with these settings hashes with."""
    return asyncio.run(read_hash_key(settings))


def test_a_new_sites_hash_key_says_nothing_about_its_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = settings(monkeypatch, OLD)
    assert open_key_store(own).missing() == ["hash key of addresses, in the database"]
    store_hash_key(own, begins=True)
    assert open_key_store(own).missing() == []
    key = hash_key(own)
    assert len(bytes.fromhex(key)) == 32
    store_hash_key(own, begins=True)
    store_hash_key(own, begins=False)
    assert hash_key(own) == key, "it is made once"
    assert asyncio.run(open_keys(own)).address(ADDRESS) == Keys(key).address(ADDRESS)


def test_a_site_from_before_keeps_its_secret_as_its_hash_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = settings(monkeypatch, OLD)
    assert hash_key(own) == OLD, "before provision has stored it"
    store_hash_key(own, begins=False)
    assert hash_key(own) == OLD


@pytest.mark.parametrize("begins", [True, False])
def test_the_site_secret_is_replaced_and_every_hash_stays(
    monkeypatch: pytest.MonkeyPatch, begins: bool
) -> None:
    former = settings(monkeypatch, OLD)
    store_hash_key(former, begins=begins)
    key = hash_key(former)
    assert hash_key(settings(monkeypatch, OLD, NEW)) == key
    changed = settings(monkeypatch, NEW, OLD)
    assert hash_key(changed) == key
    report = rewrap_site(changed, lambda *_: None)
    assert report.plain() == {"rewrapped": 1, "left": 0, "faults": []}
    assert hash_key(settings(monkeypatch, NEW)) == key
    with pytest.raises(WrappingKeyError, match="LEADGATE_SITE_SECRET is not the one that this"):
        hash_key(settings(monkeypatch, OLD))


def test_the_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    store_hash_key(settings(monkeypatch, OLD), begins=True)
    monkeypatch.setenv("LEADGATE_WRAPPING_SECRET", NEW)
    with pytest.raises(WrappingKeyError) as refused:
        hash_key(load_settings())
    text = str(refused.value)
    assert text.startswith("LEADGATE_WRAPPING_SECRET is not the one that this site's keys are")
    assert "set LEADGATE_OTHER_WRAPPING_SECRET" in text
    assert OLD not in text
    assert NEW not in text


def test_two_that_begin_at_once_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    own = settings(monkeypatch, OLD)

    async def begin() -> set[str]:
        doing = [asyncio.to_thread(store_hash_key, own, begins=True) for _ in range(4)]
        await asyncio.gather(*doing)
        return {await read_hash_key(own) for _ in range(4)}

    assert len(asyncio.run(begin())) == 1

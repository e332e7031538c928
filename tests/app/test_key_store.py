"""The leads' keys: the same for whoever asks, durable before they are used, and waited for."""

import asyncio
import multiprocessing
import os
import stat
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from app.base.errors import UsageError
from app.privacy.key_store import KeyStore
from app.privacy.lead_keys import StoredLeadKeys
from app.privacy.wrapping import WrappingKeyError, WrappingKeys
from leads.sealing import KeysUnavailableError, MissingKeyError, SealError, Sealing
from tests.limits import HUNG
from tests.samples import captured

SECRET = "own 7c34f2865e1d09ab"
HASH_KEY_LACKS = "hash key of addresses, in the database"
TEXT, ABOUT = b"Rosalind", [b"Lead"]


class Fixed:
    """A clock."""

    def now(self) -> float:
        """A time."""
        return 1_795_641_625.0


def keys_at(address: str, secret: str = SECRET, other: str = "") -> StoredLeadKeys:
    """The keys as one more process sees them."""
    return StoredLeadKeys(KeyStore(address), WrappingKeys(secret, other), Fixed())


def sealed_by(keys: StoredLeadKeys, lead: str) -> bytes:
    """A text, sealed for a lead."""
    cipher = keys.cipher(lead)
    assert cipher is not None
    return cipher.encrypt(TEXT, ABOUT)


def test_two_processes_agree_on_a_key_and_it_outlives_them(address: str) -> None:
    one, two = keys_at(address), keys_at(address)

    async def meet() -> None:
        many = [f"lead-{number}" for number in range(1200)]
        await asyncio.gather(one.ensure(many), two.ensure(many[::-1]))
        assert [sealed_by(one, lead) for lead in many] == [sealed_by(two, lead) for lead in many]
        assert sealed_by(keys_at(address), many[0]) == sealed_by(one, many[0])
        assert sealed_by(one, many[0]) != sealed_by(one, many[1])

    asyncio.run(meet())


def _meet(address: str, leads: list[str]) -> list[bytes]:
    keys = keys_at(address)
    asyncio.run(keys.ensure(leads))
    return [sealed_by(keys, lead) for lead in leads]


def test_four_processes_that_meet_the_same_leads_at_once_seal_alike(address: str) -> None:
    leads = [f"met-{number}" for number in range(300)]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.starmap(_meet, [(address, leads)] * 4)
    assert found == [found[0]] * 4


def test_a_lead_without_a_key_has_none_until_it_is_given_one(address: str) -> None:
    keys = keys_at(address)
    with pytest.raises(MissingKeyError):
        keys.cipher("nobody")
    asyncio.run(keys.load(["nobody"]))
    with pytest.raises(MissingKeyError):
        keys.cipher("nobody")


def test_what_is_stored_opens_nothing_without_the_site_secret(address: str) -> None:
    asyncio.run(keys_at(address).ensure(["wrapped"]))
    [stored] = KeyStore(address).read(["wrapped"]).values()
    assert stored is not None
    with pytest.raises(WrappingKeyError):
        keys_at(address, "another 865e1d09ab7c34f2").cipher("wrapped")
    with pytest.raises(WrappingKeyError):
        WrappingKeys(SECRET).unwrap("of another lead", stored)


def test_tables_are_made_once_and_missed_with_a_sentence(address: str, tmp_path: Path) -> None:
    store = KeyStore(address)
    assert store.missing() == [HASH_KEY_LACKS]
    ident = store.ident()
    store.create()
    assert store.ident() == ident
    empty = tmp_path / "empty.db"
    assert KeyStore(f"sqlite:///{empty}").missing() == [
        "table key_store",
        "table lead_keys",
        HASH_KEY_LACKS,
    ]
    assert not empty.exists()
    os.close(os.open(empty, os.O_CREAT))
    with pytest.raises(UsageError, match="leadgate provision"):
        KeyStore(f"sqlite:///{empty}").ident()


def test_a_file_that_is_gone_is_waited_for_and_never_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    KeyStore(f"sqlite:///{path}").create()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    away = path.rename(tmp_path / "away.db")
    keys = keys_at(f"sqlite:///{path}")
    with pytest.raises(KeysUnavailableError):
        keys.cipher("lead")

    async def wait() -> None:
        waiting = asyncio.ensure_future(keys.ensure(["lead"]))
        done, _ = await asyncio.wait([waiting], timeout=1.5)
        assert not done
        assert not path.exists()
        away.rename(path)
        async with asyncio.timeout(HUNG):
            await waiting

    asyncio.run(wait())
    assert sealed_by(keys, "lead") == sealed_by(keys_at(f"sqlite:///{path}"), "lead")


def test_a_command_waits_only_for_so_long(tmp_path: Path) -> None:
    keys = keys_at(f"sqlite:///{tmp_path / 'keys.db'}")
    keys.patience = 0.0
    with pytest.raises(KeysUnavailableError, match="unable to open"):
        asyncio.run(keys.load(["lead"]))


def test_a_store_that_is_made_again_stays_locked(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    store = KeyStore(f"sqlite:///{path}")
    store.create()
    store.ident()
    store.create()
    visit = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
    visit += "c.execute('SELECT * FROM lead_keys').fetchall(); c.close()"
    subprocess.run([sys.executable, "-c", visit, str(path)], check=True)
    assert path.with_name(f"{path.name}-wal").exists(), "a visitor took itself for the last one"


@pytest.mark.parametrize("wrong", ["", "leadgate.db", "mysql://host/x", "sqlite://"])
def test_an_address_that_names_no_database_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="LEADGATE_DATABASE_URL"):
        KeyStore(wrong)


def test_records_of_another_database_are_not_opened(tmp_path: Path) -> None:
    sealings = []
    for name in ("own.db", "another.db"):
        address = f"sqlite:///{tmp_path / name}"
        KeyStore(address).create()
        sealings.append(Sealing(keys_at(address)))
    own, another = sealings
    record = captured(1)
    asyncio.run(own.ensure([record]))
    asyncio.run(another.ensure([record]))
    assert own.open(own.seal(record)) == record
    with pytest.raises(SealError, match="another key"):
        another.open(own.seal(record))


def test_a_destroyed_key_is_gone_for_every_process_and_for_ever(address: str) -> None:
    clock = Moving()
    one = keys_at(address)
    other = StoredLeadKeys(KeyStore(address), WrappingKeys(SECRET), clock)
    leads = ["gone", "stays", "never had one"]
    asyncio.run(one.ensure(leads[:2]))
    asyncio.run(other.load(leads[:2]))
    stored = KeyStore(address).read(["gone"])["gone"]
    assert stored is not None
    asyncio.run(one.destroy(["gone", "never had one"]))
    clock.at += 10.0
    asyncio.run(other.ensure(leads))
    for keys in (one, other, keys_at(address)):
        asyncio.run(keys.ensure(leads))
        assert [keys.cipher(lead) is None for lead in leads] == [True, False, True]
    if address.startswith("sqlite"):
        path = Path(address.removeprefix("sqlite:///"))
        held = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
        assert stored.wrapped not in held


class Moving:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 1_795_641_625.0

    def now(self) -> float:
        """The time that it is set to."""
        return self.at


def test_an_error_of_the_database_shows_no_key(tmp_path: Path) -> None:
    """A traceback may end in a log: SQLAlchemy would print what the statement was called with."""
    path = tmp_path / "keys.db"
    store = KeyStore(f"sqlite:///{path}")
    store.create()
    drop = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('DROP TABLE lead_keys')"
    subprocess.run([sys.executable, "-c", drop, str(path)], check=True)
    key = os.urandom(16).hex()  # unlike any text in the source, which a traceback shows
    with pytest.raises(KeysUnavailableError) as raised:
        store.add({"lead-1": key.encode()}, "w1", 1.0)
    assert key not in "".join(traceback.format_exception(raised.value))

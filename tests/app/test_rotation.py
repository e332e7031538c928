"""The wrapping key is replaced while processes of every configuration work, and no lead's key is
lost or changed by it."""

import asyncio
import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess

import pytest

from app.base.settings import load_settings
from app.cli.error_messages import describe
from app.privacy.key_store import LEAD_KEYS, KeyStore
from app.privacy.lead_keys import open_lead_keys
from app.privacy.rotation import RewrapReport, WrappingState, rewrap_keys
from app.privacy.wrapping import WrappedKey, WrappingKeyError, WrappingKeys
from leads.sealing import MissingSecretError
from tests.app.command_line import FORKS
from tests.app.test_key_store import keys_at, sealed_by
from tests.limits import HUNG

OLD, NEW, THIRD = (f"{start}34f2865e1d09ab7" for start in ("5c", "9d", "e7"))
MANY = [f"lead-{number:05}" for number in range(3000)]


def filled(address: str, leads: list[str] = MANY, secret: str = OLD) -> dict[str, bytes]:
    """Give leads keys that a process with this secret alone wraps; what they seal."""
    keys = keys_at(address, secret)
    asyncio.run(keys.ensure(leads))
    return {lead: sealed_by(keys, lead) for lead in leads}


def rewrap(address: str, secret: str = NEW, other: str = OLD) -> RewrapReport:
    """One run of the command."""
    return rewrap_keys(KeyStore(address), WrappingKeys(secret, other), lambda *_: None)


def state(address: str, secret: str = NEW, other: str = OLD) -> WrappingState:
    """What doctor sees."""
    return asyncio.run(keys_at(address, secret, other).wrapping())


def sealing_at(address: str, leads: list[str], secret: str, other: str = "") -> dict[str, bytes]:
    """What these leads' keys seal in one more process."""
    keys = keys_at(address, secret, other)
    asyncio.run(keys.load(leads))
    return {lead: sealed_by(keys, lead) for lead in leads}


def test_every_key_is_wrapped_again_and_stays_the_same_key(address: str) -> None:
    before = filled(address)
    seen: list[tuple[int, int]] = []
    report = rewrap_keys(KeyStore(address), WrappingKeys(NEW, OLD), lambda *done: seen.append(done))
    assert report.plain() == {"rewrapped": 3000, "left": 0, "faults": []}
    assert seen == [(done, 3000) for done in range(500, 3001, 500)]
    assert sealing_at(address, MANY, NEW) == before
    with pytest.raises(WrappingKeyError):
        sealing_at(address, MANY, OLD)
    assert rewrap(address).rewrapped == 0


def test_processes_of_each_step_of_the_runbook_work_side_by_side(address: str) -> None:
    """Those that know one, both with the old in use, both with the new in use; then the new one
    alone."""
    before = filled(address)
    informed, changed = keys_at(address, OLD, NEW), keys_at(address, NEW, OLD)

    async def meet() -> None:
        met = [f"met-{number}" for number in range(600)]
        await asyncio.gather(informed.ensure(met), changed.ensure(met[::-1]), informed.load(MANY))
        assert [sealed_by(informed, one) for one in met] == [sealed_by(changed, one) for one in met]
        wrapped = await changed.wrapping()
        assert sum(wrapped.counts.values()) == len(MANY) + len(met)

    asyncio.run(meet())
    assert rewrap(address).faults == []
    assert sealing_at(address, MANY, OLD, NEW) == before
    assert sealing_at(address, MANY, NEW) == before


def test_a_key_that_no_secret_unwraps_says_which_is_missing(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(address, ["one"])
    monkeypatch.setenv("LEADGATE_DATABASE_URL", address)
    monkeypatch.setenv("LEADGATE_SITE_SECRET", OLD)
    monkeypatch.setenv("LEADGATE_WRAPPING_SECRET", NEW)
    [fault] = asyncio.run(open_lead_keys(load_settings()).wrapping()).faults
    with pytest.raises(MissingSecretError) as refused:
        open_lead_keys(load_settings()).cipher("one")
    for text in (fault, str(refused.value)):
        assert "derived from LEADGATE_SITE_SECRET: set LEADGATE_OTHER_WRAPPING_SECRET" in text
        assert OLD not in text
    assert describe(refused.value).exit_code == 2
    monkeypatch.setenv("LEADGATE_OTHER_WRAPPING_SECRET", OLD)
    both = open_lead_keys(load_settings())
    assert both.cipher("one")
    assert asyncio.run(both.wrapping()).faults == []
    monkeypatch.setenv("LEADGATE_SITE_SECRET", THIRD)
    monkeypatch.delenv("LEADGATE_OTHER_WRAPPING_SECRET")
    [ident] = KeyStore(address).count_by_wrapping()
    with pytest.raises(WrappingKeyError, match=f"key {ident}.*set LEADGATE_OTHER_WRAPPING_SECRET"):
        open_lead_keys(load_settings()).cipher("one")
    monkeypatch.delenv("LEADGATE_SITE_SECRET")
    monkeypatch.delenv("LEADGATE_WRAPPING_SECRET")
    with pytest.raises(WrappingKeyError, match="set LEADGATE_SITE_SECRET"):
        open_lead_keys(load_settings()).cipher("one")


def test_doctor_says_when_the_former_secret_is_needed_no_longer(address: str) -> None:
    filled(address)
    assert state(address, OLD, "").notes == []
    [note] = state(address).notes
    assert note.startswith("3000 keys of leads are wrapped with LEADGATE_OTHER_WRAPPING_SECRET")
    assert rewrap(address).lines()[1].startswith("no key of a lead is wrapped with LEADGATE_OTHER")
    [note] = state(address).notes
    assert "remove it once every process runs with the new" in note


def test_what_only_a_third_secret_unwraps_is_left_and_named(address: str) -> None:
    filled(address, MANY[:10])
    filled(address, ["third"], THIRD)
    report = rewrap(address)
    assert (report.rewrapped, report.state.former) == (10, 0)
    [fault] = report.faults
    assert "set LEADGATE_OTHER_WRAPPING_SECRET" in fault
    assert rewrap(address, NEW, THIRD).faults == []
    assert len(sealing_at(address, [*MANY[:10], "third"], NEW)) == 11


def test_a_damaged_key_is_named_and_the_others_are_wrapped(address: str) -> None:
    filled(address, MANY[:10])
    store = KeyStore(address)
    one, two, *_ = store.wrapped_with(WrappingKeys(OLD).current.ident, "", 2).items()
    store.rewrap({one[0]: (one[1], two[1])})
    report = rewrap(address)
    assert (report.rewrapped, report.faults) == (
        9,
        [f"the key of lead {one[0]} can't be unwrapped"],
    )
    assert report.plain()["left"] == 1
    with pytest.raises(WrappingKeyError, match="damaged"):
        keys_at(address, NEW, OLD).cipher(one[0])


def test_what_was_changed_meanwhile_is_not_overwritten(address: str) -> None:
    """As by an erasure: a destroyed key never comes back."""
    filled(address, MANY[:2])
    keys, store = WrappingKeys(NEW, OLD), KeyStore(address)
    read = store.wrapped_with(WrappingKeys(OLD).current.ident, "", 9)
    again = {lead: (key, WrappedKey(keys.rewrap(lead, key), "new")) for lead, key in read.items()}
    destroy(store, MANY[0])
    rewrap(address)
    assert store.rewrap(again) == 0
    assert store.read([MANY[0]]) == {MANY[0]: None}
    assert state(address).counts == {keys.current.ident: 1}


def destroy(store: KeyStore, lead: str) -> None:
    """Leave no key of a lead."""
    with store._connected() as connection:
        connection.execute(LEAD_KEYS.update().where(LEAD_KEYS.c.lead == lead).values(wrapped=None))


def kill_after(batches: int, address: str) -> None:
    """The command, killed once so many of its batches are stored."""
    left = [None] * batches

    def progress(*_: int) -> None:
        left.pop()
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    rewrap_keys(KeyStore(address), WrappingKeys(NEW, OLD), progress)


def started(target: Callable[..., object], *args: object) -> BaseProcess:
    """A process of its own."""
    process = FORKS.Process(target=target, args=args)
    process.start()
    return process


def test_killed_after_a_batch_it_goes_on_there(address: str) -> None:
    before, left = filled(address), len(MANY)
    for batches in (1, 3):
        killed = started(kill_after, batches, address)
        killed.join(HUNG)
        assert killed.exitcode == -signal.SIGKILL
        left -= 500 * batches
        assert state(address).former == left
    assert sealing_at(address, MANY, NEW, OLD) == before
    assert rewrap(address).rewrapped == left
    assert sealing_at(address, MANY, NEW) == before


def test_killed_at_any_moment_it_leaves_every_key_whole(address: str) -> None:
    before, store = filled(address), KeyStore(address)
    former = WrappingKeys(OLD).current.ident
    for limit in (2999, 1500):
        running = started(rewrap, address)
        while store.count_by_wrapping().get(former, 0) > limit:
            assert running.is_alive() or running.exitcode == 0
        os.kill(running.pid or 0, signal.SIGKILL)
        running.join(HUNG)
        assert sealing_at(address, MANY, NEW, OLD) == before
    assert rewrap(address).faults == []
    assert sealing_at(address, MANY, NEW) == before


@pytest.mark.parametrize("other", [(NEW, OLD), (OLD, NEW)])
def test_two_runs_at_once_are_harmless_also_against_each_other(
    address: str, other: tuple[str, str]
) -> None:
    before = filled(address)
    runs = [started(rewrap, address, NEW, OLD), started(rewrap, address, *other)]
    while any(one.is_alive() for one in runs):
        leads = [f"new-{len(before)}-{number}" for number in range(50)]
        before |= filled(address, leads, NEW)
    assert [one.exitcode for one in runs] == [0, 0]
    assert sealing_at(address, list(before), NEW, OLD) == before
    assert rewrap(address).faults == []
    assert sealing_at(address, list(before), NEW) == before

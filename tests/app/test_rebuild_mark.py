"""When a state may be rebuilt, and which directories belong to the rebuilt one."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from app.privacy.hash_key import SiteKeys
from app.setup.rebuild_mark import judge_rebuild
from app.setup.site_mark import ROW, Mark, SiteState, judge_state, make_mark
from app.setup.state_directory import note_rebuild
from leads.records import encode

SECRET, STORE = "a secret of the test's own", "store"
MARK = replace(make_mark(SECRET, stated=True), key_store=STORE)


def found(*, rows: bool, mark: Mark | None = MARK, audited: bool = True) -> SiteState:
    """A site whose changelog holds rows, or nothing."""
    first = (ROW, encode(MARK)) if rows else None
    return SiteState(mark, {0: first}, audited, mark)


@pytest.mark.parametrize(
    ("site", "why"),
    [
        (found(rows=False), ""),
        (found(rows=True, mark=replace(MARK, rebuilding=True)), ""),
        (found(rows=True), "the state is not lost"),
        (found(rows=False, audited=False), "nothing to rebuild"),
        (found(rows=False, mark=make_mark("another", stated=True)), "LEADGATE_SITE_SECRET"),
        (found(rows=False, mark=replace(MARK, key_store="other")), "LEADGATE_DATABASE_URL"),
    ],
)
def test_only_a_lost_state_is_rebuilt(site: SiteState, why: str) -> None:
    faults = judge_rebuild(site, SiteKeys(STORE, SECRET))
    assert bool(faults) == bool(why)
    assert why in "".join(faults)


def test_no_worker_starts_on_a_state_that_is_not_whole() -> None:
    [fault] = judge_state(found(rows=True, mark=replace(MARK, rebuilding=True)))
    assert "is being rebuilt" in fault
    assert judge_state(found(rows=True, mark=replace(MARK, rebuilt=1))) == []


def test_a_directory_of_before_the_rebuild_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "worker"
    assert note_rebuild(data, 0) == []
    assert not data.exists(), "nothing is noted of a site that was never rebuilt"
    database = data / "state" / "v1" / "0"
    database.mkdir(parents=True)
    (database / "CURRENT").write_text("")
    [fault] = note_rebuild(data, 1)
    assert str(data / "state") in fault
    (data / "state").rename(tmp_path / "away")
    assert note_rebuild(data, 1) == []
    (tmp_path / "away").rename(data / "state")
    assert note_rebuild(data, 1) == [], "it was begun after that rebuild"
    assert note_rebuild(data, 2) != []

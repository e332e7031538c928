"""What Leadgate writes is its user's alone, and reached through no link."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.core.private_files import (
    make_private_directory,
    open_private,
    read_private,
    write_private,
)

USES: dict[str, Callable[[Path], object]] = {
    "open": lambda path: os.close(open_private(path, os.O_RDWR)),
    "read": read_private,
    "write": lambda path: write_private(path, "new"),
}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def _open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("use", ["open", "write"])
def test_a_new_file_is_its_owners(tmp_path: Path, use: str) -> None:
    USES[use](tmp_path / "file")
    assert mode(tmp_path / "file") == 0o600


@pytest.mark.parametrize("use", USES)
def test_a_file_that_others_could_read_is_tightened(tmp_path: Path, use: str) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o666)
    USES[use](path)
    assert mode(path) == 0o600


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_refused_and_what_it_names_is_left(
    tmp_path: Path, use: str, *, exists: bool
) -> None:
    other, link = tmp_path / "theirs", tmp_path / "file"
    if exists:
        other.write_text("kept")
    link.symlink_to(other)
    with pytest.raises(OSError, match=r"symbolic link.*file"):
        USES[use](link)
    assert other.exists() == exists
    assert not exists or other.read_text() == "kept"


@pytest.mark.parametrize("use", USES)
def test_another_users_file_is_refused(
    tmp_path: Path, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("theirs")
    path.chmod(0o666)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match=r"belongs to another user.*file"):
        USES[use](path)
    assert (path.read_text(), mode(path)) == ("theirs", 0o666)


@pytest.mark.parametrize("use", USES)
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, use: str) -> None:
    os.mkfifo(tmp_path / "file")
    with pytest.raises(OSError, match="no regular file"):
        USES[use](tmp_path / "file")


def test_a_file_is_replaced_as_a_whole_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, "old\r\n")
    with path.open(newline="") as reader:
        write_private(path, "new")
        assert reader.read() == "old\r\n"
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "half \ud83d")
    assert [*tmp_path.iterdir()] == [path]
    assert read_private(path) == "new"


def test_directories_are_made_for_their_owner_all_the_way(tmp_path: Path) -> None:
    make_private_directory(tmp_path / "a" / "b")
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)
    (tmp_path / "a" / "b").chmod(0o755)
    make_private_directory(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_a_directory_on_another_disk_is_tightened_through_its_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(0o755)
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    make_private_directory(tmp_path / "data")
    assert mode(tmp_path / "disk") == 0o700


def test_a_directory_that_users_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(PermissionError, match=r"users share this directory.*tmp"):
        make_private_directory(shared)
    shared.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: shared.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="belongs to another user"):
        make_private_directory(shared)
    assert mode(shared) == 0o755

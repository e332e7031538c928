"""A second terminal finds the running demo, and none that has ended."""

import subprocess
from pathlib import Path

import pytest

from app.base.errors import UsageError
from app.local.running_demo import claim_directory, read_variables, to_exports

ODD = {"LEADGATE_RULES": "/a b/it's $HOME/rules.yaml", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_settings_of_the_running_demo_are_found(tmp_path: Path) -> None:
    with claim_directory(tmp_path / "demo") as running:
        with pytest.raises(UsageError, match="still starting"):
            read_variables()
        running.publish(ODD)
        assert read_variables() == ODD
        assert read_variables(tmp_path / "demo") == ODD
    with pytest.raises(UsageError, match="no demo runs on"):
        read_variables()


def test_without_a_demo_the_refusal_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no demo runs: start one with leadgate demo"):
        read_variables()
    with pytest.raises(UsageError, match="start one with leadgate demo --data"):
        read_variables(tmp_path)


def test_a_second_demo_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with claim_directory(tmp_path) as running:
        running.publish(ODD)
        with pytest.raises(UsageError, match="a demo already runs on"), claim_directory(tmp_path):
            pass
        assert read_variables(tmp_path) == ODD


def test_settings_of_an_earlier_demo_are_not_shown_while_the_next_one_starts(
    tmp_path: Path,
) -> None:
    with claim_directory(tmp_path) as running:
        running.publish(ODD)
    with (
        claim_directory(tmp_path),
        pytest.raises(UsageError, match="still starting"),
    ):
        read_variables(tmp_path)


def test_a_cache_that_cant_be_written_stops_no_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with claim_directory(tmp_path) as running:
        running.publish(ODD)
        assert read_variables(tmp_path) == ODD


def test_a_shell_reads_the_exports_as_they_are_meant() -> None:
    script = f'{to_exports(ODD)}\nprintf %s "$LEADGATE_RULES"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ODD["LEADGATE_RULES"]

"""Only the pinned jars are started, wherever Maven got others from."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.local.jars import MissingError, jars

MAVEN = """#!/bin/sh
for option; do case "$option" in -DoutputDirectory=*) to=${option#*=};; esac; done
echo "$@" > SOURCE/asked
cp SOURCE/*.jar "$to"
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a Maven of the test's own fetches: at first the jars of this machine."""
    there = tmp_path / "source"
    there.mkdir()
    for jar in jars().glob("*.jar"):
        (there / jar.name).symlink_to(jar)
    (tmp_path / "mvn").write_text(MAVEN.replace("SOURCE", str(there)))
    (tmp_path / "mvn").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return there


@pytest.mark.kafka
def test_the_pinned_jars_are_taken_and_checksums_are_asked_for(
    tmp_path: Path, source: Path
) -> None:
    home = jars(tmp_path / "cache")
    assert len([*home.glob("*.jar")]) == len([*source.glob("*.jar")])
    assert "-C" in (source / "asked").read_text().split()
    assert (home / "complete").exists()


def replace(source: Path) -> str:
    """A jar of the right name with another content."""
    jar = next(source.glob("kafka-clients-*.jar"))
    jar.unlink()
    jar.write_bytes(b"another")
    return jar.name


def remove(source: Path) -> str:
    """One jar less."""
    jar = next(source.glob("kafka-clients-*.jar"))
    jar.unlink()
    return jar.name


def add(source: Path) -> str:
    """One jar more, which would be on the class path."""
    (source / "extra-1.0.jar").write_bytes(b"another")
    return "extra-1.0.jar"


@pytest.mark.kafka
@pytest.mark.parametrize("change", [replace, remove, add])
def test_another_jar_is_named_and_never_used(
    tmp_path: Path, source: Path, change: Callable[[Path], str]
) -> None:
    name = change(source)
    for _ in range(2):
        with pytest.raises(MissingError, match=f"jars.sha256 names: {name}"):
            jars(tmp_path / "cache")
        assert not (tmp_path / "cache" / name).exists()
        assert not (tmp_path / "cache" / "complete").exists()

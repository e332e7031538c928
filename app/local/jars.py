"""Kafka's jars, fetched through Maven from the pinned pom.xml, and compared with `jars.sha256`.

That file is sha256sum's. After a change of pom.xml: delete the cache, fetch, and write there what
`sha256sum *.jar` prints in the cache.
"""

import hashlib
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path

from app.base.errors import UsageError
from app.local.cache import cache_directory
from connectors.core.private_files import make_private_directory, write_private

_PROGRAMS = {
    "java": "a Java 17 runtime (openjdk-17-jre-headless)",
    "mvn": "Maven (package maven)",
}


class MissingError(UsageError, RuntimeError):
    """Something the machine must have is not there; the text says what to install or set."""


def jars(cache: Path | None = None) -> Path:
    """The directory with Kafka's jars; the first time they are fetched.

    Raises MissingError.
    """
    home = cache or cache_directory() / "kafka-4.2.0"
    complete = home / "complete"
    if not complete.exists():
        _require_programs()
        make_private_directory(home)
        _fetch(home)
        _compare(home)
        write_private(complete, "")
    return home


def _require_programs() -> None:
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            raise MissingError(f"{program} is not on the PATH: install {package}")


def _fetch(home: Path) -> None:
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={home}")
    with as_file(files("app.local") / "pom.xml") as pom:
        # -C: a wrong checksum of the repository's ends the fetch
        command = ["mvn", "-q", "-B", "-C", "-f", str(pom), *goal]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-500:]
        raise MissingError(f"Maven could not fetch Kafka: {said}")


def _compare(home: Path) -> None:
    """Delete the jars that are not the pinned ones. Raises MissingError if there are such, or if
    one is missing."""
    lines = (files("app.local") / "jars.sha256").read_text(encoding="utf-8").splitlines()
    pinned = {name: digest for digest, name in map(str.split, lines)}
    there = {jar.name: _digest(jar) for jar in home.glob("*.jar")}
    wrong = {name for name, digest in there.items() if pinned.get(name) != digest}
    for name in wrong:
        (home / name).unlink()
    if odd := sorted(wrong | pinned.keys() - there.keys()):
        raise MissingError(
            f"Maven fetched other jars than app/local/jars.sha256 names: {', '.join(odd)}. Delete"
            " these from Maven's repository (~/.m2) and try again; if it stays so, ask where Maven"
            " fetches from"
        )


def _digest(jar: Path) -> str:
    with jar.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Kafka's jars, fetched through Maven from the pinned pom.xml."""

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
        write_private(complete, "")
    return home


def _require_programs() -> None:
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            raise MissingError(f"{program} is not on the PATH: install {package}")


def _fetch(home: Path) -> None:
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={home}")
    with as_file(files("app.local") / "pom.xml") as pom:
        command = ["mvn", "-q", "-B", "-f", str(pom), *goal]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-500:]
        raise MissingError(f"Maven could not fetch Kafka: {said}")

"""A person erased on a real broker, through the command line, with HubSpot: whoever has everything,
the keys among it, finds the person before, and nothing after."""

import base64
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from app.privacy.key_store import KeyStore
from app.privacy.wrapping import wrapping_keys
from leads import topics
from leads.records import PersonalRecord
from tests.crash.changelogs import stored_rows
from tests.limits import HUNG
from tests.sites import SiteHarness, broken_promises

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]
HEADER = (
    "First Name,Last Name,Title,Company,Email,Email Status,Country,# Employees,Industry,"
    "Person Linkedin Url,Mobile Phone\n"
)
REST = "Verified,United States,300,computer software"
PROFILE = "http://www.linkedin.com/in/rosalindq"
ROWS = (
    f"Rosalind,Quennell,VP Sales,Alike,rosalind@alike.com,{REST},{PROFILE},+12025550143\n"
    f"Rosalind,Quennell,VP Sales,Alike,r.quennell@alike.com,{REST},{PROFILE},\n"
    f"Bertram,Ohlsson,VP Sales,Alike,bertram@alike.com,{REST},,\n"
)
#: What names or reaches Rosalind, and nobody else.
HERS = re.compile(r"rosalind|quennell|2025550143", re.IGNORECASE)
_SEALED = re.compile(rb'sealed\\*":\\*"([A-Za-z0-9+/=]+)')
#: Files of Kafka's that hold offsets and times alone, 20 MB for each partition.
_OFFSETS = frozenset({".index", ".timeindex"})
BY = ("--actor", "olga", "--reason", "she asked for it")


def kinds() -> list[bytes]:
    """The kinds of records that are sealed."""
    found, todo = set(), [PersonalRecord]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        found.add(kind.__name__.encode())
    return sorted(found)


def read_apart(path: Path) -> bytes:
    """A file's bytes, read by another process: closing the database's file here would end this
    process's locks on it, and the log of whoever has it open could be lost."""
    return subprocess.run(["cat", str(path)], check=True, capture_output=True).stdout


class Intruder:
    """Has the disks, the topics, the database and the secret."""

    def __init__(self, site: SiteHarness) -> None:
        self._site, self._kinds = site, kinds()
        settings = site.settings()
        found = KeyStore(settings.database_url.get_secret_value()).read(
            [lead for lead, _ in stored_keys(site)]
        )
        wrapping = wrapping_keys(settings)
        self._ciphers = [
            AESSIV(wrapping.unwrap(lead, key)) for lead, key in found.items() if key is not None
        ]
        self._open: dict[bytes, bytes] = {}

    def finds(self) -> list[str]:
        """The places where Rosalind is found: what names her, read as it lies there or opened."""
        found = set()
        for place, data in self._all():
            for text in (data, *self._opened(data)):
                if match := HERS.search(text.decode(errors="replace")):
                    found.add(f"{place}: {match.group()}")
        return sorted(found)

    def _all(self) -> Iterator[tuple[str, bytes]]:
        for name in (*(topic.full for topic in topics.TOPICS), topics.CHANGELOG):
            for record in self._site._read(name):
                yield f"topic {name}", (record.key or b"") + b" " + (record.value or b"")
        for path in sorted(self._site.data.glob("worker/state/v*/tables/*.db")):
            for key, value in stored_rows(path).items():
                yield f"rows of {path.name}", key + b" " + value
        for path in self._site.data.rglob("*"):
            if path.is_file() and "sandbox" not in path.parts and path.suffix not in _OFFSETS:
                yield f"file {path.name}", read_apart(path)

    def _opened(self, data: bytes) -> Iterator[bytes]:
        """What a key opens in some bytes, and what lies sealed within that."""
        for sealed in _SEALED.findall(data):
            if sealed not in self._open:
                self._open[sealed] = self._decrypt(sealed)
            if plain := self._open[sealed]:
                yield plain
                yield from self._opened(plain)

    def _decrypt(self, text: bytes) -> bytes:
        try:
            sealed = base64.b64decode(text)
        except ValueError:  # cut off, in a file: the whole lies in a topic
            return b""
        for cipher, kind in product(self._ciphers, self._kinds):
            try:
                return cipher.decrypt(sealed, [kind])
            except InvalidTag:
                continue
        return b""


def stored_keys(site: SiteHarness) -> list[tuple[str, bytes | None]]:
    """Each lead's key as the database holds it."""
    database = sqlite3.connect(site.data / "leadgate.db")
    rows = database.execute("SELECT lead, wrapped FROM lead_keys").fetchall()
    database.close()
    return rows


def settled(site: SiteHarness) -> list[str]:
    """Where the three leads are, once none is under way."""
    places = sorted(site.places().values())
    return places if len(places) == 3 and "in_flight" not in places else []


def erase_until(site: SiteHarness, reached: Callable[[], bool]) -> None:
    """Run the command, and kill it as soon as something is so."""
    command = [sys.executable, "-m", "app.cli", "erase", "rosalind@alike.com", *BY]
    with (site.data / "erase.log").open("ab") as out:
        child = subprocess.Popen(command, env=site.environment(), stdout=out, stderr=out)
    site.wait_for(lambda: reached() or child.poll() is not None)
    child.kill()
    child.wait(HUNG)


def orders(site: SiteHarness, phase: str) -> bool:
    """Whether the order's phase lies in its topic."""
    return any(phase.encode() in r.value for r in site.records(topics.ERASURES))


def stops(site: SiteHarness) -> bool:
    """Whether signals of the erasure lie in their topic."""
    return any(b'"erased"' in r.value for r in site.records(topics.SIGNALS))


def test_nothing_of_the_person_is_found_after_kills_at_every_step(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path / "site", leads=0)
    table = tmp_path / "leads.csv"
    table.write_text(HEADER + ROWS)
    try:
        site.ground()
        site.work()
        site.leadgate("import", str(table))
        site.wait_for(lambda: settled(site))
        assert settled(site).count("merged") == 1
        site.kill("worker", 15)
        before = Intruder(site).finds()
        assert any(place.startswith("topic leadgate.audit") for place in before)
        assert any(place.startswith("rows of") for place in before)
        wrapped = {lead: key for lead, key in stored_keys(site) if key}
        planned = site.leadgate("erase", "rosalind@alike.com", *BY, "--dry-run")
        assert (len(planned["leads"]), planned["addresses"]) == (2, 2)
        # no worker runs: the command can't go on by itself
        for step in (lambda: orders(site, "begin"), lambda: stops(site)):
            erase_until(site, step)
        site.work()
        erase_until(site, lambda: orders(site, "finish"))
        site.kill("worker")
        site.work()
        done = site.leadgate("erase", "r.quennell@alike.com", *BY)
        assert sorted(done["leads"]) == sorted(planned["leads"])
        assert not [part for part in done["parts"] if part["outcome"] == "failed"]
        assert {part["system"] for part in done["parts"]} >= {"HubSpot", "Leadgate"}
        again = site.leadgate("erase", "rosalind@alike.com", *BY)
        assert again["event"] == done["event"]
        # she comes in again, and somebody else as before
        table.write_text(HEADER + ROWS.replace("VP Sales", "SVP Sales"))
        site.leadgate("import", str(table))
        site.wait_settled(3)
        assert [person["email"] for person in site.crm("people")] == ["bertram@alike.com"]
        assert broken_promises(site) == []
        assert site.leadgate("audit", "recompute")["different"] == {}
        site.kill("worker", 15)
        assert Intruder(site).finds() == []
        database = b"".join(map(read_apart, site.data.glob("leadgate.db*")))
        assert not [lead for lead in planned["leads"] if wrapped[lead] in database]
    finally:
        site.stop()

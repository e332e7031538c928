"""Who is in which cadence. Zoho's API doesn't tell it."""

import time

from sandbox.store import Thing
from sandbox.zoho.org import Org


def running(org: Org, person: str) -> list[Thing]:
    """Enrolments of a person that haven't ended."""
    return [
        e
        for e in org.store.all("zoho.enrolments").values()
        if e["person"] == person and e["left"] is None
    ]


def enrol(org: Org, person: str, cadence: str) -> None:
    """Put a person into a cadence; once is enough."""
    if cadence not in {e["cadence"] for e in running(org, person)}:
        ident = org.next_id()
        entry = {
            "id": ident,
            "person": person,
            "cadence": cadence,
            "entered": time.time(),
            "left": None,
        }
        org.store.put("zoho.enrolments", ident, entry)


def unenrol(org: Org, person: str, cadence: str) -> None:
    """Take a person out of it."""
    for entry in running(org, person):
        if entry["cadence"] == cadence:
            org.store.put("zoho.enrolments", entry["id"], {**entry, "left": time.time()})

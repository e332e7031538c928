"""Rows of the read model as tests of its figures write them."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert

from app.console.schema import EVENTS, LEADS, LISTS

DAY = 86_400


class Event(NamedTuple):
    """An event of a lead; its step is its place in the lead's story unless it is given."""

    kind: str
    stage: str
    day: int
    outcome: dict[str, Any] | None = None
    place: str = "in_flight"
    shadow: bool = False
    rules: str = "v1"
    suppression: str = ""
    step: int | None = None


def store(
    connection: Connection, lead: str, story: Sequence[Event], lists: Sequence[str] = ()
) -> None:
    """Store a lead's story and where it is now: where its last event with a place says."""
    rows = [_row(lead, number, event) for number, event in enumerate(story)]
    connection.execute(insert(EVENTS), rows)
    last = [row for row in rows if row["place"]][-1]
    place = {f"place_{name}": last[name] for name in ("step", "kind", "stage", "shadow", "rules")}
    connection.execute(
        insert(LEADS).values(lead=lead, place=last["place"], place_at=last["at"], **place)
    )
    if lists:
        connection.execute(
            insert(LISTS), [{"list": name, "lead": lead, "step": 0} for name in lists]
        )


def _row(lead: str, number: int, event: Event) -> dict[str, Any]:
    outcome = event.outcome or {}
    step = number if event.step is None else event.step
    return {
        "id": f"{lead} {number}",
        "lead": lead,
        "stage": event.stage,
        "kind": event.kind,
        "step": step,
        "place": event.place,
        "at": event.day * DAY + float(number),
        "day": event.day,
        "actor": "leadgate",
        "rules": event.rules,
        "shadow": event.shadow,
        "owner": outcome.get("owner", ""),
        "action": "",
        "suppression": event.suppression,
        "record": json.dumps({"outcome": event.outcome}).encode(),
        "log_offset": number,
    }

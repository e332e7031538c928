"""Rows of the read model as tests of its figures write them."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert

from app.console.schema import EVENTS, LEADS, LISTS

DAY = 86_400


class Told(NamedTuple):
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


def tell(
    connection: Connection, lead: str, story: Sequence[Told], lists: Sequence[str] = ()
) -> None:
    """Store a lead's story and where it is now: where its last event with a place says."""
    rows = [_row(lead, number, told) for number, told in enumerate(story)]
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


def _row(lead: str, number: int, told: Told) -> dict[str, Any]:
    outcome = told.outcome or {}
    step = number if told.step is None else told.step
    return {
        "id": f"{lead} {number}",
        "lead": lead,
        "stage": told.stage,
        "kind": told.kind,
        "step": step,
        "place": told.place,
        "at": told.day * DAY + float(number),
        "day": told.day,
        "actor": "leadgate",
        "rules": told.rules,
        "shadow": told.shadow,
        "owner": outcome.get("owner", ""),
        "action": "",
        "suppression": told.suppression,
        "record": json.dumps({"outcome": told.outcome}).encode(),
        "log_offset": number,
    }

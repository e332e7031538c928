"""Tasks that we make in Zoho, and what owners did by themselves: calls, meetings, notes."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.core.literals import literal
from connectors.zoho import records
from connectors.zoho.client import Record, ZohoHttp, moment
from connectors.zoho.forms import ActivityRow, NoteRow, TaskRow

#: Modules of activities, and the field that holds when they happened.
_DONE = {"Calls": "Call_Start_Time", "Events": "Created_Time", "Notes": "Created_Time"}


class ZohoTasks:
    """See crm.Crm."""

    def __init__(self, http: ZohoHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        made: dict[str, Row[str]] = {
            **await self._find([w.effect_id for w in writes if w.look_first])
        }
        rest = [w for w in writes if w.effect_id not in made]
        if rest:
            sent, until = [_task(w) for w in rest], min(w.until for w in rest)
            done = await self._http.rows("POST", "Tasks", records=sent, until=until)
            made.update({w.effect_id: row for w, row in zip(rest, done, strict=True)})
        return [made[w.effect_id] for w in writes]

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        """A note has no field of ours: its title holds the effect."""
        made: dict[str, Row[str]] = {}
        if titles := [_title(w) for w in writes if w.look_first]:
            found = await self._http.coql(
                f"select Note_Title from Notes where Note_Title in {literal(titles)}"
            )
            there = {
                n.Note_Title: n.id for n in all_of("Zoho", found, lambda item: read(item, NoteRow))
            }
            made.update({w.effect_id: there[_title(w)] for w in writes if _title(w) in there})
        if rest := [w for w in writes if w.effect_id not in made]:
            sent, until = [_note(w) for w in rest], min(w.until for w in rest)
            done = await self._http.rows("POST", "Notes", records=sent, until=until)
            made.update({w.effect_id: row for w, row in zip(rest, done, strict=True)})
        return [made[w.effect_id] for w in writes]

    async def _find(self, effects: Sequence[str]) -> dict[str, str]:
        """Tasks that earlier attempts made."""
        if not effects:
            return {}
        found = await self._http.coql(
            f"select {records.EFFECT} from Tasks where {records.EFFECT} in {literal(effects)}"
        )
        return {
            t.Leadgate_effect: t.id for t in all_of("Zoho", found, lambda item: read(item, TaskRow))
        }

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        done = (
            await self.done(min(a.since for a in asked), [a.contact_id for a in asked])
            if asked
            else []
        )
        return [
            min(
                (at for w, o, at in done if (w, o) == (a.contact_id, a.owner_id) and at >= a.since),
                default=0.0,
            )
            for a in asked
        ]

    async def done(self, since: float, of_whom: Sequence[str] = ()) -> list[tuple[str, str, float]]:
        """Whom, by whom and when: own calls, meetings and notes since a time."""
        parts = await asyncio.gather(
            *(self._done(module, field, since, of_whom) for module, field in _DONE.items())
        )
        return [one for part in parts for one in part]

    async def _done(
        self, module: str, field: str, since: float, of_whom: Sequence[str]
    ) -> list[tuple[str, str, float]]:
        whoms = ("Parent_Id",) if module == "Notes" else ("What_Id", "Who_Id")
        wanted = literal(dict.fromkeys(records.number_of(i) for i in of_whom))
        who = f" and ({' or '.join(f'{name} in {wanted}' for name in whoms)})" if of_whom else ""
        found = await self._http.coql(
            f"select Owner,{field},{','.join(whoms)} from {module} where {field} >="
            f" '{moment(since)}'{who}"
        )
        return sound("Zoho", found, partial(_activity, asked=set(of_whom)))


def _activity(item: Any, asked: set[str]) -> tuple[str, str, float]:
    """Whom, by whom and when. Raises ValueError."""
    row = read(item, ActivityRow)
    at = records.seconds(row.Call_Start_Time or row.Created_Time)
    if not at:
        raise ValueError("an activity without a time")
    return _whom(row, asked), row.Owner.id, at


def _whom(found: ActivityRow, asked: set[str]) -> str:
    """The person of an activity: a contact stands in Who_Id, a lead in What_Id, either in a note's
    Parent_Id."""
    if found.Who_Id is not None:
        return records.ident_of("Contacts", found.Who_Id.id)
    beside = found.What_Id or found.Parent_Id
    number = beside.id if beside else ""
    contact = records.ident_of("Contacts", number)
    return contact if contact in asked else number


def _title(write: NoteWrite) -> str:
    return f"Leadgate {write.effect_id}"


def _note(write: NoteWrite) -> Record:
    module, number = records.module_of(write.contact_id), records.number_of(write.contact_id)
    owner = {"Owner": {"id": write.owner_id}} if write.owner_id else {}
    return {
        **owner,
        "Note_Title": _title(write),
        "Note_Content": write.text,
        "Parent_Id": {"id": number},
        "$se_module": module,
    }


def _task(write: TaskWrite) -> Record:
    """A task's due field holds a day only (docs/design/vendors.md Zoho 2.3), so the hour stands in
    a field of ours.

    A lead stands in What_Id.
    """
    number, lead = (
        records.number_of(write.contact_id),
        records.module_of(write.contact_id) == "Leads",
    )
    whom: Record = (
        {"What_Id": {"id": number}, "$se_module": "Leads"} if lead else {"Who_Id": {"id": number}}
    )
    return {
        **whom,
        **({"Owner": {"id": write.owner_id}} if write.owner_id else {}),
        "Subject": write.subject[:255],
        "Status": "Not Started",
        "Priority": "High",
        "Due_Date": datetime.fromtimestamp(write.due, UTC).date().isoformat(),
        records.DUE: moment(write.due),
        records.EFFECT: write.effect_id,
    }

"""Tasks and notes that we make in Salesforce, and owners' own activities.

SOQL reads what was written a moment ago.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from connectors.core.activity_log import Activity, first_activities, make_once
from connectors.core.answers import read, sound
from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.core.literals import literal
from connectors.salesforce import records
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import Record
from connectors.salesforce.properties import DUE, EFFECT
from connectors.salesforce.rows import ActivityRow, note_of, task_of

#: A logged call or a one-to-one mail; a cadence's steps, list mails and our own tasks are of other
#: kinds (promise P5).
_OWN = f"IsClosed = true AND TaskSubtype IN ('Call','Email') AND {EFFECT} = null"
_TITLE = "Leadgate "  # begins a note's title; the effect's id follows

W = TypeVar("W", TaskWrite, NoteWrite)


class SalesforceTasks:
    """See crm.Crm."""

    def __init__(self, http: SalesforceHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return await make_once(writes, self._find_tasks, partial(self._make, _task))

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        """A note has no field of ours: its title holds the effect."""
        return await make_once(writes, self._find_notes, partial(self._make, _note))

    async def _make(
        self, body_of: Callable[[W], Record], writes: Sequence[W], until: float
    ) -> list[Row[str]]:
        sent = list(map(body_of, writes))
        return await self._http.collection("POST", "composite/sobjects", records=sent, until=until)

    async def _find_tasks(self, writes: Sequence[TaskWrite]) -> dict[str, str]:
        """Tasks that earlier attempts made, by effect."""
        rows = await self._http.rows(
            task_of,
            f"SELECT Id, {EFFECT} FROM Task WHERE WhoId IN {_contacts_of(writes)} AND {EFFECT} IN"
            f" {literal(w.effect_id for w in writes)}",
        )
        return dict(rows)

    async def _find_notes(self, writes: Sequence[NoteWrite]) -> dict[str, str]:
        """Notes that earlier attempts made, by effect."""
        effects: dict[str, str] = {}
        for write in writes:
            effects[_title(write)] = write.effect_id
        rows = await self._http.rows(
            note_of,
            f"SELECT Id, Title FROM Note WHERE ParentId IN {_contacts_of(writes)} AND Title IN"
            f" {literal(effects)}",
        )
        made: dict[str, str] = {}
        for title, ident in rows:
            if title in effects:
                made[effects[title]] = ident
        return made

    async def our_tasks(self, people: Sequence[str]) -> list[str]:
        """The ids of the tasks that Leadgate has made about these people."""
        if not people:
            return []
        where = f"WhoId IN {literal(people)} AND {EFFECT} != null"
        rows = await self._http.rows(task_of, f"SELECT Id, {EFFECT} FROM Task WHERE {where}")
        return [ident for _, ident in rows]

    async def our_notes(self, people: Sequence[str]) -> list[str]:
        """The ids of the notes that Leadgate has made about these people."""
        if not people:
            return []
        where = f"ParentId IN {literal(people)} AND Title LIKE '{_TITLE}%'"
        rows = await self._http.rows(note_of, f"SELECT Id, Title FROM Note WHERE {where}")
        return [ident for _, ident in rows]

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        if not asked:
            return []
        since = min(one.since for one in asked)
        return first_activities(asked, await self.done(since, f" IN {_contacts_of(asked)}"))

    async def done(self, since: float, of_whom: str = " != null") -> list[Activity]:
        """Own calls, mails, meetings and notes since a time."""
        after, closed = records.moment(since), "CompletedDateTime"
        found = await self._http.queries(
            f"SELECT WhoId, OwnerId, {closed} FROM Task WHERE WhoId{of_whom} AND {_OWN} AND"
            f" {closed} >= {after}",
            f"SELECT WhoId, OwnerId, CreatedDate FROM Event WHERE WhoId{of_whom} AND CreatedDate >="
            f" {after}",
            f"SELECT ParentId, OwnerId, CreatedDate FROM Note WHERE ParentId{of_whom} AND"
            f" CreatedDate >= {after}",
        )
        activities: list[Activity] = []
        for rows in found:
            activities += sound("Salesforce", rows, _activity)
        return activities


def _contacts_of(writes: Iterable[TaskWrite | NoteWrite | ActivityAsked]) -> str:
    """The people of some writes or questions as a list in SOQL, each once."""
    return literal(dict.fromkeys(write.contact_id for write in writes))


def _activity(item: Any) -> Activity:
    """The person, the user and the time of an activity. Raises ValueError."""
    row = read(item, ActivityRow)
    contact_id = row.WhoId or row.ParentId
    at = records.seconds(row.CompletedDateTime or row.CreatedDate)
    if not contact_id or not at:
        raise ValueError("an activity without a person or a time")
    return contact_id, row.OwnerId, at


def _title(write: NoteWrite) -> str:
    return f"{_TITLE}{write.effect_id}"


def _owner(write: TaskWrite | NoteWrite) -> dict[str, str]:
    return {"OwnerId": write.owner_id} if write.owner_id else {}


def _note(write: NoteWrite) -> Record:
    return {
        "attributes": {"type": "Note"},
        "ParentId": write.contact_id,
        **_owner(write),
        "Title": _title(write),
        "Body": write.text,
    }


def _task(write: TaskWrite) -> Record:
    """A task's due field holds a day only (docs/design/vendors.md Salesforce 1.4), so the hour
    stands in a field of ours and in the reminder."""
    due = datetime.fromtimestamp(write.due, UTC)
    at = due.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "attributes": {"type": "Task"},
        "WhoId": write.contact_id,
        **_owner(write),
        "Subject": write.subject[:255],
        "Status": "Not Started",
        "Priority": "High",
        "ActivityDate": due.date().isoformat(),
        "IsReminderSet": True,
        "ReminderDateTime": at,
        DUE: at,
        EFFECT: write.effect_id,
    }

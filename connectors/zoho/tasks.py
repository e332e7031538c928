"""Tasks that we make in Zoho, and what owners did by themselves: calls, meetings, notes."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from connectors.core.activity_log import Activity, first_activities, make_once
from connectors.core.answers import all_of, read, sound
from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.zoho import coql, records
from connectors.zoho.client import Record, ZohoHttp, moment
from connectors.zoho.forms import ActivityRow, MarkedRow, NoteRow, TaskRow
from connectors.zoho.queries import ZohoQueries

W = TypeVar("W", TaskWrite, NoteWrite)

_TITLE = "Leadgate "  # begins a note's title; the effect's id follows
#: By which fields a task or a note names its person, and the field that shows that it is ours.
_FOUND_BY = {
    "Tasks": (("What_Id", "Who_Id"), records.EFFECT),
    "Notes": (("Parent_Id",), "Note_Title"),
}
#: Modules of activities, and the field that holds when they happened.
_DONE = {"Calls": "Call_Start_Time", "Events": "Created_Time", "Notes": "Created_Time"}


class ZohoTasks:
    """See crm.Crm."""

    def __init__(self, http: ZohoHttp, queries: ZohoQueries) -> None:
        self._http, self._queries = http, queries

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return await make_once(writes, self._find_tasks, partial(self._make, "Tasks", _task))

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        """A note has no field of ours: its title holds the effect."""
        return await make_once(writes, self._find_notes, partial(self._make, "Notes", _note))

    async def _make(
        self, module: str, record_of: Callable[[W], Record], writes: Sequence[W], until: float
    ) -> list[Row[str]]:
        sent = [*map(record_of, writes)]
        return await self._http.rows("POST", module, records=sent, until=until)

    async def _find_tasks(self, writes: Sequence[TaskWrite]) -> dict[str, str]:
        """Tasks that earlier attempts made, by their effects."""
        clauses = coql.alternatives({records.EFFECT: [write.effect_id for write in writes]})
        found = await self._queries.rows("Tasks", (records.EFFECT,), clauses)
        tasks = all_of("Zoho", found, lambda item: read(item, TaskRow))
        return {task.Leadgate_effect: task.id for task in tasks}

    async def _find_notes(self, writes: Sequence[NoteWrite]) -> dict[str, str]:
        """Notes that earlier attempts made, by their effects."""
        clauses = coql.alternatives({"Note_Title": map(_title, writes)})
        found = await self._queries.rows("Notes", ("Note_Title",), clauses)
        notes = all_of("Zoho", found, lambda item: read(item, NoteRow))
        return {note.Note_Title.removeprefix(_TITLE): note.id for note in notes}

    async def made_by_us(self, module: str, contacts: Sequence[str]) -> list[str]:
        """The ids of the tasks or notes that Leadgate has made about these people."""
        people = [*map(records.number_of, contacts)]
        by, mark = _FOUND_BY[module]
        clauses = coql.alternatives(dict.fromkeys(by, people))
        found = await self._queries.rows(module, (mark,), clauses)
        ours: list[str] = []
        for row in all_of("Zoho", found, lambda item: read(item, MarkedRow)):
            if row.Leadgate_effect or (row.Note_Title or "").startswith(_TITLE):
                ours.append(row.id)
        return ours

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        if not asked:
            return []
        since = min(question.since for question in asked)
        contacts = [question.contact_id for question in asked]
        return first_activities(asked, await self.done(since, contacts))

    async def done(self, since: float, contacts: Sequence[str] = ()) -> list[Activity]:
        """Own calls, meetings and notes since a time: of these contacts, or of everybody."""
        parts = await asyncio.gather(
            *(self._done(module, field, since, contacts) for module, field in _DONE.items())
        )
        return [*chain.from_iterable(parts)]

    async def _done(
        self, module: str, field: str, since: float, contacts: Sequence[str]
    ) -> list[Activity]:
        names = ("Parent_Id",) if module == "Notes" else ("What_Id", "Who_Id")
        late, columns = f"{field} >= {coql.quoted(moment(since))}", ("Owner", field, *names)
        found: list[Any] = []
        if contacts:
            wanted = [*map(records.number_of, contacts)]
            clauses = coql.alternatives(dict.fromkeys(names, wanted), beside=1)
            both = [coql.both(late, clause) for clause in clauses]
            found = await self._queries.rows(module, columns, both)
        else:
            async for rows in self._queries.pages(module, columns, late):
                found += rows
        return sound("Zoho", found, partial(_activity, asked=set(contacts)))


def _activity(item: Any, asked: set[str]) -> Activity:
    """An activity of a contact. Raises ValueError."""
    row = read(item, ActivityRow)
    at = records.seconds(row.Call_Start_Time or row.Created_Time)
    if not at:
        raise ValueError("an activity without a time")
    return _contact_of(row, asked), row.Owner.id, at


def _contact_of(found: ActivityRow, asked: set[str]) -> str:
    """The person of an activity: a contact is in Who_Id, a lead in What_Id, either in a note's
    Parent_Id."""
    if found.Who_Id is not None:
        return records.ident_of("Contacts", found.Who_Id.id)
    number = records.id_of(found.What_Id or found.Parent_Id)
    contact = records.ident_of("Contacts", number)
    return contact if contact in asked else number


def _title(write: NoteWrite) -> str:
    return f"{_TITLE}{write.effect_id}"


def _owner(owner_id: str) -> Record:
    """The owner's field, none if no owner is named."""
    return {"Owner": {"id": owner_id}} if owner_id else {}


def _note(write: NoteWrite) -> Record:
    return {
        **_owner(write.owner_id),
        "Note_Title": _title(write),
        "Note_Content": write.text,
        "Parent_Id": {
            "module": {"api_name": records.module_of(write.contact_id)},
            "id": records.number_of(write.contact_id),
        },
    }


def _task(write: TaskWrite) -> Record:
    """A task's due field holds a day only (docs/design/vendors.md Zoho 2.3), so the hour stands in
    a field of ours."""
    return {
        **_person(write.contact_id),
        **_owner(write.owner_id),
        "Subject": write.subject[:255],
        "Status": "Not Started",
        "Priority": "High",
        "Due_Date": datetime.fromtimestamp(write.due, UTC).date().isoformat(),
        records.DUE: moment(write.due),
        records.EFFECT: write.effect_id,
    }


def _person(contact_id: str) -> Record:
    """The fields by which a task names its person: a contact in Who_Id, a lead in What_Id."""
    number = {"id": records.number_of(contact_id)}
    if records.module_of(contact_id) == "Leads":
        return {"What_Id": number, "$se_module": "Leads"}
    return {"Who_Id": number}

"""Tasks that we make in Salesforce, and what owners did by themselves.

SOQL reads what was written a moment ago.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any, NamedTuple, TypeVar

from connectors.core.answers import read, sound
from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.core.literals import literal
from connectors.salesforce import records
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import ActivityRow, Record, note_of, task_of
from connectors.salesforce.properties import DUE, EFFECT

#: A logged call or a one-to-one mail; a cadence's steps, list mails and our own tasks are of other
#: kinds (promise P5).
_OWN = f"IsClosed = true AND TaskSubtype IN ('Call','Email') AND {EFFECT} = null"


W = TypeVar("W", TaskWrite, NoteWrite)


class Activity(NamedTuple):
    """A call, mail, meeting or note: with whom, by whom, when."""

    contact_id: str
    owner_id: str
    at: float


class SalesforceTasks:
    """See crm.Crm."""

    def __init__(self, http: SalesforceHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        made = await self._find_tasks([w for w in writes if w.look_first])
        return await self._add(writes, made, _task)

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        """A note has no field of ours: its title holds the effect."""
        return await self._add(writes, await self._find_notes(writes), _note)

    async def _add(
        self, writes: Sequence[W], made: Mapping[str, str], body_of: Callable[[W], Record]
    ) -> list[Row[str]]:
        """Make those that are not among `made`, which are ids by the effects' ids."""
        rows: dict[str, Row[str]] = {**made}
        rest: list[W] = []
        sent: list[Record] = []
        until = inf
        for write in writes:
            if write.effect_id not in made:
                rest.append(write)
                sent.append(body_of(write))
                until = min(until, write.until)
        if rest:
            done = await self._http.collection(
                "POST", "composite/sobjects", records=sent, until=until
            )
            for write, row in zip(rest, done, strict=True):
                rows[write.effect_id] = row
        return [rows[write.effect_id] for write in writes]

    async def _find_tasks(self, writes: Sequence[TaskWrite]) -> dict[str, str]:
        """Tasks that earlier attempts made."""
        if not writes:
            return {}
        rows = await self._http.rows(
            task_of,
            f"SELECT Id, {EFFECT} FROM Task WHERE WhoId IN {_contacts_of(writes)} AND {EFFECT} IN"
            f" {literal(w.effect_id for w in writes)}",
        )
        return dict(rows)

    async def _find_notes(self, writes: Sequence[NoteWrite]) -> dict[str, str]:
        """Notes that earlier attempts made."""
        titles = [_title(w) for w in writes if w.look_first]
        if not titles:
            return {}
        rows = await self._http.rows(
            note_of,
            f"SELECT Id, Title FROM Note WHERE ParentId IN {_contacts_of(writes)} AND Title IN"
            f" {literal(titles)}",
        )
        by_title = dict(rows)
        made: dict[str, str] = {}
        for write in writes:
            if ident := by_title.get(_title(write)):
                made[write.effect_id] = ident
        return made

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        if not asked:
            return []
        since = min(one.since for one in asked)
        done = await self.done(since, f" IN {_contacts_of(asked)}")
        return [_first(one, done) for one in asked]

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
    """The people of some writes or questions, each once, as a query names them."""
    return literal(dict.fromkeys(write.contact_id for write in writes))


def _first(asked: ActivityAsked, done: Iterable[Activity]) -> float:
    """When the owner first did something with the contact since a time, 0 for never."""
    wanted = (asked.contact_id, asked.owner_id)
    times = (at for contact, owner, at in done if (contact, owner) == wanted and at >= asked.since)
    return min(times, default=0.0)


def _activity(item: Any) -> Activity:
    """Raises ValueError."""
    row = read(item, ActivityRow)
    contact_id = row.WhoId or row.ParentId
    at = records.seconds(row.CompletedDateTime or row.CreatedDate)
    if not contact_id or not at:
        raise ValueError("an activity without a person or a time")
    return Activity(contact_id, row.OwnerId, at)


def _title(write: NoteWrite) -> str:
    return f"Leadgate {write.effect_id}"


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

"""Tasks that we make in Salesforce, and what owners did by themselves.

SOQL reads what was written a moment ago.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.core.literals import literal
from connectors.salesforce import records
from connectors.salesforce.client import Record, SalesforceHttp, moment
from connectors.salesforce.forms import ActivityRow, NoteRow, TaskRow

#: A logged call or a one-to-one mail; a cadence's steps, list mails and our own tasks are of other
#: kinds (promise P5).
_OWN = f"IsClosed = true AND TaskSubtype IN ('Call','Email') AND {records.EFFECT} = null"


class SalesforceTasks:
    """See crm.Crm."""

    def __init__(self, http: SalesforceHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        made: dict[str, Row[str]] = {**await self._find([w for w in writes if w.look_first])}
        rest = [w for w in writes if w.effect_id not in made]
        if rest:
            sent = [_task(w) for w in rest]
            until = min(w.until for w in rest)
            done = await self._http.collection(
                "POST", "composite/sobjects", records=sent, until=until
            )
            made.update({w.effect_id: row for w, row in zip(rest, done, strict=True)})
        return [made[w.effect_id] for w in writes]

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        """A note has no field of ours: its title holds the effect."""
        made: dict[str, Row[str]] = {}
        if titles := [_title(w) for w in writes if w.look_first]:
            parents = literal(dict.fromkeys(w.contact_id for w in writes))
            [found] = await self._http.queries(
                f"SELECT Id, Title FROM Note WHERE ParentId IN {parents} AND Title IN"
                f" {literal(titles)}"
            )
            there = {
                n.Title: n.Id for n in all_of("Salesforce", found, lambda item: read(item, NoteRow))
            }
            made.update({w.effect_id: there[_title(w)] for w in writes if _title(w) in there})
        if rest := [w for w in writes if w.effect_id not in made]:
            sent = [_note(w) for w in rest]
            until = min(w.until for w in rest)
            done = await self._http.collection(
                "POST", "composite/sobjects", records=sent, until=until
            )
            made.update({w.effect_id: row for w, row in zip(rest, done, strict=True)})
        return [made[w.effect_id] for w in writes]

    async def _find(self, writes: Sequence[TaskWrite]) -> dict[str, str]:
        """Tasks that earlier attempts made."""
        if not writes:
            return {}
        effects = literal(w.effect_id for w in writes)
        whos = literal(dict.fromkeys(w.contact_id for w in writes))
        [found] = await self._http.queries(
            f"SELECT Id, {records.EFFECT} FROM Task WHERE WhoId IN {whos} AND {records.EFFECT} IN"
            f" {effects}"
        )
        return {
            t.Leadgate_Effect__c: t.Id
            for t in all_of("Salesforce", found, lambda item: read(item, TaskRow))
        }

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        whos = dict.fromkeys(a.contact_id for a in asked)
        done = await self.done(min(a.since for a in asked), f" IN {literal(whos)}") if asked else []
        return [
            min(
                (at for w, o, at in done if (w, o) == (a.contact_id, a.owner_id) and at >= a.since),
                default=0.0,
            )
            for a in asked
        ]

    async def done(self, since: float, of_whom: str = " != null") -> list[tuple[str, str, float]]:
        """Whom, by whom and when: own calls, mails, meetings and notes since a time."""
        after, closed = moment(since), "CompletedDateTime"
        tasks, events, notes = await self._http.queries(
            f"SELECT WhoId, OwnerId, {closed} FROM Task WHERE WhoId{of_whom} AND {_OWN} AND"
            f" {closed} >= {after}",
            f"SELECT WhoId, OwnerId, CreatedDate FROM Event WHERE WhoId{of_whom} AND CreatedDate >="
            f" {after}",
            f"SELECT ParentId, OwnerId, CreatedDate FROM Note WHERE ParentId{of_whom} AND"
            f" CreatedDate >= {after}",
        )
        return [
            one for rows in (tasks, events, notes) for one in sound("Salesforce", rows, _activity)
        ]


def _activity(item: Any) -> tuple[str, str, float]:
    """Whom, by whom and when. Raises ValueError."""
    row = read(item, ActivityRow)
    whom, at = row.WhoId or row.ParentId, records.seconds(row.CompletedDateTime or row.CreatedDate)
    if not whom or not at:
        raise ValueError("an activity without a person or a time")
    return whom, row.OwnerId, at


def _title(write: NoteWrite) -> str:
    return f"Leadgate {write.effect_id}"


def _note(write: NoteWrite) -> Record:
    owner = {"OwnerId": write.owner_id} if write.owner_id else {}
    return {
        "attributes": {"type": "Note"},
        "ParentId": write.contact_id,
        **owner,
        "Title": _title(write),
        "Body": write.text,
    }


def _task(write: TaskWrite) -> Record:
    """A task's due field holds a day only (docs/design/vendors.md Salesforce 1.4), so the hour
    stands in a field of ours and in the reminder."""
    due = datetime.fromtimestamp(write.due, UTC)
    at = due.strftime("%Y-%m-%dT%H:%M:%SZ")
    owner = {"OwnerId": write.owner_id} if write.owner_id else {}
    return {
        "attributes": {"type": "Task"},
        "WhoId": write.contact_id,
        **owner,
        "Subject": write.subject[:255],
        "Status": "Not Started",
        "Priority": "High",
        "ActivityDate": due.date().isoformat(),
        "IsReminderSet": True,
        "ReminderDateTime": at,
        records.DUE: at,
        records.EFFECT: write.effect_id,
    }

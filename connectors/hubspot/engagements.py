"""Tasks and notes that we make in HubSpot, and what owners did by themselves.

Look-ups go through associations, since search lags.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from connectors.core.activity_log import Activity, first_activities, make_once
from connectors.core.answers import sound
from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.core.errors import RecordRejected, VendorError
from connectors.hubspot import records
from connectors.hubspot.batches import Match, linked, read_all, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import HubSpotObject

W = TypeVar("W", TaskWrite, NoteWrite)

ACTIVITIES = ("calls", "emails", "meetings", "notes")
#: How a task and a note hang on a contact (docs/design/vendors.md HubSpot 1.3), and the property
#: that holds their text.
_TO_CONTACT = {"tasks": 204, "notes": 202}
_BODY = {"tasks": "hs_task_body", "notes": "hs_note_body"}
_ACTIVITY_READ = [
    "hs_timestamp",
    "hubspot_owner_id",
    "hs_email_direction",
    "hs_email_status",
    "hs_sequence_id",
]


class HubSpotTasks:
    """See crm.Crm."""

    def __init__(self, http: HubSpotHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        make = partial(self._make, "tasks", _task_input)
        return await make_once(writes, partial(self._find, "tasks"), make)

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        make = partial(self._make, "notes", _note_input)
        return await make_once(writes, partial(self._find, "notes"), make)

    async def _make(
        self,
        kind: str,
        input_of: Callable[[W], dict[str, Any]],
        writes: Sequence[W],
        until: float,
    ) -> list[Row[str]]:
        inputs = [*map(input_of, writes)]
        # HubSpot may rewrite the text before the effect's id
        by_effect = Match(lambda item: str(item["objectWriteTraceId"]), _effect_of)
        made = await write_all(self._http, kind, "create", inputs, by_effect, until=until)
        return [row if isinstance(row, VendorError) else row.id for row in made]

    async def _find(
        self, kind: str, writes: Sequence[TaskWrite] | Sequence[NoteWrite]
    ) -> dict[str, str]:
        """Tasks or notes that earlier attempts made, through the contacts' associations: search
        lags (docs/design/interleavings.md 5)."""
        contacts = {write.effect_id: write.contact_id for write in writes}
        found: dict[str, str] = {}
        for _, item in await self._associated(kind, [*contacts.values()], [_BODY[kind]]):
            effect = _effect_of(item)
            if effect in contacts:
                found[effect] = item.id
        return found

    async def made_by_us(self, kind: str, contacts: Sequence[str]) -> list[str]:
        """The ids of the tasks or notes of these contacts that Leadgate has made."""
        found: dict[str, None] = {}
        for _, item in await self._associated(kind, contacts, [_BODY[kind]]):
            if _effect_of(item):
                found[item.id] = None
        return [*found]

    async def _associated(
        self, kind: str, contacts: Sequence[str], properties: list[str]
    ) -> list[tuple[str, HubSpotObject]]:
        """Objects with the ids of the contacts that they are associated with, by key reads alone.

        Raises the VendorError of one that can't be read: what may be there must not be made again.
        """
        links = await linked(self._http, "contacts", kind, contacts)
        found = await read_all(self._http, kind, [*chain.from_iterable(links.values())], properties)
        pairs: list[tuple[str, HubSpotObject]] = []
        for contact, idents in links.items():
            for row in map(found.__getitem__, idents):
                if isinstance(row, HubSpotObject):
                    pairs.append((contact, row))
                elif not isinstance(row, RecordRejected):
                    raise row
        return pairs

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        contacts = [question.contact_id for question in asked]
        done: list[Activity] = []
        for kind in ACTIVITIES:
            there = await self._associated(kind, contacts, _ACTIVITY_READ)
            done += filter(None, sound("HubSpot", there, partial(_own_activity, kind)))
        return first_activities(asked, done)


def _own_activity(kind: str, found: tuple[str, HubSpotObject]) -> Activity | None:
    """A contact's activity, None for one that the owner didn't do.

    Raises ValueError for an unreadable time.
    """
    contact, item = found
    at = records.seconds(item.properties.get("hs_timestamp"))
    if not _is_own(kind, item.properties):
        return None
    return contact, item.text("hubspot_owner_id"), at


def _task_input(write: TaskWrite) -> dict[str, Any]:
    properties = {
        "hs_timestamp": records.iso(write.due),
        "hs_task_subject": write.subject,
        "hs_task_body": f"leadgate:{write.effect_id}",
        "hubspot_owner_id": write.owner_id,
        "hs_task_status": "NOT_STARTED",
        "hs_task_priority": "HIGH",
        "hs_task_type": "CALL",
    }
    return _input("tasks", write, properties)


def _note_input(write: NoteWrite) -> dict[str, Any]:
    properties = {
        "hs_timestamp": records.iso(write.at),
        "hs_note_body": f"{write.text}\nleadgate:{write.effect_id}",
        "hubspot_owner_id": write.owner_id,
    }
    return _input("notes", write, properties)


def _input(
    kind: str, write: TaskWrite | NoteWrite, properties: Mapping[str, str]
) -> dict[str, Any]:
    """A new task or note, associated with its contact."""
    link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TO_CONTACT[kind]}
    return {
        "objectWriteTraceId": write.effect_id,
        "properties": properties,
        "associations": [{"to": {"id": write.contact_id}, "types": [link]}],
    }


def _effect_of(item: HubSpotObject) -> str:
    """The effect id that ends a task's or a note's body, '' for one that isn't ours."""
    body = item.text(_BODY["tasks"]) or item.text(_BODY["notes"])
    _, mark, effect = body.rpartition("leadgate:")
    return effect if mark else ""


def _is_own(kind: str, p: Mapping[str, str | None]) -> bool:
    """Whether the owner did this: not an incoming mail, not a sequence's mail (promise P5)."""
    if kind != "emails":
        return True
    return (
        p.get("hs_email_direction") == "EMAIL"
        and p.get("hs_email_status") == "SENT"
        and not p.get("hs_sequence_id")
    )

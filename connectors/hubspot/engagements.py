"""Tasks that we make in HubSpot, and what owners did by themselves.

Look-ups go through associations: search lags.
"""

from collections.abc import Mapping, Sequence

from connectors.core.answers import sound
from connectors.core.crm import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.core.errors import RecordRejected, VendorError
from connectors.hubspot import records
from connectors.hubspot.batches import Match, linked, read_all, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import Thing

#: How a task and a note hang on a contact (docs/design/vendors.md HubSpot 1.3), and the property
#: that holds their text.
_TO_CONTACT = {"tasks": 204, "notes": 202}
_BODY = {"tasks": "hs_task_body", "notes": "hs_note_body"}


class HubSpotTasks:
    """See crm.Crm."""

    def __init__(self, http: HubSpotHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return await self._add("tasks", [(write, _task(write)) for write in writes])

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        return await self._add("notes", [(write, _note(write)) for write in writes])

    async def _add(
        self, kind: str, writes: Sequence[tuple[TaskWrite | NoteWrite, dict[str, str]]]
    ) -> list[Row[str]]:
        """Those that an earlier attempt made are found; the rest is made in one call."""
        looked = [w for w, _ in writes if w.look_first]
        rows: dict[str, Row[str]] = {
            **await self._find(kind, [w.contact_id for w in looked], {w.effect_id for w in looked})
        }
        rest = [(w, properties) for w, properties in writes if w.effect_id not in rows]
        link = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TO_CONTACT[kind]}]
        inputs = [
            {
                "objectWriteTraceId": w.effect_id,
                "properties": properties,
                "associations": [{"to": {"id": w.contact_id}, "types": link}],
            }
            for w, properties in rest
        ]
        # HubSpot may rewrite the text before it
        by_effect = Match(lambda item: str(item["objectWriteTraceId"]), _effect_of)
        until = min((w.until for w, _ in rest), default=0.0)
        done = (
            await write_all(self._http, kind, "create", inputs, by_effect, until=until)
            if inputs
            else []
        )
        for (w, _), row in zip(rest, done, strict=True):
            rows[w.effect_id] = row if isinstance(row, VendorError) else row.id
        return [rows[w.effect_id] for w, _ in writes]

    async def _find(self, kind: str, contacts: Sequence[str], effects: set[str]) -> dict[str, str]:
        """Tasks or notes that earlier attempts made, through the contacts' associations: search
        lags (docs/design/interleavings.md 5)."""
        if not contacts:
            return {}
        there = await self._associated("contacts", kind, contacts, [_BODY[kind]])
        return {effect: t.id for _, t in there if (effect := _effect_of(t)) in effects}

    async def _associated(
        self, source: str, target: str, ids: Sequence[str], properties: list[str]
    ) -> list[tuple[str, Thing]]:
        """Objects with the ids of what they are associated with, by key reads alone.

        Raises the VendorError of one that can't be read: what isn't known to be absent must not
        be made again.
        """
        pairs = [
            (a, b)
            for a, some in (await linked(self._http, source, target, ids)).items()
            for b in some
        ]
        found = await read_all(self._http, target, [b for _, b in pairs], properties)
        rows = [(a, found[b]) for a, b in pairs]
        for _, row in rows:
            if isinstance(row, VendorError) and not isinstance(row, RecordRejected):
                raise row
        return [(a, row) for a, row in rows if isinstance(row, Thing)]

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        times: dict[str, list[tuple[str, float]]] = {}
        wanted = [
            "hs_timestamp",
            "hubspot_owner_id",
            "hs_email_direction",
            "hs_email_status",
            "hs_sequence_id",
        ]
        for kind in ("calls", "emails", "meetings", "notes"):
            there = await self._associated("contacts", kind, [a.contact_id for a in asked], wanted)
            done = sound(
                "HubSpot",
                there,
                lambda pair: (
                    pair[0],
                    pair[1],
                    records.seconds(pair[1].properties.get("hs_timestamp")),
                ),
            )
            for contact, item, at in done:
                if _is_own(kind, item.properties):
                    times.setdefault(contact, []).append(
                        (item.properties.get("hubspot_owner_id") or "", at)
                    )
        found = (
            [
                at
                for owner, at in times.get(a.contact_id, ())
                if owner == a.owner_id and at >= a.since
            ]
            for a in asked
        )
        return [min(own, default=0.0) for own in found]


def _task(write: TaskWrite) -> dict[str, str]:
    return {
        "hs_timestamp": records.iso(write.due),
        "hs_task_subject": write.subject,
        "hs_task_body": f"leadgate:{write.effect_id}",
        "hubspot_owner_id": write.owner_id,
        "hs_task_status": "NOT_STARTED",
        "hs_task_priority": "HIGH",
        "hs_task_type": "CALL",
    }


def _note(write: NoteWrite) -> dict[str, str]:
    body = f"{write.text}\nleadgate:{write.effect_id}"
    return {
        "hs_timestamp": records.iso(write.at),
        "hs_note_body": body,
        "hubspot_owner_id": write.owner_id,
    }


def _effect_of(item: Thing) -> str:
    """The effect id that ends a task's or a note's body, '' for one that isn't ours."""
    body = next((text for name in _BODY.values() if (text := item.properties.get(name))), "")
    return body.rpartition("leadgate:")[2] if "leadgate:" in body else ""


def _is_own(kind: str, p: Mapping[str, str | None]) -> bool:
    """Not an incoming mail, not a sequence's mail: the owner's own doing (promise P5)."""
    if kind != "emails":
        return True
    return (
        p.get("hs_email_direction") == "EMAIL"
        and p.get("hs_email_status") == "SENT"
        and not p.get("hs_sequence_id")
    )

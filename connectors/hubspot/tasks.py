"""Tasks that we make in HubSpot, and what owners did by themselves. Look-ups go through associations: search lags."""

from collections.abc import Sequence
from typing import Any

from connectors.contract import ActivityAsked, NoteWrite, Row, TaskWrite
from connectors.errors import RowRetryable
from connectors.hubspot import records
from connectors.hubspot.batches import chunks, failures
from connectors.hubspot.client import HubSpotHttp

#: How a task and a note hang on a contact (facts/hubspot.md 1.3), and the property that holds their text.
_TO_CONTACT = {"tasks": 204, "notes": 202}
_BODY = {"tasks": "hs_task_body", "notes": "hs_note_body"}


class HubSpotTasks:
    """See contract.Crm."""

    def __init__(self, http: HubSpotHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return await self._add("tasks", [(write, _task(write)) for write in writes])

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        return await self._add("notes", [(write, _note(write)) for write in writes])

    async def _add(self, kind: str, writes: Sequence[tuple[TaskWrite | NoteWrite, dict[str, str]]]) -> list[Row[str]]:
        """Those that an earlier attempt made are found; the rest is made in one call."""
        looked = [w for w, _ in writes if w.look_first]
        rows: dict[str, Row[str]] = {**await self._find(kind, [w.contact_id for w in looked], {w.effect_id for w in looked})}
        if rest := [(w, properties) for w, properties in writes if w.effect_id not in rows]:
            link = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TO_CONTACT[kind]}]
            inputs = [
                {
                    "objectWriteTraceId": w.effect_id,
                    "properties": properties,
                    "associations": [{"to": {"id": w.contact_id}, "types": link}],
                }
                for w, properties in rest
            ]
            body = await self._http.batch(kind, "create", inputs, until=min(w.until for w, _ in rest))
            rows.update({_effect_of(item): str(item["id"]) for item in body.get("results", [])})
            rows.update(failures(body))
        return [rows.get(w.effect_id, RowRetryable(f"HubSpot answered nothing about this of the {kind}")) for w, _ in writes]

    async def _find(self, kind: str, contacts: Sequence[str], effects: set[str]) -> dict[str, str]:
        """Tasks or notes that earlier attempts made, through the contacts' associations: search lags (INTERLEAVINGS 5)."""
        if not contacts:
            return {}
        there = await self._associated("contacts", kind, contacts, [_BODY[kind]])
        return {effect: str(t["id"]) for _, t in there if (effect := _effect_of(t)) in effects}

    async def _associated(
        self, source: str, target: str, ids: Sequence[str], properties: list[str]
    ) -> list[tuple[str, dict[str, Any]]]:
        """Objects with the ids of what they are associated with, by key reads alone."""
        pairs: list[tuple[str, str]] = []
        for some in chunks(list(dict.fromkeys(ids)), 1000):
            body = await self._http.associate(source, target, "read", [{"id": i} for i in some])
            pairs += [(str(r["from"]["id"]), str(t["toObjectId"])) for r in body.get("results", []) for t in r.get("to", [])]
        found: dict[str, dict[str, Any]] = {}
        for some in chunks(list(dict.fromkeys(b for _, b in pairs))):
            read = await self._http.batch(target, "read", [{"id": i} for i in some], properties=properties)
            found.update({str(item["id"]): item for item in read.get("results", [])})
        return [(a, found[b]) for a, b in pairs if b in found]

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        times: dict[str, list[tuple[str, float]]] = {}
        wanted = ["hs_timestamp", "hubspot_owner_id", "hs_email_direction", "hs_email_status", "hs_sequence_id"]
        for kind in ("calls", "emails", "meetings", "notes"):
            for contact, item in await self._associated("contacts", kind, [a.contact_id for a in asked], wanted):
                p = item.get("properties") or {}
                if _is_own(kind, p):
                    times.setdefault(contact, []).append(
                        (p.get("hubspot_owner_id") or "", records.seconds(p.get("hs_timestamp")))
                    )
        found = ([at for owner, at in times.get(a.contact_id, ()) if owner == a.owner_id and at >= a.since] for a in asked)
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
    return {"hs_timestamp": records.iso(write.at), "hs_note_body": body, "hubspot_owner_id": write.owner_id}


def _effect_of(item: dict[str, Any]) -> str:
    """The effect id that ends a task's or a note's body, '' for one that isn't ours."""
    properties = item.get("properties") or {}
    body = next((text for name in _BODY.values() if (text := properties.get(name))), "")
    return body.rpartition("leadgate:")[2] if "leadgate:" in body else ""


def _is_own(kind: str, p: dict[str, Any]) -> bool:
    """Not an incoming mail, not a sequence's mail: the owner's own doing (promise P5)."""
    if kind != "emails":
        return True
    return p.get("hs_email_direction") == "EMAIL" and p.get("hs_email_status") == "SENT" and not p.get("hs_sequence_id")

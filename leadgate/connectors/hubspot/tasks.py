"""Tasks that we make in HubSpot, and what owners did by themselves. Look-ups go through associations: search lags."""

from collections.abc import Sequence
from typing import Any

from leadgate.connectors.contract import ActivityAsked, Row, TaskWrite
from leadgate.connectors.errors import RowRetryable
from leadgate.connectors.hubspot import records
from leadgate.connectors.hubspot.batches import chunks, failures
from leadgate.connectors.hubspot.client import HubSpotHttp

_TASK_TO_CONTACT = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]


class HubSpotTasks:
    """See contract.Crm."""

    def __init__(self, http: HubSpotHttp) -> None:
        self._http = http

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        made = await self._find_tasks([w for w in writes if w.look_first])
        rest = [w for w in writes if w.effect_id not in made]
        if rest:
            inputs = [
                {
                    "objectWriteTraceId": w.effect_id,
                    "properties": {
                        "hs_timestamp": records.iso(w.due),
                        "hs_task_subject": w.subject,
                        "hs_task_body": f"leadgate:{w.effect_id}",
                        "hubspot_owner_id": w.owner_id,
                        "hs_task_status": "NOT_STARTED",
                        "hs_task_priority": "HIGH",
                        "hs_task_type": "CALL",
                    },
                    "associations": [{"to": {"id": w.contact_id}, "types": _TASK_TO_CONTACT}],
                }
                for w in rest
            ]
            body = await self._http.batch("tasks", "create", inputs, until=min(w.until for w in rest))
            failed = failures(body)
            made.update({_effect_of(item): str(item["id"]) for item in body.get("results", [])})
            made_or_failed: dict[str, Row[str]] = {**made, **failed}
        else:
            made_or_failed = dict(made)
        return [made_or_failed.get(w.effect_id, RowRetryable("HubSpot answered nothing about this task")) for w in writes]

    async def _find_tasks(self, writes: Sequence[TaskWrite]) -> dict[str, str]:
        """Tasks that earlier attempts made, through the contact's associations: search lags (INTERLEAVINGS 5)."""
        if not writes:
            return {}
        wanted = {w.effect_id for w in writes}
        tasks = await self._associated("contacts", "tasks", [w.contact_id for w in writes], ["hs_task_body"])
        return {effect: str(t["id"]) for _, t in tasks if (effect := _effect_of(t)) in wanted}

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


def _effect_of(task: dict[str, Any]) -> str:
    return ((task.get("properties") or {}).get("hs_task_body") or "").removeprefix("leadgate:")


def _is_own(kind: str, p: dict[str, Any]) -> bool:
    """Not an incoming mail, not a sequence's mail: the owner's own doing (promise P5)."""
    if kind != "emails":
        return True
    return p.get("hs_email_direction") == "EMAIL" and p.get("hs_email_status") == "SENT" and not p.get("hs_sequence_id")

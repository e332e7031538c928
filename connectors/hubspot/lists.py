"""HubSpot's manual lists: their members, by the lists' names."""

from collections.abc import Sequence
from functools import partial

from connectors.core.crm import Row
from connectors.core.errors import RecordRejected
from connectors.core.row_results import raise_first
from connectors.core.splitting import one_by_one
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import Lists, Members


class HubSpotLists:
    """See crm.Crm. A list's name is looked up once."""

    def __init__(self, http: HubSpotHttp) -> None:
        self._http = http
        self._ids: dict[str, str] = {}

    async def enter(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Put contacts on a list; answers their ids."""
        return await self._members(name, contact_ids, "add")

    async def leave(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Take contacts off a list; answers their ids."""
        return await self._members(name, contact_ids, "remove")

    async def take_off(self, name: str, contact_id: str) -> None:
        """Take one contact off a list. Raises its VendorError."""
        raise_first(await self.leave(name, [contact_id]))

    async def _members(self, name: str, contact_ids: Sequence[str], verb: str) -> list[Row[str]]:
        change = partial(self._change, await self.list_id(name), verb)
        asked = [*dict.fromkeys(contact_ids)]
        rows = dict(zip(asked, await one_by_one(asked, change), strict=True))
        return [rows[ident] for ident in contact_ids]

    async def _change(self, list_id: str, verb: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        path = "/crm/lists/{v}/{}/memberships/{}"
        body = await self._http.send(Members, "PUT", path, list_id, verb, body=[*contact_ids])
        missing = {*map(str, body.recordIdsMissing or ())}
        rows: list[Row[str]] = []
        for ident in contact_ids:
            if ident in missing:
                rows.append(RecordRejected(f"contact {ident} is deleted", "deleted"))
            else:
                rows.append(ident)
        return rows

    async def list_id(self, name: str) -> str:
        """The id of a manual list. Raises RecordRejected for one that isn't there."""
        if name not in self._ids:
            body = {"query": name, "processingTypes": ["MANUAL"], "count": 100}
            found = await self._http.send(Lists, "POST", "/crm/lists/{v}/search", body=body)
            self._ids.update({item.name: str(item.listId) for item in found.lists})
        if name not in self._ids:
            raise RecordRejected(f"HubSpot has no manual list {name!r}; run leadgate provision")
        return self._ids[name]

"""Owners of Zoho's people: written, and read back by id.

Every record has an owner there. The integration user counts as nobody.
"""

from collections.abc import Callable, Sequence
from functools import partial

from connectors.core.answers import all_of
from connectors.core.assignment import assign
from connectors.core.crm import OwnerReadback, OwnerWrite, Row
from connectors.core.errors import RecordRejected, Unreadable
from connectors.core.splitting import one_by_one
from connectors.zoho import records
from connectors.zoho.client import ZohoHttp
from connectors.zoho.forms import OwnedRow, Rows, owned
from connectors.zoho.setup import ZohoAccount
from connectors.zoho.updates import update_people
from connectors.zoho.written_fields import owner_fields
from leads.records import Change

_MODULES = ("Leads", "Contacts")


class ZohoOwners:
    """See crm.Crm."""

    def __init__(self, http: ZohoHttp, account: ZohoAccount, clock: Callable[[], float]) -> None:
        self._http, self._account, self._clock = http, account, clock
        self.owner, self.owner_by_email = account.users.by_id, account.users.by_email

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        return await assign(
            writes,
            self.owner_by_email,
            owner_fields,
            partial(update_people, self._http),
            "Zoho has no active user",
        )

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        return await one_by_one(contact_ids, self._read)

    async def _read(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        at, me = self._clock(), await self._account.me()
        numbers = records.by_module(dict.fromkeys(contact_ids))
        found: dict[str, str] = {}
        for module in _MODULES:
            if module in numbers:
                for row in await self._owned(module, numbers[module]):
                    found[records.ident_of(module, row.id)] = row.Owner.id
        return [await self._shown(found.get(ident), ident, me, at) for ident in contact_ids]

    async def _owned(self, module: str, numbers: Sequence[str]) -> list[OwnedRow]:
        """Records of a module with their owners."""
        params = {"ids": ",".join(numbers), "fields": "Owner"}
        body = await self._http.call(Rows, "GET", "{}", module, params=params, nothing=Rows([]))
        if not body.is_whole:
            raise Unreadable(
                f"Zoho shows {len(body.data)} rows of {module} and says that there are others"
            )
        return all_of("Zoho", body.data, owned)

    async def _shown(
        self, owner_id: str | None, ident: str, me: str, at: float
    ) -> Row[OwnerReadback]:
        if owner_id is None:
            return RecordRejected(f"{ident} is deleted", "deleted")
        owner = await self.owner(owner_id) if owner_id != me else None
        if owner is None:
            return OwnerReadback(owner_id="", email="", active=False, at=at)
        return OwnerReadback(owner_id=owner.id, email=owner.email, active=owner.active, at=at)

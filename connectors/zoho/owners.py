"""Owners of Zoho's people: written, and read back by id.

Every record has an owner there; the one who made it is nobody's rep.
"""

from collections.abc import Callable, Sequence

from connectors.core.answers import all_of
from connectors.core.crm import OwnerReadback, OwnerWrite, Row
from connectors.core.errors import RecordRejected, Unreadable
from connectors.core.splitting import one_by_one
from connectors.zoho import records
from connectors.zoho.client import Record, ZohoHttp
from connectors.zoho.forms import Rows, owned
from connectors.zoho.setup import ZohoAccount
from leads.records import Change

_MODULES = ("Leads", "Contacts")


class ZohoOwners:
    """See crm.Crm."""

    def __init__(self, http: ZohoHttp, account: ZohoAccount, clock: Callable[[], float]) -> None:
        self._http, self._account, self._clock = http, account, clock
        self.owner, self.owner_by_email = account.users.by_id, account.users.by_email

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        rows: list[Row[Change]] = []
        sent: dict[str, list[tuple[str, Record]]] = {module: [] for module in _MODULES}
        for write in writes:
            owner = await self.owner_by_email(write.owner_email) if write.owner_email else None
            if write.owner_email and (owner is None or not owner.active):
                rows.append(
                    RecordRejected(f"Zoho has no active user {write.owner_email}", "no_owner")
                )
                continue
            fields = records.owner_fields(write, owner.id if owner else "")
            number = records.number_of(write.contact_id)
            sent[records.module_of(write.contact_id)].append(
                (write.contact_id, {"id": number, **fields})
            )
            rows.append(Change(contact_id=write.contact_id, wrote=fields, before={}))
        failed = {}
        for module, part in sent.items():
            done = await self._http.rows(
                "PUT", "{}", module, records=[record for _, record in part]
            )
            failed.update(
                {
                    ident: row
                    for (ident, _), row in zip(part, done, strict=True)
                    if not isinstance(row, str)
                }
            )
        return [failed.get(row.contact_id, row) if isinstance(row, Change) else row for row in rows]

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        return await one_by_one(contact_ids, self._read)

    async def _read(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        at, me = self._clock(), await self._account.me()
        found: dict[str, str] = {}
        for module in _MODULES:
            numbers = [
                records.number_of(i)
                for i in dict.fromkeys(contact_ids)
                if records.module_of(i) == module
            ]
            if numbers:
                params = {"ids": ",".join(numbers), "fields": "Owner"}
                body = await self._http.call(
                    Rows, "GET", "{}", module, params=params, nothing=Rows([])
                )
                if not body.is_whole:
                    raise Unreadable(
                        f"Zoho shows {len(body.data)} rows of {module} and says that there are"
                        " others"
                    )
                rows = all_of("Zoho", body.data, owned)
                found.update({records.ident_of(module, row.id): row.Owner.id for row in rows})
        return [await self._shown(found.get(ident), ident, me, at) for ident in contact_ids]

    async def _shown(
        self, owner_id: str | None, ident: str, me: str, at: float
    ) -> Row[OwnerReadback]:
        if owner_id is None:
            return RecordRejected(f"{ident} is deleted", "deleted")
        owner = await self.owner(owner_id) if owner_id != me else None
        if owner is None:
            return OwnerReadback(owner_id="", email="", active=False, at=at)
        return OwnerReadback(owner_id=owner.id, email=owner.email, active=owner.active, at=at)

"""A CRM in memory: the contract's double for tests, and the instant CRM of the benchmark.

Nothing is stored on disk.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from msgspec.structs import replace

from connectors.core.activity_log import Activity, first_activities
from connectors.core.assignment import Assigned, assign
from connectors.core.crm import (
    ActivityAsked,
    CrmRequirements,
    NoteWrite,
    Owner,
    OwnerReadback,
    OwnerWrite,
    Row,
    TaskWrite,
)
from connectors.core.erasing import EraseReport
from connectors.core.fields import Field, faults_of, missing
from connectors.core.lawful_basis import WORDS, BasisProperties
from connectors.core.list_only import ListOnlySequences
from connectors.core.stopping import OPT_OUT
from connectors.memory.contacts import MemoryContacts, deleted
from leads.erasure import NOTHING, Erasure
from leads.records import Change

N = TypeVar("N", TaskWrite, NoteWrite)
_TEAMS = ("Sales",)
_BASIS = BasisProperties(
    basis=Field(name="lawful_basis", label="Lawful basis", type="text"),
    source=Field(name="source", label="Source", type="text"),
    words=WORDS,
    basis_is_ours=True,
)


class MemoryCrm(MemoryContacts):
    """See crm.Crm. Every address is a user's, unless `users` lists the users.

    `users` are addresses, and whether each is active.

    As in a vendor's CRM, a repeated task or note is made again, unless the write has `look_first`.
    """

    tells_deleted = True
    identity = frozenset({"email"})
    basis = _BASIS

    def __init__(self, clock: Callable[[], float], users: dict[str, bool] | None = None) -> None:
        super().__init__(clock)
        self._users = users
        self._sequences = ListOnlySequences("the CRM in memory")
        self.enrol, self.unenrol = self._sequences.enrol, self._sequences.unenrol
        self.company_fields = self._sequences.company_fields
        self.tasks: list[TaskWrite] = []
        self.notes: list[NoteWrite] = []
        self.lists: dict[str, set[str]] = {}
        self._fields: list[Field] = []

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        by_email = self.owner_by_email
        return await assign(writes, by_email, _assignment, self._assign, "no active owner")

    async def _assign(self, assigned: Sequence[Assigned]) -> list[Row[str]]:
        rows: list[Row[str]] = []
        for contact_id, fields in assigned:
            contact = self.people.get(contact_id)
            if contact is None:
                rows.append(deleted(contact_id))
                continue
            owner_id = fields.get("owner", contact.owner_id)
            self._store(replace(contact, owner_id=owner_id, status=fields["status"]))
            self.values.setdefault(contact_id, {}).update(fields)
            rows.append(contact_id)
        return rows

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        rows: list[Row[OwnerReadback]] = []
        for ident in contact_ids:
            contact = self.people.get(ident)
            if contact is None:
                rows.append(deleted(ident))
                continue
            rows.append(await self._owner_of(contact.owner_id))
        return rows

    async def _owner_of(self, owner_id: str) -> OwnerReadback:
        owner = await self.owner(owner_id) if owner_id else None
        if owner is None:
            return OwnerReadback(owner_id=owner_id, email="", active=False, at=self._clock())
        return OwnerReadback(
            owner_id=owner_id, email=owner.email, active=owner.active, at=self._clock()
        )

    async def owner(self, owner_id: str) -> Owner | None:
        return await self.owner_by_email(owner_id)

    async def owner_by_email(self, email: str) -> Owner | None:
        address = email.casefold()
        if self._users is None:
            return Owner(id=address, email=address, active=True, teams=_TEAMS)
        if address not in self._users:
            return None
        return Owner(id=address, email=address, active=self._users[address], teams=_TEAMS)

    async def owners(self) -> list[Owner]:
        owners: list[Owner] = []
        for address, active in (self._users or {}).items():
            owners.append(Owner(id=address, email=address, active=active, teams=_TEAMS))
        return owners

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return list(map(partial(self._add, self.tasks), writes))

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        return list(map(partial(self._add, self.notes), writes))

    def _add(self, there: list[N], write: N) -> Row[str]:
        if write.contact_id not in self.people:
            return deleted(write.contact_id)
        if not (write.look_first and any(one.effect_id == write.effect_id for one in there)):
            there.append(write)
        return write.effect_id

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        done: list[Activity] = []
        for note in self.notes:
            done.append((note.contact_id, note.owner_id, note.at))
        return first_activities(asked, done)

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        self.lists.setdefault(name, set()).update(contact_ids)
        return list(contact_ids)

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        self.lists.setdefault(name, set()).difference_update(contact_ids)
        return list(contact_ids)

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        for name in lists:
            self.lists.setdefault(name, set()).discard(contact_id)
        if (contact := self.people.get(contact_id)) is None:
            return  # deleted: nothing is sent to it any more
        opted_out = contact.opted_out or kind in OPT_OUT
        self._store(replace(contact, status=kind, opted_out=opted_out))

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        """Nothing remains here, permanent or not."""
        del permanent
        report = EraseReport("the CRM in memory", self._clock())
        ids = dict.fromkeys(filter(None, (contact_id, self._by_key.get(key, ""))))
        tasks = [task.effect_id for task in self.tasks if task.contact_id in ids]
        notes = [note.effect_id for note in self.notes if note.contact_id in ids]
        self.tasks[:] = [task for task in self.tasks if task.contact_id not in ids]
        self.notes[:] = [note for note in self.notes if note.contact_id not in ids]
        report.settle("task", tasks, tasks, NOTHING)
        report.settle("note", notes, notes, NOTHING)
        report.settle("contact", [*ids], [*map(self._erase, ids)], NOTHING)
        return report.parts

    def _erase(self, contact_id: str) -> Row[str]:
        if contact_id not in self.people:
            return deleted(contact_id)
        self.delete(contact_id)
        self.values.pop(contact_id, None)
        for members in self.lists.values():
            members.discard(contact_id)
        return contact_id

    async def fields(self) -> dict[str, Field]:
        return {field.name: field for field in self._fields}

    async def check(self, wants: CrmRequirements) -> list[str]:
        faults = faults_of("memory", "people", _wanted(wants), await self.fields())
        return faults + self._sequences.unmet(wants)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        del wants
        return []

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        made: list[str] = []
        for field in missing("memory", "people", _wanted(wants), await self.fields()):
            made.append(field.name)
            if not dry_run:
                self._fields.append(field)
        return made

    async def close(self) -> None:
        """There is nothing to close."""


def _assignment(write: OwnerWrite, owner_id: str) -> dict[str, Any]:
    """What an assignment sets; the owner only where there is one to set."""
    fields: dict[str, Any] = {"score": write.score, "status": write.status}
    if owner_id:
        fields["owner"] = owner_id
    return fields


def _wanted(wants: CrmRequirements) -> list[Field]:
    return [*(_BASIS.made if wants.lawful_basis else ()), *wants.fields]

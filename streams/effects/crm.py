"""Effects at the CRM, gathered into its batches by loaders."""

from typing import Any, assert_never

from msgspec.structs import asdict

from connectors.core.batch_loader import BatchLoader
from connectors.core.crm import (
    Account,
    ActivityAsked,
    CompanyAsked,
    EnrolWrite,
    NoteWrite,
    OwnerReadback,
    OwnerWrite,
    TaskWrite,
    UpsertResult,
)
from connectors.core.errors import NotSent, RecordRejected, VendorError
from connectors.core.fields import Admission
from connectors.core.row_results import is_deleted
from leads.effect_results import (
    AccountsRead,
    ActivityRead,
    ContactRestored,
    ContactWritten,
    EffectResult,
    Erased,
    ListEntered,
    ListLeft,
    NoteCreated,
    OwnedAccount,
    OwnerAssigned,
    OwnerFound,
    OwnerRead,
    SequenceEntered,
    SequenceLeft,
    TaskCreated,
)
from leads.effects import (
    AssignOwner,
    CreateNote,
    CreateTask,
    CrmEffect,
    EnterList,
    EnterSequence,
    EraseContact,
    LeaveList,
    LeaveSequence,
    LookUpOwner,
    ReadAccounts,
    ReadActivities,
    ReadOwner,
    RestoreContact,
    StopContact,
    UpsertContact,
)
from leads.gates.enrol import STILL_IN
from leads.keys import Keys
from leads.records import Lead
from leads.undo import ContactChanges, restore
from streams.effects.contact_write import contact_write
from streams.effects.context import Answer, EffectAttempt, EffectContext, NotCalled
from streams.ports import Clock
from streams.runner.outbox import IdleDetector

_HIGHEST = 5  # companies from a lead's own upwards
_WORKFLOW = 10.0  # seconds after which a CRM's own workflow is looked at again


class CrmEffects:
    """Makes calls to the CRM. Raises what the connector raises."""

    def __init__(
        self, outside: EffectContext, idle: IdleDetector, keys: Keys, clock: Clock
    ) -> None:
        self._out, self._keys, self._clock = outside, keys, clock
        crm = outside.crm
        self._basis = crm.basis
        self._fields, self._company_fields = Admission(crm.fields), Admission(crm.company_fields)
        self._upserts = BatchLoader(crm.upsert, idle, most=crm.batch, serial=lambda w: w.key)
        self._assigns = BatchLoader(crm.assign, idle, most=crm.batch, serial=lambda w: w.contact_id)
        self._owners = BatchLoader(crm.read_owners, idle, most=crm.batch)
        self._accounts: BatchLoader[CompanyAsked, Account | None] = BatchLoader(
            crm.accounts, idle, most=crm.batch
        )
        self._tasks = BatchLoader(crm.add_tasks, idle, most=crm.batch, serial=lambda w: w.effect_id)
        self._lists: dict[str, BatchLoader[str, str]] = {}
        self._idle = idle

    async def make(self, effect: CrmEffect, record: Any, attempt: EffectAttempt) -> Answer:
        """Make one call; `record` is the lead, or what else its stage works on."""
        match effect:
            case UpsertContact():
                return await self._upsert(effect, record)
            case RestoreContact():
                return await self._restore(effect)
            case AssignOwner():
                return await self._assign(effect)
            case ReadOwner():
                return await self._read_owner(effect)
            case LookUpOwner():
                return await self._look_up_owner(effect)
            case ReadAccounts():
                return await self._read_accounts(effect)
            case CreateTask():
                return await self._create_task(effect, attempt)
            case CreateNote():
                return await self._create_note(effect, attempt)
            case ReadActivities():
                return await self._read_activities(effect)
        return await self._stop_or_sequence(effect, attempt)

    async def _stop_or_sequence(
        self,
        effect: EnterList
        | LeaveList
        | EnterSequence
        | LeaveSequence
        | StopContact
        | EraseContact,
        attempt: EffectAttempt,
    ) -> Answer:
        match effect:
            case EnterList():
                return await self._enter_list(effect)
            case LeaveList():
                return await self._leave_list(effect)
            case EnterSequence():
                was_in = await self._out.crm.enrol(EnrolWrite(**asdict(effect)))
                return SequenceEntered(was_in=was_in)
            case LeaveSequence():
                return await self._leave_sequence(effect, attempt)
            case StopContact():
                return await self._stop(effect)
            case EraseContact():
                return await self._erase(effect)
        assert_never(effect)

    async def _upsert(self, effect: UpsertContact, record: Lead) -> EffectResult:
        lead, basis = effect.lead or record, self._basis
        shown = basis.values(effect.basis, effect.source)
        more, dropped = await self._fields.admit({**shown, **lead.person.more})
        firm, lost = await self._company_fields.admit(lead.company.more)
        wish = contact_write(
            lead,
            more,
            (*effect.overwrite, *basis.overwritten),
            firm,
            effect.company_overwrite,
            ours=effect.ours,
            ours_on=effect.ours_on,
            keeps_emails=effect.keeps_emails,
        )
        written: UpsertResult = await self._upserts.load(wish)
        c = written.contact
        value = ContactWritten(
            contact_id=c.id,
            company_id=c.company_id,
            owner_id=c.owner_id,
            lifecycle=c.lifecycle,
            existed=written.existed,
            open_deal=c.open_deal,
            person_key=self._other_person(written, lead),
            dropped=(*dropped, *lost, *written.dropped),
            unknown=written.existed and not c.key,
        )
        changes = tuple(filter(None, (written.change, written.company_change)))
        return EffectResult(ok=True, value=value, changes=changes)

    async def _restore(self, effect: RestoreContact) -> ContactRestored:
        crm = self._out.crm
        [now] = await crm.read([effect.contact_id], sorted(effect.wrote))
        if now is None:
            return ContactRestored()
        plan = restore(ContactChanges(before=effect.before, wrote=effect.wrote), now, crm.identity)
        if plan.values:
            await crm.restore(effect.contact_id, plan.values)
        return ContactRestored(set_back=tuple(sorted(plan.values)), left=tuple(sorted(plan.left)))

    def _other_person(self, written: UpsertResult, lead: Lead) -> str:
        """The person's key under which the CRM knows the contact, '' if it is the lead's own."""
        ours = {lead.person_key, lead.address_key}
        if not written.existed or written.contact.key in ours:
            return ""
        key = self._keys.address(written.contact.email)
        return "" if key in ours else key

    async def _look_up_owner(self, effect: LookUpOwner) -> OwnerFound:
        owner = await self._out.crm.owner(effect.owner_id)
        if owner is None:
            return OwnerFound()
        return OwnerFound(email=owner.email, active=owner.active)

    async def _read_accounts(self, effect: ReadAccounts) -> AccountsRead:
        chain: list[OwnedAccount] = []
        seen: set[str] = set()
        asked = CompanyAsked(id=effect.company_id, domain=effect.domain)
        while len(chain) < _HIGHEST:
            company = await self._accounts.load(asked)
            if company is None or company.id in seen:
                break
            seen.add(company.id)
            chain.append(await self._account_owner(company))
            if not company.parent_id:
                break
            asked = CompanyAsked(id=company.parent_id)
        return AccountsRead(accounts=tuple(chain))

    async def _account_owner(self, company: Account) -> OwnedAccount:
        if not company.owner_id or (owner := await self._out.crm.owner(company.owner_id)) is None:
            return OwnedAccount(name=company.name)
        return OwnedAccount(
            name=company.name, email=owner.email, active=owner.active, teams=tuple(owner.teams)
        )

    async def _assign(self, effect: AssignOwner) -> EffectResult:
        change = await self._assigns.load(OwnerWrite(**asdict(effect)))
        value = OwnerAssigned(contact_id=change.contact_id)
        return EffectResult(ok=True, value=value, changes=(change,))

    async def _read_owner(self, effect: ReadOwner) -> OwnerRead:
        return owner_read(await self._owners.load(effect.contact_id))

    async def _create_task(self, effect: CreateTask, attempt: EffectAttempt) -> TaskCreated:
        owner_id = effect.owner_id
        if effect.owner_email:
            owner = await self._out.crm.owner_by_email(effect.owner_email)
            owner_id = owner.id if owner else ""
        write = TaskWrite(
            effect_id=attempt.id,
            contact_id=effect.contact_id,
            owner_id=owner_id,
            subject=effect.subject,
            due=effect.due,
            look_first=attempt.again,
            until=attempt.until,
        )
        return TaskCreated(task_id=await self._tasks.load(write))

    async def _create_note(self, effect: CreateNote, attempt: EffectAttempt) -> NoteCreated:
        write = NoteWrite(
            effect_id=attempt.id, look_first=attempt.again, until=attempt.until, **asdict(effect)
        )
        [row] = await self._out.crm.add_notes([write])
        if isinstance(row, VendorError):
            raise row
        return NoteCreated(note_id=row)

    async def _enter_list(self, effect: EnterList) -> ListEntered:
        name = effect.list_name
        loader = self._lists.get(name)
        if loader is None:

            async def enter(ids: Any) -> Any:
                return await self._out.crm.enter_list(name, ids)

            loader = self._lists[name] = BatchLoader(
                enter, self._idle, most=self._out.crm.batch, serial=lambda i: i
            )
        return ListEntered(contact_id=await loader.load(effect.contact_id))

    async def _leave_list(self, effect: LeaveList) -> ListLeft:
        [row] = await self._out.crm.leave_list(effect.list_name, [effect.contact_id])
        if is_deleted(row):
            return ListLeft(gone=True)
        if isinstance(row, VendorError):
            raise row  # refused for another reason it may be in the list still
        return ListLeft(gone=False)

    async def _leave_sequence(self, effect: LeaveSequence, attempt: EffectAttempt) -> SequenceLeft:
        """Ask until the CRM shows that it is out; without `patience`, as when an entry is undone,
        ask once."""
        if await self._out.crm.unenrol(effect.contact_id, effect.leave):
            return SequenceLeft(out=True)
        if effect.patience is None:
            return SequenceLeft(out=False)
        if self._clock.now() < attempt.since + effect.patience:
            said = "the sequence is still running: waiting for the workflow that ends it"
            raise NotSent(said, _WORKFLOW)
        said = f"the list {effect.leave!r} has no workflow that takes people out of sequences"
        raise RecordRejected(said, STILL_IN)

    async def _stop(self, effect: StopContact) -> NotCalled | None:
        if not effect.contact_id:
            return NotCalled(EffectResult(ok=True))
        lists: list[str] = []
        if effect.nurtured:
            lists = self._out.nurture_lists()
        await self._out.crm.stop(effect.contact_id, effect.kind, lists)
        return None

    async def _erase(self, effect: EraseContact) -> Erased:
        parts = await self._out.crm.erase(
            effect.contact_id, effect.person_key, permanent=effect.permanent
        )
        return Erased(parts=tuple(parts))

    async def _read_activities(self, effect: ReadActivities) -> ActivityRead:
        [at] = await self._out.crm.activities([ActivityAsked(**asdict(effect))])
        return ActivityRead(at=at)


def owner_read(shown: OwnerReadback) -> OwnerRead:
    """The owner that a contact has in the CRM, as gates read it."""
    return OwnerRead(owner_id=shown.owner_id, email=shown.email, active=shown.active, at=shown.at)

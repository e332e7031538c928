"""Acts at the CRM, gathered into its batches by loaders."""

from typing import Any

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
from leads.decision import EffectResult
from leads.gates.enrol import STILL_IN
from leads.keys import Keys
from streams.effects.contact_write import contact_write
from streams.effects.context import EffectAttempt, EffectContext, Handler, Unasked
from streams.ports import Clock
from streams.runner.outbox import IdleDetector

_HIGHEST = 5  # companies from a lead's own upwards
_WORKFLOW = 10.0  # seconds after which a CRM's own workflow is looked at again


class CrmActs:
    """`handlers`, by the act's name. Each raises what the connector raises."""

    def __init__(
        self, outside: EffectContext, gate: IdleDetector, keys: Keys, clock: Clock
    ) -> None:
        self._out, self._keys, self._clock = outside, keys, clock
        crm = outside.crm
        self._fields, self._company_fields = Admission(crm.fields), Admission(crm.company_fields)
        self._upsert = BatchLoader(crm.upsert, gate, most=crm.batch, serial=lambda w: w.key)
        self._assign = BatchLoader(crm.assign, gate, most=crm.batch, serial=lambda w: w.contact_id)
        self._owners = BatchLoader(crm.read_owners, gate, most=crm.batch)
        self._accounts: BatchLoader[CompanyAsked, Account | None] = BatchLoader(
            crm.accounts, gate, most=crm.batch
        )
        self._tasks = BatchLoader(crm.add_tasks, gate, most=crm.batch, serial=lambda w: w.effect_id)
        self._enter: dict[str, BatchLoader[str, str]] = {}
        self._gate = gate
        self.handlers: dict[str, Handler] = {
            "crm.upsert": self._do_upsert,
            "crm.owner": self._do_owner,
            "crm.account": self._do_account,
            "crm.assign": self._do_assign,
            "crm.read_owner": self._do_read_owner,
            "crm.task": self._do_task,
            "crm.note": self._do_note,
            "crm.enter_list": self._do_enter,
            "crm.leave_list": self._do_leave,
            "crm.enrol": self._do_enrol,
            "crm.unenrol": self._do_unenrol,
            "crm.stop": self._do_stop,
            "crm.activities": self._do_activities,
        }

    async def _do_upsert(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> EffectResult:
        del effect
        more, dropped = await self._fields.admit(record.person.more)
        firm, lost = await self._company_fields.admit(record.company.more)
        wish = contact_write(
            record, more, args.get("overwrite", ()), firm, args.get("company_overwrite", ())
        )
        written: UpsertResult = await self._upsert.load(wish)
        c = written.contact
        key = self._keys.address(c.email) if written.existed else ""
        ours = {record.person_key, record.address_key}
        value = {
            "contact_id": c.id,
            "company_id": c.company_id,
            "owner_id": c.owner_id,
            "lifecycle": c.lifecycle,
            "existed": written.existed,
            "open_deal": c.open_deal,
            "person_key": "" if key in ours or c.key in ours else key,
            **({"dropped": left_out} if (left_out := (*dropped, *lost, *written.dropped)) else {}),
            # a contact that bears no mark of ours
            **({"unknown": True} if written.existed and not c.key else {}),
        }
        return EffectResult(
            ok=True,
            value=value,
            changes=tuple(c for c in (written.change, written.company_change) if c is not None),
        )

    async def _do_owner(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        owner = await self._out.crm.owner(args["owner_id"])
        return {"active": bool(owner and owner.active), "email": owner.email if owner else ""}

    async def _do_account(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        """The company and those above it, each with its owner."""
        del record, effect
        chain: list[dict[str, Any]] = []
        seen: set[str] = set()
        asked = CompanyAsked(id=args["company_id"], domain=args["domain"])
        while (
            len(chain) < _HIGHEST
            and (company := await self._accounts.load(asked)) is not None
            and company.id not in seen
        ):
            seen.add(company.id)
            owner = await self._out.crm.owner(company.owner_id) if company.owner_id else None
            shown = (
                {"email": owner.email, "active": owner.active, "teams": list(owner.teams)}
                if owner
                else {}
            )
            chain.append({"name": company.name, "email": "", "active": False, "teams": []} | shown)
            if not company.parent_id:
                break
            asked = CompanyAsked(id=company.parent_id)
        return {"chain": chain}

    async def _do_assign(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> EffectResult:
        del record, effect
        change = await self._assign.load(OwnerWrite(**args))
        return EffectResult(ok=True, value={"contact_id": change.contact_id}, changes=(change,))

    async def _do_read_owner(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        shown: OwnerReadback = await self._owners.load(args["contact_id"])
        return {
            "owner_id": shown.owner_id,
            "email": shown.email,
            "active": shown.active,
            "at": shown.at,
        }

    async def _do_task(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record
        owner_id = args.get("owner_id", "")
        if email := args.get("owner_email", ""):
            owner = await self._out.crm.owner_by_email(email)
            owner_id = owner.id if owner else ""
        write = TaskWrite(
            effect_id=effect.id,
            contact_id=args["contact_id"],
            owner_id=owner_id,
            subject=args["subject"],
            due=args["due"],
            look_first=effect.again,
            until=effect.until,
        )
        return {"task_id": await self._tasks.load(write)}

    async def _do_note(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record
        [row] = await self._out.crm.add_notes(
            [NoteWrite(effect_id=effect.id, look_first=effect.again, until=effect.until, **args)]
        )
        if isinstance(row, VendorError):
            raise row
        return {"note_id": row}

    async def _do_enter(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        name = args["list"]
        loader = self._enter.get(name)
        if loader is None:

            async def enter(ids: Any) -> Any:
                return await self._out.crm.enter_list(name, ids)

            loader = self._enter[name] = BatchLoader(
                enter, self._gate, most=self._out.crm.batch, serial=lambda i: i
            )
        return {"contact_id": await loader.load(args["contact_id"])}

    async def _do_leave(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        [row] = await self._out.crm.leave_list(args["list"], [args["contact_id"]])
        if isinstance(row, VendorError) and not isinstance(row, RecordRejected):
            raise row
        return {"gone": isinstance(row, RecordRejected)}

    async def _do_enrol(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        return {"was_in": await self._out.crm.enrol(EnrolWrite(**args))}

    async def _do_unenrol(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        """Until the CRM shows that it is out; who only undoes an entry (`patience` is missing) asks
        once."""
        del record
        if await self._out.crm.unenrol(args["contact_id"], args["leave"]):
            return {"out": True}
        if "patience" in args and self._clock.now() < effect.since + args["patience"]:
            raise NotSent(
                "the sequence is still running: waiting for the workflow that ends it", _WORKFLOW
            )
        if "patience" in args:
            raise RecordRejected(
                f"the list {args['leave']!r} has no workflow that takes people out of sequences",
                STILL_IN,
            )
        return {"out": False}

    async def _do_stop(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any] | Unasked:
        del record, effect
        if not args["contact_id"]:
            return Unasked(EffectResult(ok=True))
        await self._out.crm.stop(
            args["contact_id"], args["kind"], self._out.nurture_lists() if args["nurtured"] else []
        )
        return {}

    async def _do_activities(
        self, args: dict[str, Any], record: Any, effect: EffectAttempt
    ) -> dict[str, Any]:
        del record, effect
        [at] = await self._out.crm.activities([ActivityAsked(**args)])
        return {"at": at}

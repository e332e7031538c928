"""What each act of a gate is at a vendor: one handler a name, gathered into the vendor's batches by loaders."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from leadgate.connectors.apollo.client import ApolloClient
from leadgate.connectors.contract import (
    ActivityAsked,
    CompanyAsked,
    CompanyKnown,
    ContactWrite,
    Crm,
    EnrolWrite,
    NoteWrite,
    OwnerShown,
    OwnerWrite,
    TaskWrite,
    Written,
)
from leadgate.connectors.errors import NotSent, RowRejected, Unavailable, VendorError
from leadgate.connectors.fields import Admission
from leadgate.connectors.loader import Loader
from leadgate.connectors.slack.client import SlackClient
from leadgate.leads.countries import country_name, is_country
from leadgate.leads.decision import Result
from leadgate.leads.gates.enrol import STILL_IN
from leadgate.leads.keys import Keys
from leadgate.leads.mapping import read_sequences
from leadgate.leads.records import Lead
from leadgate.streams.outbox import FlushGate
from leadgate.streams.ports import Clock


@dataclass(frozen=True, slots=True)
class Effect:
    """One attempt at an act. `again`: an earlier one began. `until`: when it must have left, by the loop's clock."""

    id: str
    again: bool
    until: float


_HIGHEST = 5  # companies from a lead's own upwards
_WORKFLOW = 10.0  # seconds after which a CRM's own workflow is looked at again
#: Answers the result's value; one that changes a contact's properties answers the whole result, with the change.
_NONE: Mapping[str, Any] = MappingProxyType({})
Handler = Callable[[dict[str, Any], Any, Effect], Awaitable[dict[str, Any] | Result]]


class Credits:
    """Apollo credits spent on enrichment today (UTC) by this worker."""

    def __init__(self) -> None:
        self._day, self._spent = "", 0

    def take(self, cap: int, now: float, share: float) -> bool:
        """Take one if the day's cap, or this worker's share of it, allows."""
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        if day != self._day:
            self._day, self._spent = day, 0
        if self._spent >= cap * share:
            return False
        self._spent += 1
        return True


@dataclass(slots=True)
class Outside:
    """What acts reach: the vendors, and what this worker knows of suppressions and of signals' progress."""

    crm: Crm
    apollo: ApolloClient
    slack: SlackClient
    suppressed: Callable[[int, Any], str]
    signals_applied: Callable[[int], Awaitable[None]]
    synced: Callable[[int], bool]
    nurture_lists: Callable[[], list[str]]
    credits: Credits = field(default_factory=Credits)


class Acts:
    """`handlers`, by the act's name. Each raises what the connector raises."""

    def __init__(self, outside: Outside, gate: FlushGate, keys: Keys, clock: Clock, share: Callable[[], float]) -> None:
        self._out, self._keys, self._clock, self._share = outside, keys, clock, share
        crm = outside.crm
        self._fields = Admission(crm.fields)
        self._upsert = Loader(crm.upsert, gate, most=crm.batch, serial=lambda w: w.key)
        self._assign = Loader(crm.assign, gate, most=crm.batch, serial=lambda w: w.contact_id)
        self._owners = Loader(crm.read_owners, gate, most=crm.batch)
        self._accounts: Loader[CompanyAsked, CompanyKnown | None] = Loader(crm.accounts, gate, most=crm.batch)
        self._tasks = Loader(crm.add_tasks, gate, most=crm.batch, serial=lambda w: w.effect_id)
        self._enter: dict[str, Loader[str, str]] = {}
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
            "apollo.enrich": self._do_enrich,
            "apollo.sequences": self._do_sequences,
            "apollo.stop": self._do_apollo_stop,
            "apollo.enrol": self._do_apollo_enrol,
            "apollo.leave": self._do_apollo_leave,
            "apollo.owner": self._do_apollo_owner,
            "slack.post": self._do_post,
            "slack.user": self._do_user,
            "sync.wait": self._do_sync,
        }

    async def _do_upsert(self, args: dict[str, Any], record: Any, effect: Effect) -> Result:
        del effect
        more, dropped = await self._fields.admit(record.person.more)
        written: Written = await self._upsert.load(contact_write(record, more, args.get("overwrite", ())))
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
            **({"dropped": left_out} if (left_out := (*dropped, *written.dropped)) else {}),
            **({"unknown": True} if written.existed and not c.key else {}),  # a contact that bears no mark of ours
        }
        return Result(ok=True, value=value, change=written.change)

    async def _do_owner(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        owner = await self._out.crm.owner(args["owner_id"])
        return {"active": bool(owner and owner.active), "email": owner.email if owner else ""}

    async def _do_account(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        """The company and those above it, each with its owner."""
        del record, effect
        chain: list[dict[str, Any]] = []
        seen: set[str] = set()
        asked = CompanyAsked(id=args["company_id"], domain=args["domain"])
        while len(chain) < _HIGHEST and (company := await self._accounts.load(asked)) is not None and company.id not in seen:
            seen.add(company.id)
            owner = await self._out.crm.owner(company.owner_id) if company.owner_id else None
            shown = {"email": owner.email, "active": owner.active, "teams": list(owner.teams)} if owner else {}
            chain.append({"name": company.name, "email": "", "active": False, "teams": []} | shown)
            if not company.parent_id:
                break
            asked = CompanyAsked(id=company.parent_id)
        return {"chain": chain}

    async def _do_assign(self, args: dict[str, Any], record: Any, effect: Effect) -> Result:
        del record, effect
        change = await self._assign.load(OwnerWrite(**args))
        return Result(ok=True, value={"contact_id": change.contact_id}, change=change)

    async def _do_read_owner(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        shown: OwnerShown = await self._owners.load(args["contact_id"])
        return {"owner_id": shown.owner_id, "email": shown.email, "active": shown.active, "at": shown.at}

    async def _do_task(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
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

    async def _do_note(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record
        [row] = await self._out.crm.add_notes(
            [NoteWrite(effect_id=effect.id, look_first=effect.again, until=effect.until, **args)]
        )
        if isinstance(row, VendorError):
            raise row
        return {"note_id": row}

    async def _do_enter(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        name = args["list"]
        loader = self._enter.get(name)
        if loader is None:

            async def enter(ids: Any) -> Any:
                return await self._out.crm.enter_list(name, ids)

            loader = self._enter[name] = Loader(enter, self._gate, most=self._out.crm.batch, serial=lambda i: i)
        return {"contact_id": await loader.load(args["contact_id"])}

    async def _do_leave(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        [row] = await self._out.crm.leave_list(args["list"], [args["contact_id"]])
        return {"gone": isinstance(row, RowRejected)}

    async def _do_enrol(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        return {"was_in": await self._out.crm.enrol(EnrolWrite(**args))}

    async def _do_unenrol(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        """Until the CRM shows that it is out; who only undoes an entry (`until` is missing) asks once."""
        del record, effect
        if await self._out.crm.unenrol(args["contact_id"], args["leave"]):
            return {"out": True}
        if self._clock.now() < args.get("until", 0.0):
            raise NotSent("the sequence is still running: waiting for the workflow that ends it", _WORKFLOW)
        if "until" in args:
            raise RowRejected(f"the list {args['leave']!r} has no workflow that takes people out of sequences", STILL_IN)
        return {"out": False}

    async def _do_stop(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        if args["contact_id"]:
            await self._out.crm.stop(args["contact_id"], args["kind"], self._out.nurture_lists() if args["nurtured"] else [])
        return {}

    async def _do_activities(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        [at] = await self._out.crm.activities([ActivityAsked(**args)])
        return {"at": at}

    # Apollo, Slack, the snapshot

    async def _do_enrich(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        if not self._out.credits.take(args["cap"], self._clock.now(), self._share()):
            raise RowRejected(f"the day's cap of {args['cap']} credits is spent", "cap")
        found = await self._out.apollo.enrich(args["domain"])
        return {
            "name": found.get("name"),
            "domain": found.get("primary_domain"),
            "industry": (found.get("industry") or "").casefold(),
            "employees": found.get("estimated_num_employees"),
            "country": found.get("country"),
            "state": found.get("state"),
        }

    async def _do_sequences(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        read = read_sequences(await self._out.apollo.sequences(args["apollo_id"], args["email"]), self._clock.now())
        return {"state": read.state, "read_at": read.read_at, "names": list(read.names)}

    async def _do_apollo_stop(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        if args["apollo_id"] and args["kind"] != "bounce" and args["from"] != "apollo":
            await self._out.apollo.stop(args["apollo_id"])
        return {}

    async def _do_apollo_enrol(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        return {"was_in": await self._out.apollo.enrol(args["apollo_id"], args["sequence"], args["sender"])}

    async def _do_apollo_leave(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        await self._out.apollo.leave(args["apollo_id"], [args["sequence"]])
        return {}

    async def _do_apollo_owner(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        await self._out.apollo.set_owner(args["apollo_id"], args["email"])
        return {}

    async def _do_post(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record
        post = self._out.slack.post
        button = args.get("button", "")
        ts = await post(args["to"], args["text"], args["alert_id"], button=button, look_first=effect.again, until=effect.until)
        return {"ts": ts}

    async def _do_user(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del record, effect
        return {"email": await self._out.slack.email_of(args["user"])}

    async def _do_sync(self, args: dict[str, Any], record: Any, effect: Effect) -> dict[str, Any]:
        del args, record, effect
        await asyncio.sleep(0)
        raise Unavailable("the CRM's snapshot is not complete: run leadgate sync-crm", 2.0)


def contact_write(lead: Lead, more: Mapping[str, Any] = _NONE, overwrite: Sequence[str] = ()) -> ContactWrite:
    """What a lead wants on its contact; `more` is what the CRM takes of its mapped fields."""
    p, c = lead.person, lead.company
    return ContactWrite(
        key=lead.person_key,
        emails=tuple(dict.fromkeys(e for e in (p.email, *p.emails) if e)),
        known_id=lead.crm.contact_id,
        first_name=p.first_name,
        last_name=p.last_name,
        title=p.title,
        phone=p.phone,
        city=p.city,
        state=p.state,
        country=country_name(p.country),
        country_code=p.country if is_country(p.country) else "",
        company=c.name,
        domain=c.domain,
        industry=c.industry,
        employees=c.employees,
        lead_id=lead.lead_id,
        more=more,
        overwrite=frozenset(overwrite),
    )

"""Zoho's stand-in as its users see it.

A customer is a contact of an account, anybody else a lead. Zoho tells no bounce and no reply by
its API: the org's own workflows tick a field of ours, as docs/connectors/zoho.md asks for.
"""

from datetime import UTC, datetime
from typing import Any

from sandbox.simulator import Held, Row
from sandbox.store import Thing
from sandbox.zoho.org import Org, iso

_PEOPLE = ("Contacts", "Leads")


class ZohoStand:
    """See simulator.CrmSimulator."""

    calls_at = "/zoho/"

    def __init__(self, org: Org) -> None:
        self._org = org

    def add_user(self, email: str, *, active: bool) -> None:
        self._org.add_user(email, active=active)

    def add_person(self, held: Held) -> None:
        owner = {"id": self._user(held.owner)["id"] if held.owner else self._org.me}
        person = {
            "First_Name": held.first_name,
            "Last_Name": held.last_name,
            "Email": held.email,
            "Owner": owner,
        }
        if held.other_email:
            person["Secondary_Email"] = held.other_email
        if held.customer:
            account = self._org.put(
                "Accounts", Account_Name=held.company, Account_Type="Customer", Owner=owner
            )
            self._org.put(
                "Contacts", Account_Name={"id": account["id"], "name": held.company}, **person
            )
        else:
            self._org.put("Leads", Company=held.company, **person)

    def add_company(self, name: str, domain: str, owner: str = "", parent: str = "") -> None:
        above = (
            next(iter(self._org.by_field("Accounts", "Website", f"https://www.{parent}")), {})
            if parent
            else {}
        )
        user = self._user(owner)["id"] if owner else self._org.me
        link = (
            {"Parent_Account": {"id": above["id"], "name": above["Account_Name"]}} if above else {}
        )
        self._org.put(
            "Accounts",
            Account_Name=name,
            Website=f"https://www.{domain}",
            Owner={"id": user},
            **link,
        )

    def activate(self, email: str) -> None:
        user = self._user(email)
        self._org.store.put("zoho.users", user["id"], {**user, "status": "active"})

    def bounce(self, email: str) -> None:
        self._change(email, Leadgate_bounced=True)

    def opt_out(self, email: str) -> None:
        self._change(email, Email_Opt_Out=True)

    def reply(self, email: str) -> None:
        self._change(email, Leadgate_replied=iso())

    def call(self, email: str) -> None:
        if (found := self._person(email)) is not None:
            module, person = found
            whom = (
                {"Who_Id": {"id": person["id"]}}
                if module == "Contacts"
                else {"What_Id": {"id": person["id"]}, "$se_module": module}
            )
            self._org.put(
                "Calls",
                Subject="Called",
                Call_Type="Outbound",
                Call_Start_Time=iso(),
                Owner=person["Owner"],
                **whom,
            )

    def own(self, email: str, owner: str) -> None:
        """Every record has an owner in Zoho: who takes one away leaves it to the user who made
        it."""
        self._change(email, Owner={"id": self._user(owner)["id"] if owner else self._org.me})

    def delete(self, email: str) -> None:
        if (found := self._person(email)) is not None:
            self._org.delete(*found)

    def _user(self, email: str) -> Thing:
        return next(u for u in self._org.all("users").values() if u["email"] == email)

    def _person(self, email: str) -> tuple[str, Thing] | None:
        return next(((m, r) for m in _PEOPLE for r in self._org.by_field(m, "Email", email)), None)

    def _change(self, email: str, **fields: Any) -> None:
        if (found := self._person(email)) is not None:
            module, person = found
            self._org.change(module, person, **fields)

    def people(self) -> list[Row]:
        return [
            {
                "id": r["id"],
                "email": r.get("Email") or "",
                "emails": [e for e in [r.get("Secondary_Email")] if e],
                "key": r.get("Leadgate_key") or "",
                "owner": self._owner(r),
                "status": r.get("Leadgate_status") or "",
                "opted_out": bool(r.get("Email_Opt_Out")),
            }
            for module in _PEOPLE
            for r in self._org.all(module).values()
            if not r.get("$converted")
        ]

    def _owner(self, record: Thing) -> str:
        user = self._org.all("users").get(record["Owner"]["id"])
        return user["email"] if user and user["id"] != self._org.me else ""

    def users(self) -> list[Row]:
        return [
            {"email": u["email"], "active": u["status"] == "active"}
            for u in self._org.all("users").values()
        ]

    def tasks(self) -> list[Row]:
        return [
            {
                "effect": t["Leadgate_effect"],
                "person": (t.get("Who_Id") or t.get("What_Id") or {}).get("id", ""),
                "owner": self._owner(t),
                "subject": t["Subject"],
            }
            for t in self._org.all("Tasks").values()
            if t.get("Leadgate_effect")
        ]

    def enrolments(self) -> list[Row]:
        def text(at: float | None) -> str | None:
            return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()

        found = self._org.all("enrolments").values()
        return [
            {"person": e["person"], "entered": text(e["entered"]), "left": text(e["left"])}
            for e in found
        ]

    def reindex(self) -> None:
        """There is no index."""

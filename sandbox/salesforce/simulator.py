"""Salesforce's stand-in as its users see it.

A customer is a contact of an account, anybody else a lead.
"""

from sandbox.salesforce.actions import ENDED
from sandbox.salesforce.org import QUEUE, Org, iso
from sandbox.salesforce.schema import object_of
from sandbox.simulator import Held, Row
from sandbox.store import Thing

_PEOPLE = ("Contact", "Lead")


class SalesforceStand:
    """See simulator.CrmSimulator."""

    calls_at = "/salesforce/"

    def __init__(self, org: Org) -> None:
        self._org = org

    def add_user(self, email: str, *, active: bool) -> None:
        name = email.split("@", maxsplit=1)[0].replace(".", " ").title()
        roles = self._org.all("UserRole")
        role = next(iter(roles)) if roles else self._org.put("UserRole", Name="Sales")["Id"]
        self._org.put(
            "User",
            Name=name,
            Email=email,
            Username=email,
            IsActive=active,
            UserType="Standard",
            UserRoleId=role,
        )

    def add_person(self, held: Held) -> None:
        owner = self._user(held.owner)["Id"] if held.owner else self._org.me
        person = {
            "FirstName": held.first_name,
            "LastName": held.last_name,
            "Email": held.email,
            "OwnerId": owner,
        }
        person["Name"] = f"{held.first_name} {held.last_name}"
        if held.other_email:
            person["Leadgate_Emails__c"] = held.other_email
        if held.customer:
            account = self._org.put(
                "Account", Name=held.company, Type="Customer - Direct", OwnerId=owner
            )
            self._org.put("Contact", AccountId=account["Id"], **person)
        else:
            self._org.put("Lead", Company=held.company, Status="Open - Not Contacted", **person)

    def add_company(self, name: str, domain: str, owner: str = "", parent: str = "") -> None:
        above = (
            next(iter(self._org.by_field("Account", "Website", f"https://www.{parent}")), {})
            if parent
            else {}
        )
        user = self._user(owner)["Id"] if owner else self._org.me
        self._org.put(
            "Account",
            Name=name,
            Website=f"https://www.{domain}",
            OwnerId=user,
            ParentId=above.get("Id"),
        )

    def activate(self, email: str) -> None:
        self._org.change("User", self._user(email), IsActive=True)

    def bounce(self, email: str) -> None:
        self._change(email, EmailBouncedReason="550 unknown user", EmailBouncedDate=iso())

    def opt_out(self, email: str) -> None:
        self._change(email, HasOptedOutOfEmail=True)

    def reply(self, email: str) -> None:
        if (person := self._person(email)) is not None:
            message = self._org.put("EmailMessage", Incoming=True, MessageDate=iso(), Subject="Re:")
            self._org.put(
                "EmailMessageRelation",
                EmailMessageId=message["Id"],
                RelationId=person["Id"],
                RelationType="FromAddress",
                RelationObjectType=object_of(person["Id"]),
            )

    def call(self, email: str) -> None:
        if (person := self._person(email)) is not None:
            done = {
                "Status": "Completed",
                "IsClosed": True,
                "CompletedDateTime": iso(),
                "TaskSubtype": "Call",
            }
            self._org.put(
                "Task", WhoId=person["Id"], OwnerId=person["OwnerId"], Subject="Called", **done
            )

    def own(self, email: str, owner: str) -> None:
        """Nobody is no owner in Salesforce: who takes an owner away gives the record to a queue."""
        self._change(email, OwnerId=self._user(owner)["Id"] if owner else QUEUE)

    def delete(self, email: str) -> None:
        self._change(email, IsDeleted=True)

    def _user(self, email: str) -> Thing:
        return next(u for u in self._org.all("User").values() if u["Email"] == email)

    def _person(self, email: str) -> Thing | None:
        found = [
            r
            for kind in _PEOPLE
            for r in self._org.by_field(kind, "Email", email)
            if not r.get("IsConverted")
        ]
        return next(iter(found), None)

    def _change(self, email: str, **fields: object) -> None:
        if (person := self._person(email)) is not None:
            self._org.change(object_of(person["Id"]), person, **fields)

    def people(self) -> list[Row]:
        return [
            {
                "id": r["Id"],
                "email": r.get("Email") or "",
                "emails": [
                    e
                    for e in (r.get("Leadgate_Emails__c") or "").split(";")
                    if e and e != r.get("Email")
                ],
                "key": r.get("Leadgate_Key__c") or "",
                "owner": self._owner(r),
                "status": r.get("Leadgate_Status__c") or "",
                "opted_out": bool(r.get("HasOptedOutOfEmail")),
            }
            for kind in _PEOPLE
            for r in self._org.all(kind).values()
            if not r["IsDeleted"] and not r.get("IsConverted")
        ]

    def _owner(self, record: Thing) -> str:
        user = self._org.store.get("salesforce.User", record.get("OwnerId") or "")
        return user["Email"] if user and user["Id"] != self._org.me else ""

    def users(self) -> list[Row]:
        return [
            {"email": u["Email"], "active": u["IsActive"]} for u in self._org.all("User").values()
        ]

    def tasks(self) -> list[Row]:
        return [
            {
                "effect": t["Leadgate_Effect__c"],
                "person": t["WhoId"],
                "owner": self._owner(t),
                "subject": t["Subject"],
            }
            for t in self._org.all("Task").values()
            if t.get("Leadgate_Effect__c") and not t["IsDeleted"]
        ]

    def enrolments(self) -> list[Row]:
        found = []
        for t in self._org.all("ActionCadenceTracker").values():
            left = t.get("EndedAt") if t["State"] == ENDED else None
            found.append({"person": t["TargetId"], "entered": t["CreatedDate"], "left": left})
        return found

    def reindex(self) -> None:
        """There is no index."""

"""HubSpot's stand-in as its users see it."""

import time

from sandbox.hubspot.errors import iso
from sandbox.hubspot.hub import Hub
from sandbox.simulator import Held, Row
from sandbox.store import Thing

_FORTY_DAYS = 40 * 86_400
_OUT = {"hs_sequences_is_enrolled": "false"}  # HubSpot ends a sequence by itself


class HubSpotStand:
    """See simulator.CrmSimulator."""

    calls_at = "/hubspot/"

    def __init__(self, hub: Hub) -> None:
        self._hub, self._store = hub, hub.store

    def add_user(self, email: str, *, active: bool) -> None:
        number = len(self._store.all("hubspot.owners"))
        ident, at = str(9001 + number), iso(time.time() - 9e6)
        owner = {
            "id": ident,
            "email": email,
            "type": "PERSON",
            "firstName": email.split(".", maxsplit=1)[0].title(),
            "lastName": "Rep",
            "userId": 501 + number if active else None,
            "userIdIncludingInactive": 501 + number,
            "createdAt": at,
            "updatedAt": at,
            "archived": not active,
            "teams": [{"id": "1", "name": "Sales", "primary": True}],
        }
        self._store.put("hubspot.owners", ident, owner)

    def add_person(self, held: Held) -> None:
        more = {"hs_additional_emails": held.other_email} if held.other_email else {}
        if held.owner:
            more["hubspot_owner_id"] = self._user(held.owner)["id"]
        names = {"firstname": held.first_name, "lastname": held.last_name, "email": held.email}
        self._add(
            "contacts", {**names, "lifecyclestage": "customer" if held.customer else "lead", **more}
        )

    def add_company(self, name: str, domain: str, owner: str = "", parent: str = "") -> None:
        above = [
            c["id"]
            for c in self._store.all("hubspot.companies").values()
            if parent and c["properties"].get("domain") == parent
        ]
        more = {"hubspot_owner_id": self._user(owner)["id"]} if owner else {}
        more |= {"hs_parent_company_id": above[0]} if above else {}
        self._add("companies", {"name": name, "domain": domain, **more})

    def _add(self, kind: str, properties: dict[str, str]) -> None:
        ident = self._store.next_id(f"hubspot.{kind}", 1001)
        at = iso(time.time() - (_FORTY_DAYS if kind == "contacts" else 0.0))
        stamps = {
            "createdate": at,
            "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate": at,
        }
        thing = {
            "id": ident,
            "properties": {**properties, "hs_object_id": ident, **stamps},
            "createdAt": at,
            "updatedAt": at,
            "archived": False,
        }
        self._store.put(f"hubspot.{kind}", ident, thing)
        self._hub.index(kind, thing)

    def activate(self, email: str) -> None:
        owner = self._user(email)
        self._store.put(
            "hubspot.owners",
            owner["id"],
            {**owner, "archived": False, "userId": owner["userIdIncludingInactive"]},
        )

    def bounce(self, email: str) -> None:
        self._change(email, hs_email_bounce="1", **_OUT)

    def opt_out(self, email: str) -> None:
        self._change(email, hs_email_optout="true", **_OUT)

    def reply(self, email: str) -> None:
        self._change(email, hs_sales_email_last_replied=iso(), **_OUT)

    def call(self, email: str) -> None:
        person = self._hub.find("contacts", email, "email")
        if person is None:
            return
        said = {"hs_timestamp": iso(), "hs_call_status": "COMPLETED"}
        call = self._hub.create(
            "calls", {**said, "hubspot_owner_id": person["properties"].get("hubspot_owner_id")}
        )
        self._hub.link("contacts", person["id"], "calls", call["id"])
        self._change(email, notes_last_contacted=iso())

    def own(self, email: str, owner: str) -> None:
        self._change(email, hubspot_owner_id=self._user(owner)["id"] if owner else "")

    def delete(self, email: str) -> None:
        if (person := self._hub.find("contacts", email, "email")) is not None:
            self._store.put("hubspot.contacts", person["id"], {**person, "archived": True})

    def _user(self, email: str) -> Thing:
        return next(o for o in self._store.all("hubspot.owners").values() if o["email"] == email)

    def _change(self, email: str, **properties: str) -> None:
        """A change that HubSpot makes by itself, read-only properties included."""
        thing = self._hub.find("contacts", email, "email")
        if thing is not None:
            thing["properties"] = {**thing["properties"], **properties}
            self._hub.save("contacts", thing)

    def people(self) -> list[Row]:
        users = {o["id"]: o["email"] for o in self._store.all("hubspot.owners").values()}
        found = []
        for thing in self._store.all("hubspot.contacts").values():
            p = thing["properties"]
            row = {
                "id": thing["id"],
                "email": p.get("email") or "",
                "emails": [e for e in (p.get("hs_additional_emails") or "").split(";") if e],
                "key": p.get("leadgate_key") or "",
                "owner": users.get(p.get("hubspot_owner_id") or "", ""),
                "status": p.get("leadgate_status") or "",
                "opted_out": p.get("hs_email_optout") == "true",
            }
            found += [] if thing["archived"] else [row]
        return found

    def users(self) -> list[Row]:
        return [
            {"email": o["email"], "active": not o["archived"]}
            for o in self._store.all("hubspot.owners").values()
        ]

    def tasks(self) -> list[Row]:
        users = {o["id"]: o["email"] for o in self._store.all("hubspot.owners").values()}
        return [
            {
                "effect": t["properties"]["hs_task_body"],
                "person": next(iter(self._hub.links("tasks", t["id"], "contacts")), ""),
                "owner": users.get(t["properties"].get("hubspot_owner_id") or "", ""),
                "subject": t["properties"]["hs_task_subject"],
            }
            for t in self._store.all("hubspot.tasks").values()
            if not t["archived"]
        ]

    def enrolments(self) -> list[Row]:
        found = []
        for m in self._store.all("hubspot.memberships").values():
            spells = [*m["spells"], *([[m["entered"], None]] if m["left"] is None else [])]
            found += [
                {"person": m["contact"], "entered": entered, "left": left}
                for entered, left in spells
            ]
        return found

    def reindex(self) -> None:
        self._hub.reindex()

"""A seeded week of Apollo leads with known truth: what each is, what must become of it, and what
happens later.

Each case is a method that adds contacts (and what the CRM must hold for them) and writes down
the places that must come out. `later` are the events that the control endpoint plays once the
week has been worked through.
"""

import random
import time
from typing import Any

from sandbox.apollo import stamp
from sandbox.people import FIRST, HEADS, HIGH_TITLES, LAST, LOW_TITLES, SHORT_FORMS, TAILS
from sandbox.simulator import CrmSimulator, Held
from sandbox.store import Store, Thing

REPS = (
    "ana.us@acme.test",
    "ben.us@acme.test",
    "cleo.uk@acme.test",
    "dario.eu@acme.test",
    "eve.saas@acme.test",
)
LEAD, NURTURE = "fran.lead@acme.test", "nurture@acme.test"
GONE, AWAY = "gone@acme.test", "away@acme.test"
HIGH, LOW = "engaged", "nurtured"
DEMO_LIST = "Demo requests"
PARENT_FIELD = "6400000000000000000000aa"
MAILBOX, SEQUENCE = "6400000000000000000000c1", "6400000000000000000000d1"
ROLE_FIELD = "6400000000000000000000ab"
ROLES = {"6400000000000000000000b1": "Decision maker", "6400000000000000000000b2": "Champion"}
_CUSTOM: dict[str, Thing] = {
    PARENT_FIELD: {"name": "Parent company", "type": "string", "picklist_values": []},
    ROLE_FIELD: {
        "name": "Buying role",
        "type": "picklist",
        "picklist_values": [
            {"id": i, "_id": i, "key": i, "name": name, "mapped_crm_values": {}}
            for i, name in ROLES.items()
        ],
    },
}
_WEEK = 7 * 86_400.0
#: What a contact lacks that comes from a list rather than from Apollo's own database.
_FROM_A_LIST: Thing = {"person_id": None, "phone_numbers": []}

#: How many of 400 leads are of each case; the rest is plain, half above the threshold.
SHARES = {
    "duplicate": 48,
    "tagged": 4,
    "sure_variant": 20,
    "unsure_variant": 12,
    "colleague": 20,
    "short_form": 6,
    "same_profile": 6,
    "changed_employer": 4,
    "namesake": 4,
    "shared_mailbox": 4,
    "sister_company": 6,
    "subsidiary": 2,
    "no_title": 8,
    "no_email": 6,
    "no_company": 4,
    "unverified": 10,
    "demo_request": 14,
    "owned": 8,
    "second_address": 2,
    "customer": 2,
    "stale_owner": 4,
    "no_territory": 4,
    "gone_owner": 4,
    "away_owner": 4,
    "ownerless": 4,
    "sequence": 8,
    "refused": 4,
}
#: The cases that are two leads each.
_PAIRS = frozenset(
    "duplicate tagged sure_variant unsure_variant colleague short_form same_profile"
    " changed_employer namesake shared_mailbox".split()
)
#: Happens later to plain leads: how many of 400.
LATER = {
    "bounce": 6,
    "unsubscribe": 4,
    "reply": 4,
    "intent": 3,
    "new_address": 2,
    "new_employer": 2,
}


class Week:
    """Generates into a store and a CRM.

    Leads have Apollo ids; truth is kept as groups of ids with the places they must take.
    """

    def __init__(
        self, store: Store, crm: CrmSimulator, leads: int, seed: int, now: float | None = None
    ) -> None:
        self.store, self.crm, self.leads, self.seed = store, crm, leads, seed
        self.random = random.Random(seed)
        self.now = now or time.time()
        self.contacts: dict[str, Thing] = {}
        self.truth: list[dict[str, Any]] = []
        self.later: list[dict[str, Any]] = []
        self._names = [(f, last) for f in FIRST for last in LAST]
        self.random.shuffle(self._names)
        self._brands = [h + t for h in HEADS for t in TAILS]
        self.random.shuffle(self._brands)
        self._used = 0
        self._companies = 0
        self._plain: dict[str, list[Thing]] = {HIGH: [], LOW: []}

    def make(self) -> None:
        """Generate everything and store it."""
        self._site()
        for case, of_400 in SHARES.items():
            for i in range(round(of_400 * self.leads / 400) // self._width(case)):
                getattr(self, case)(i)
        while len(self.contacts) < self.leads:
            self.plain(HIGH if len(self.contacts) % 2 else LOW)
        self._happen()
        self._store()

    @staticmethod
    def _width(case: str) -> int:
        return 2 if case in _PAIRS else 1

    # The ground

    def _site(self) -> None:
        for email in (*REPS, LEAD, NURTURE, GONE, AWAY):
            self.crm.add_user(email, active=email not in {GONE, AWAY})
        users = {
            f"U{i:04d}": {"id": f"U{i:04d}", "profile": {"email": e}}
            for i, e in enumerate((*REPS, LEAD, NURTURE, GONE, AWAY))
        }
        self.store.put_many("slack.users", users)
        self.label = self._hex()
        self.store.put(
            "apollo.labels",
            self.label,
            {"id": self.label, "modality": "contacts", "name": DEMO_LIST, "cached_count": 0},
        )
        stages = {
            s: {"id": s, "name": n, "category": None}
            for n in ("New", "Do Not Contact", "Bad Data")
            if (s := self._hex())
        }
        self.store.put_many("apollo.stages", stages)
        mailbox = {
            "id": MAILBOX,
            "email": NURTURE,
            "active": True,
            "default": True,
            "type": "gmail",
            "aliases": [NURTURE],
        }
        self.store.put("apollo.mailboxes", MAILBOX, mailbox)
        self.store.put(
            "apollo.sequences",
            SEQUENCE,
            {"id": SEQUENCE, "name": "Warm leads", "archived": False, "active": True},
        )
        self.store.put_many(
            "apollo.fields",
            {i: {"id": i, "modality": "contact", **field} for i, field in _CUSTOM.items()},
        )

    @staticmethod
    def _role(number: int) -> Thing:
        """Two of three contacts have one, as a picklist's option id."""
        options = [*ROLES, None]
        chosen = options[number % len(options)]
        return {ROLE_FIELD: [chosen]} if chosen else {}

    def _hex(self) -> str:
        return f"{self.random.getrandbits(96):024x}"

    def _person(self) -> tuple[str, str]:
        self._used += 1
        return self._names[self._used % len(self._names)]

    def _company(self, kind: str, country: str = "United States") -> Thing:
        """A new company: of the ideal size and industry for HIGH, of neither for LOW."""
        brand = self._brands[self._companies % len(self._brands)] + (
            "" if self._companies < len(self._brands) else f"{self._companies}"
        )
        self._companies += 1
        ideal = kind == HIGH
        organization = {
            "id": self._hex(),
            "name": f"{brand.title()} {self.random.choice(('Inc.', 'Ltd', 'GmbH', 'LLC'))}",
            "primary_domain": f"{brand}.com",
            "website_url": f"http://www.{brand}.com",
            "industry": self.random.choice(
                ("computer software", "information technology & services")
                if ideal
                else ("restaurants", "mining & metals")
            ),
            "estimated_num_employees": self.random.randint(120, 900)
            if ideal
            else self.random.randint(3, 40),
            "country": country,
            "state": self.random.choice(("California", "New York", "Texas"))
            if country == "United States"
            else None,
        }
        self.store.put("apollo.organizations", f"{brand}.com", organization)
        return organization

    def _contact(
        self, first: str, last: str, title: str, company: Thing, /, *, local: str = "", **more: Any
    ) -> Thing:
        ident = self._hex()
        email = f"{local or f'{first}.{last}'.lower()}@{company['primary_domain']}"
        at = stamp(self.now - self.random.random() * _WEEK)
        contact: Thing = {
            "id": ident,
            "first_name": first,
            "last_name": last,
            "name": f"{first} {last}",
            "title": title,
            "email": email,
            "email_status": "verified",
            "email_true_status": "Verified",
            "email_unsubscribed": None,
            "organization_name": company["name"],
            "organization_id": company["id"],
            "organization": {
                k: company[k] for k in ("id", "name", "website_url", "primary_domain")
            },
            "account": None,
            "contact_stage_id": None,
            "owner_id": None,
            "person_id": self._hex(),
            "source": "search",
            "original_source": "search",
            "source_display_name": "Requested from Apollo",
            "hubspot_vid": None,
            "crm_id": None,
            "label_ids": [],
            "typed_custom_fields": self._role(len(self.contacts)),
            "contact_emails": [],
            "contact_campaign_statuses": [],
            "emailer_campaign_ids": [],
            "phone_numbers": [
                {
                    "raw_number": "+1 415 555 0100",
                    "sanitized_number": f"+1415555{self.random.randint(100, 9999):04d}",
                    "type": "work_direct",
                    "position": 0,
                }
            ],
            "sanitized_phone": None,
            "city": None,
            "state": company["state"],
            "country": company["country"],
            "linkedin_url": None,
            "intent_strength": None,
            "show_intent": False,
            "existence_level": "full",
            "created_at": at,
            "updated_at": at,
        }
        contact.update(more)
        self.contacts[ident] = contact
        return contact

    def _expect(self, case: str, contacts: list[Thing], places: list[str]) -> None:
        self.truth.append(
            {"case": case, "ids": [c["id"] for c in contacts], "places": sorted(places)}
        )

    def _titled(self, kind: str) -> str:
        return self.random.choice(HIGH_TITLES if kind == HIGH else LOW_TITLES)

    def _one(self, kind: str, country: str = "United States", **more: Any) -> Thing:
        return self._contact(
            *self._person(), self._titled(kind), self._company(kind, country), **more
        )

    def _kind(self, i: int) -> str:
        return HIGH if i % 2 else LOW

    # The cases

    def plain(self, kind: str) -> None:
        """Complete, new, alone: above or below the threshold."""
        contact = self._one(
            kind, self.random.choice(("United States", "United Kingdom", "Germany"))
        )
        self._plain[kind].append(contact)

    def duplicate(self, i: int) -> None:
        """One person under two Apollo contacts: one goes on, one is merged."""
        first = self._one(self._kind(i))
        other = dict(
            first, id=self._hex(), email=first["email"].upper() if i % 3 else first["email"]
        )
        self.contacts[other["id"]] = other
        self._expect("duplicate", [first, other], [self._kind(i), "merged"])

    def tagged(self, i: int) -> None:
        """The same mailbox with and without a tag."""
        company = self._company(LOW)
        first, last = self._person()
        mail = f"{first}.{last}{i}".lower()
        pair = [
            self._contact(first, last, LOW_TITLES[0], company, email=f"{mail}{tag}@outlook.com")
            for tag in ("", "+sales")
        ]
        self._expect("tagged", pair, [LOW, "merged"])

    def sure_variant(self, i: int) -> None:
        """Same name and title, another address of the same company."""
        kind, (first, last) = self._kind(i), self._person()
        company, title = self._company(kind), self._titled(kind)
        pair = [
            self._contact(first, last, title, company, local=f"{first}.{last}".lower()),
            self._contact(first, last, title, company, local=f"{last}{i}".lower(), **_FROM_A_LIST),
        ]
        self._expect("sure_variant", pair, [kind, "merged"])

    def unsure_variant(self, i: int) -> None:
        """An initial instead of a first name: perhaps the same."""
        kind, (first, last) = self._kind(i), self._person()
        company, title = self._company(kind), self._titled(kind)
        pair = [
            self._contact(first, last, title, company),
            self._contact(
                f"{first[0]}.",
                last,
                title,
                company,
                local=f"{first[0]}{last}".lower(),
                **_FROM_A_LIST,
            ),
        ]
        self._expect("unsure_variant", pair, [kind, "review"])

    def short_form(self, i: int) -> None:
        """Bob and Robert of one company, with one title and addresses of two patterns."""
        kind, (_, last) = self._kind(i), self._person()
        company, title = self._company(kind), self._titled(kind)
        long, short = SHORT_FORMS[i % len(SHORT_FORMS)]
        pair = [
            self._contact(long, last, title, company),
            self._contact(
                short, last, title, company, local=f"{short[0]}{last}".lower(), **_FROM_A_LIST
            ),
        ]
        self._expect("short_form", pair, [kind, "merged"])

    def same_profile(self, i: int) -> None:
        """A business and a private address, with one LinkedIn profile in two spellings."""
        kind, (first, last) = self._kind(i), self._person()
        company, title = self._company(kind), self._titled(kind)
        profile = f"linkedin.com/in/{first}-{last}-{i}"
        pair = [
            self._contact(first, last, title, company, linkedin_url=f"http://www.{profile}"),
            self._contact(
                first,
                last,
                title,
                company,
                email=f"{first}{last}{i}@gmail.com".lower(),
                linkedin_url=f"https://de.{profile.lower()}/?trk=x",
                **_FROM_A_LIST,
            ),
        ]
        self._expect("same_profile", pair, [kind, "merged"])

    def changed_employer(self, i: int) -> None:
        """One LinkedIn profile at two companies: a person decides."""
        kind, (first, last) = self._kind(i), self._person()
        profile = f"http://www.linkedin.com/in/{last}-{first}-{i}"
        pair = [
            self._contact(
                first,
                last,
                self._titled(kind),
                self._company(kind),
                linkedin_url=profile,
                **more,
            )
            for more in ({}, _FROM_A_LIST)
        ]
        self._expect("changed_employer", pair, [kind, "review"])

    def namesake(self, i: int) -> None:
        """Two people of one name and company, whose addresses differ by a number."""
        kind, (first, last) = self._kind(i), self._person()
        company, title = self._company(kind), self._titled(kind)
        local = f"{first}.{last}".lower()
        pair = [
            self._contact(first, last, title, company),
            self._contact(first, last, title, company, local=f"{local}2", **_FROM_A_LIST),
        ]
        self._expect("namesake", pair, [kind, "review"])

    def shared_mailbox(self, i: int) -> None:
        """Two people behind one address: the CRM can hold one contact of it."""
        kind, company = self._kind(i), self._company(self._kind(i))
        (a, b), (c, d) = self._person(), self._person()
        pair = [
            self._contact(*name, self._titled(kind), company, local="office")
            for name in ((a, b), (c, d))
        ]
        self._expect("shared_mailbox", pair, [kind, "review"])

    def colleague(self, i: int) -> None:
        """Two people of one company: both go on."""
        kind = self._kind(i)
        company = self._company(kind)
        (a, b), (c, d) = self._person(), self._person()
        while c == a or d == b:
            c, d = self._person()
        pair = [
            self._contact(a, b, self._titled(kind), company),
            self._contact(c, d, self._titled(kind), company),
        ]
        self._expect("colleague", pair, [kind, kind])

    def sister_company(self, i: int) -> None:
        """A company named like one the CRM holds: perhaps its subsidiary."""
        parent, kind = self._company(HIGH), self._kind(i)
        brand = parent["primary_domain"].split(".")[0]
        self.crm.add_company(parent["name"], parent["primary_domain"])
        sister = dict(
            parent,
            id=self._hex(),
            name=f"{brand.title()} Germany GmbH",
            primary_domain=f"{brand}-germany.com",
        )
        self._expect(
            "sister_company",
            [self._contact(*self._person(), self._titled(kind), sister)],
            ["review"],
        )

    def subsidiary(self, i: int) -> None:
        """Its source says whose subsidiary it is."""
        contact = self._one(self._kind(i))
        contact["typed_custom_fields"] = {
            **contact["typed_custom_fields"],
            PARENT_FIELD: "Conglomerate Holdings",
        }
        self._expect("subsidiary", [contact], ["review"])

    def no_title(self, i: int) -> None:
        """A required field is missing."""
        self._expect("no_title", [self._one(self._kind(i), title=None)], ["review"])

    def no_email(self, i: int) -> None:
        """No address at all."""
        self._expect("no_email", [self._one(self._kind(i), email=None)], ["review"])

    def no_company(self, i: int) -> None:
        """Free mail, and no employer named."""
        contact = self._one(self._kind(i), organization_name=None, organization=None)
        contact["email"] = contact["email"].split("@")[0] + "@gmail.com"
        self._expect("no_company", [contact], ["review"])

    def unverified(self, i: int) -> None:
        """'verified' by the stale field, not by the true one
        (docs/design/vendors.md Apollo 2.1)."""
        status = ("User Managed", "Guessed", "Unavailable", None)[i % 4]
        self._expect("unverified", [self._one(self._kind(i), email_true_status=status)], ["review"])

    def demo_request(self, i: int) -> None:
        """On the demo list: high intent, straight to a rep whatever the points.

        Every other one is called in time.
        """
        contact = self._one(LOW, label_ids=[self.label])
        self._expect("demo_request", [contact], [HIGH])
        if i % 2:
            self.later.append({"kind": "activity", "contact": contact["id"]})

    def owned(self, i: int) -> None:
        """The CRM has the contact, with an active owner who keeps it."""
        contact = self._one(self._kind(i))
        self._in_crm(contact, owner=REPS[i % len(REPS)])
        self._expect("owned", [contact], [HIGH])

    def second_address(self, i: int) -> None:
        """The address is a secondary one of a CRM contact."""
        contact = self._one(self._kind(i))
        self._in_crm(
            contact,
            email=f"old.{i}@{contact['email'].split('@')[1]}",
            other_email=contact["email"],
            owner=REPS[0],
        )
        self._expect("second_address", [contact], [HIGH])

    def customer(self, i: int) -> None:
        """A customer with an owner: the owner is notified, no sequence."""
        contact = self._one(self._kind(i))
        self._in_crm(contact, customer=True, owner=REPS[1])
        self._expect("customer", [contact], [HIGH])

    def stale_owner(self, i: int) -> None:
        """The CRM's owner has left: routed again."""
        contact = self._one(HIGH)
        self._in_crm(contact, owner=GONE)
        self._expect("stale_owner", [contact], [HIGH])
        del i

    def no_territory(self, i: int) -> None:
        """Above the threshold, but no rule covers the country."""
        self._expect("no_territory", [self._one(HIGH, "Brazil")], ["held"])
        del i

    def gone_owner(self, i: int) -> None:
        """The rules' owner is deactivated, for good."""
        self._expect("gone_owner", [self._one(HIGH, "Austria")], ["held"])
        del i

    def away_owner(self, i: int) -> None:
        """The rules' owner is deactivated, and comes back."""
        contact = self._one(HIGH, "Ireland")
        self._expect("away_owner", [contact], [HIGH])
        if not i:
            self.later.append({"kind": "owner_back", "owner": AWAY})

    def ownerless(self, i: int) -> None:
        """A workflow of the CRM's clears the owner; every other one is given one by hand later."""
        contact = self._one(HIGH)
        self._flag("ownerless", contact["email"])
        self._expect("ownerless", [contact], [HIGH if i % 2 else "held"])
        if i % 2:
            self.later.append({"kind": "owner_set", "contact": contact["id"], "owner": REPS[0]})

    def sequence(self, i: int) -> None:
        """In an Apollo sequence of its own; every other one ends later."""
        kind = HIGH if i % 4 > 1 else LOW
        status = {
            "id": self._hex(),
            "emailer_campaign_id": self._hex(),
            "status": "active",
            "inactive_reason": None,
            "failure_reason": None,
            "added_at": stamp(self.now - 9e5),
            "finished_at": None,
            "paused_at": None,
            "current_step_position": 2,
        }
        contact = self._one(kind, contact_campaign_statuses=[status])
        self._expect("sequence", [contact], [kind if i % 2 else "held"])
        if i % 2:
            self.later.append({"kind": "sequence_ends", "contact": contact["id"]})

    def refused(self, i: int) -> None:
        """The CRM refuses to store it whatever is tried."""
        contact = self._one(self._kind(i))
        self._flag("broken_emails", contact["email"])
        self._expect("refused", [contact], ["fallback"])

    # What happens later

    def _happen(self) -> None:
        moved = {
            "bounce": "suppressed",
            "unsubscribe": "suppressed",
            "reply": "review",
            "intent": HIGH,
            "new_address": "",
            "new_employer": "review",
        }
        for kind, of_400 in LATER.items():
            for i in range(round(of_400 * self.leads / 400)):
                pool = (
                    self._plain[LOW] if kind in {"reply", "intent"} else self._plain[self._kind(i)]
                )
                if not pool:
                    continue
                contact = pool.pop(self.random.randrange(len(pool)))
                place = moved[kind] or (self._kind(i))
                self._expect(kind, [contact], [place])
                self.later.append(
                    {"kind": kind, "contact": contact["id"], "by": ("apollo", "crm")[i % 2]}
                )
        for kind, contacts in self._plain.items():
            for contact in contacts:
                self._expect("plain", [contact], [kind])
        again = self.random.sample(sorted(self.contacts), min(10, len(self.contacts)))
        self.later.append({"kind": "import", "contacts": again})

    def _flag(self, name: str, email: str) -> None:
        self.store.put("control", name, {**(self.store.get("control", name) or {}), email: True})

    def _in_crm(self, contact: Thing, **more: Any) -> None:
        named = {
            "email": contact["email"],
            "first_name": contact["first_name"],
            "last_name": contact["last_name"],
        }
        self.crm.add_person(Held(**{**named, "company": contact["organization_name"], **more}))

    def _store(self) -> None:
        from_crm = {}
        for i in range(5 if self.contacts else 0):
            contact = dict(
                self.random.choice(list(self.contacts.values())),
                id=self._hex(),
                source="crm",
                hubspot_vid=str(77_000 + i),
            )
            from_crm[contact["id"]] = dict(contact, email=f"crm.{i}@elsewhere.com")
        self.store.put_many("apollo.contacts", {**self.contacts, **from_crm})
        self.store.put(
            "control",
            "truth",
            {
                "leads": self.leads,
                "seed": self.seed,
                "groups": self.truth,
                "from_crm": len(from_crm),
            },
        )
        self.store.put("control", "later", {"events": self.later})

"""Who is in a simulated world, and what the sources say of them.

Each lead bears its truth: which person it is.
"""

import random
from typing import Any, NamedTuple

from leads.records import Captured
from streams.testing.loop import EPOCH

FIRST = (
    "Rosalind",
    "Bertram",
    "Cosima",
    "Dagny",
    "Emeric",
    "Fenella",
    "Godfrey",
    "Hedwig",
    "Isidore",
    "Juna",
    "Kasimir",
    "Lavinia",
)
LAST = (
    "Abernathy",
    "Birkenhead",
    "Castellan",
    "Dunmore",
    "Eisenhart",
    "Fairweather",
    "Gallowglass",
    "Hollister",
    "Ironside",
)
#: What a source calls people before it knows better.
MISTAKEN = (
    ("Zed", "Quill"),
    ("Ulric", "Ostrander"),
    ("Yvaine", "Vandermeer"),
    ("Wystan", "Zabriskie"),
    ("Perpetua", "Thackeray"),
    ("Xenia", "Umberfield"),
    ("Tancred", "Juncker"),
    ("Sidony", "Whitcomb"),
    ("Quentin", "Novak"),
    ("Oriel", "Pemberton"),
    ("Neville", "Yardley"),
)
DEMO_LIST = "Demo requests"
REPS = (
    "ana.us@acme.test",
    "ben.us@acme.test",
    "cleo.uk@acme.test",
    "dario.eu@acme.test",
    "eve.saas@acme.test",
)
USERS = {
    **dict.fromkeys((*REPS, "fran.lead@acme.test", "nurture@acme.test"), True),
    "gone@acme.test": False,
}
OUTSIDE_SEQUENCE = "c" * 24


class Person(NamedTuple):
    """One human being. `addresses` are all that any source gives of it."""

    name: str
    addresses: tuple[str, ...]


class SimLead(NamedTuple):
    """One record of a source. `case` says what was drawn, for the story."""

    source_id: str
    case: str
    person: Person
    raw: dict[str, Any]
    lists: tuple[str, ...] = ()
    at_first: dict[str, Any] = {}  # what it says instead until its next version
    changed: int = 30  # the minute in which its source says that it was last changed


class World(NamedTuple):
    """Everybody, and what the vendors know before the leads come."""

    leads: list[SimLead]
    organizations: dict[str, dict[str, Any]]
    owned: dict[str, str]  # address -> owner, of people that the CRM has already
    # address -> the main address under which the CRM has it as a secondary one
    known_as: dict[str, str]
    in_sequence: frozenset[str]  # source ids of contacts that an Apollo sequence writes to

    def first_of(self, person: Person) -> int:
        """The place of a person's first record."""
        return next(i for i, lead in enumerate(self.leads) if lead.person == person)


def captured(lead: SimLead, at: float, again: int = 0) -> Captured:
    """The lead as its source gives it, at so many seconds; a later version of it says so by its
    title. Every third source has no clock of its own."""
    raw = dict(lead.raw)
    if not again:
        raw |= lead.at_first
    if int(lead.source_id, 16) % 3:
        raw["updated_at"] = f"2026-01-05T08:{lead.changed:02d}:{again:02d}.000Z"
    if again:
        raw["title"] = f"{raw['title'] or 'VP'} {('Europe', 'Asia', 'Global')[again % 3]}"
    return Captured(
        source="apollo",
        source_id=lead.source_id,
        captured_at=EPOCH + at,
        raw=raw,
        lists=lead.lists,
        imported="poll",
    )


CASES = {
    "high": 5,
    "low": 5,
    "demo": 3,
    "duplicate": 3,
    "variant": 5,
    "profile": 4,
    "renamed": 3,
    "corrected": 2,
    "colleague": 1,
    "owned": 2,
    "second_address": 1,
    "sequence": 2,
    "invalid": 1,
    "unrouted": 1,
    "gone": 1,
}


#: The cases in which one person has several records.
SEVERAL = frozenset({"duplicate", "variant", "profile", "renamed"})


def make_world(draw: random.Random, leads: int) -> World:
    """Draw people until there are so many leads."""
    made = _Making(draw)
    while len(made.leads) < leads:
        made.add(draw.choices(list(CASES), list(CASES.values()))[0])
    return made.world()


def vary_values(draw: random.Random, world: World) -> World:
    """The world, of whose people with several records some say more than others, and other
    titles; each was changed at its own time."""
    leads = []
    for lead in world.leads:
        raw = dict(lead.raw)
        if lead.case in SEVERAL and raw["title"]:
            raw["title"] += draw.choice(("", "", " Nordics", " Iberia"))
        if lead.case in SEVERAL and draw.random() < 0.5:
            raw["sanitized_phone"] = f"+1212555{1000 + world.first_of(lead.person):04d}"
        leads.append(lead._replace(raw=raw, changed=draw.randrange(10, 50)))
    return world._replace(leads=leads)


def world_of(*cases: str) -> World:
    """People of these cases, in this order."""
    made = _Making(random.Random(1))
    for case in cases:
        made.add(case)
    return made.world()


class _Making:
    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._people = [(first, last) for first in FIRST for last in LAST]
        draw.shuffle(self._people)
        self.leads: list[SimLead] = []
        self.organizations: dict[str, dict[str, Any]] = {}
        self.owned: dict[str, str] = {}
        self.known_as: dict[str, str] = {}
        self.in_sequence: set[str] = set()

    def world(self) -> World:
        return World(
            self.leads, self.organizations, self.owned, self.known_as, frozenset(self.in_sequence)
        )

    def add(self, case: str) -> None:
        first, last = self._people.pop()
        domain = f"{last.lower()}{len(self.leads)}.com"
        self._company(domain, ideal=case not in {"low", "demo"} and self._draw.random() < 0.6)
        email = f"{first}.{last}@{domain}".lower()
        country = {"unrouted": "Brazil", "gone": "Austria"}.get(case, "United States")
        title = "VP Sales" if case not in {"low", "demo"} else "Sales Associate"
        if case == "variant":
            self._variant(first, last, title, domain)
            return
        if case == "profile":
            self._profile(first, last, title, domain)
            return
        if case == "renamed":
            self._renamed(first, last, title, domain)
            return
        if case == "corrected":
            self._profile(first, last, title, domain, case)
            return
        person = Person(f"{first} {last}", (email,))
        lead = self._lead(
            case, person, title if case != "invalid" else None, domain, email, country
        )
        if case == "owned":
            self.owned[email] = self._draw.choice(REPS)
        elif case == "second_address":
            self.known_as[email] = f"old.{email}"
        elif case == "sequence":
            self.in_sequence.add(lead.source_id)
        elif case == "duplicate":
            self._lead(case, person, title, domain, email.title(), country)
        elif case == "colleague":
            other_first, other_last = self._people.pop()
            other = f"{other_first}.{other_last}@{domain}".lower()
            self._lead(
                case, Person(f"{other_first} {other_last}", (other,)), title, domain, other, country
            )

    def _company(self, domain: str, *, ideal: bool) -> None:
        self.organizations[domain] = {
            "name": domain.split(".", maxsplit=1)[0],
            "primary_domain": domain,
            "industry": "computer software" if ideal else "restaurants",
            "estimated_num_employees": 300 if ideal else 12,
            "country": None,
            "state": None,
        }

    def _variant(self, first: str, last: str, title: str, domain: str) -> None:
        """One person with two addresses of one company."""
        addresses = (f"{first}.{last}@{domain}".lower(), f"{first[0]}{last}@{domain}".lower())
        for address in addresses:
            self._lead(
                "variant",
                Person(f"{first} {last}", addresses),
                title,
                domain,
                address,
                "United States",
            )

    def _profile(
        self, first: str, last: str, title: str, domain: str, case: str = "profile"
    ) -> None:
        """One person at two domains of one company, whom one LinkedIn profile names; a source that
        corrects itself has another name and employer with the second address at first."""
        other = f"get{domain}"
        self.organizations[other] = {**self.organizations[domain], "primary_domain": other}
        addresses = (f"{first}.{last}@{domain}".lower(), f"{first}@{other}".lower())
        profile = f"linkedin.com/in/{first}-{last}"
        urls = (f"http://www.{profile}", f"https://uk.{profile.lower()}/")
        for address, at, url in zip(addresses, (domain, other), urls, strict=True):
            person = Person(f"{first} {last}", addresses)
            lead = self._lead(case, person, title, at, address, "United States")
            lead.raw["organization_name"] = f"{domain.split('.', maxsplit=1)[0]} Inc."
            lead.raw["linkedin_url"] = url
        if case == "corrected":
            first, last = MISTAKEN[len(self.leads) % len(MISTAKEN)]
            wrong = {"first_name": first, "last_name": last, "name": f"{first} {last}"}
            wrong |= {"organization_name": f"{last} Ltd", "linkedin_url": ""}
            self.leads[-1] = self.leads[-1]._replace(at_first=wrong)

    def _renamed(self, first: str, last: str, title: str, domain: str) -> None:
        """One person at two domains of a company, which one record calls by its former name, too;
        one phone number names half of them."""
        other = f"new{domain}"
        self.organizations[other] = {**self.organizations[domain], "primary_domain": other}
        addresses = (f"{first}.{last}@{domain}".lower(), f"{first}@{other}".lower())
        former = domain.split(".", maxsplit=1)[0]
        names = (f"{former} Inc.", f"new{former} (formerly {former})")
        if self._draw.random() < 0.4:  # each record has the other's name and its own domain
            names = (f"new{former}", former)
        phone = f"+1415555{len(self.leads):04d}" if self._draw.random() < 0.5 else None
        for address, at, name in zip(addresses, (domain, other), names, strict=True):
            person = Person(f"{first} {last}", addresses)
            lead = self._lead("renamed", person, title, at, address, "United States")
            lead.raw["organization_name"] = name
            lead.raw["sanitized_phone"] = phone

    def _lead(
        self, case: str, person: Person, title: str | None, domain: str, email: str, country: str
    ) -> SimLead:
        number = len(self.leads) + 1
        first, last = person.name.split(" ")
        raw: dict[str, Any] = {
            "id": f"{number:024x}",
            "first_name": first,
            "last_name": last,
            "name": person.name,
            "title": title,
            "email": email,
            "email_true_status": "Verified",
            "organization_name": f"{domain.split('.', maxsplit=1)[0]} Inc.",
            "organization": {"id": f"{number:024x}", "name": domain, "primary_domain": domain},
            "country": country,
            "state": "California" if country == "United States" else None,
        }
        lists = (DEMO_LIST,) if case == "demo" else ()
        lead = SimLead(str(raw["id"]), case, person, raw, lists)
        self.leads.append(lead)
        return lead

"""What a webhook says: Zapier's fields or whatever somebody typed into an Apollo workflow, as a
lead or a signal.

Source: docs/design/vendors.md Apollo 6. The body has no event name, no time and no delivery id, so
the event stands in the address (`?event=replied`), and ids come from what is said: a second
delivery is the same lead, or the same signal for a day.
"""

import re
from copy import deepcopy
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from leads.addresses import clean_address, read_address
from leads.keys import Keys, derive, fold_email
from leads.rawvalues import read_apollo_id
from leads.records import Captured, Intent, Record, Signal

LEADS = frozenset({"", "contact", "created", "updated"})
INTERESTS = {"intent": "strength", "visit": "visit", "list": "list"}
SIGNALS = {
    "bounced": "bounce",
    "spam_blocked": "bounce",
    "unsubscribed": "unsubscribe",
    "do_not_contact": "do_not_contact",
    "replied": "reply",
}
_TOKEN = re.compile(r"\{\{\s*[\w.]+\s*\}\}")
#: What people and Zapier call Apollo's fields.
_ALIASES = {
    "contact_id": "id",
    "apollo_id": "id",
    "company": "organization_name",
    "company_name": "organization_name",
    "account_name": "organization_name",
    "job_title": "title",
    "phone": "sanitized_phone",
    "phone_number": "sanitized_phone",
    "linkedin": "linkedin_url",
    "email_status": "email_true_status",
}
#: contact__organization__primary_domain; what is deeper is part of the last name.
_DEEPEST = 3
_SITES = ("domain", "website", "website_url", "company_domain", "organization_domain")


class UnusableBodyError(ValueError):
    """The body says nothing that can be used; the text says what to change where it was sent."""


class Post(Record, frozen=True, kw_only=True):
    """One delivery.

    `source`: zapier or workflow. `value`: what goes with an interest (a page, a strength, a
    list).
    """

    source: str
    event: str
    body: dict[str, Any]
    at: float
    value: str = ""


def interpret(post: Post, keys: Keys) -> Captured | Signal:
    """A lead, with its interest if the event is one, or a signal. Raises UnusableBodyError."""
    if not post.body:
        raise UnusableBodyError("the body is empty: type fields into it, email at least")
    if tokens := _TOKEN.findall(str(post.body)):
        raise UnusableBodyError(
            f"{', '.join(sorted(set(tokens)))} came as typed: a test, or fields that the sender"
            " doesn't know"
        )
    contact = unfold(post.body)
    if post.event in SIGNALS:
        return _signal(post, contact, keys)
    if post.event not in LEADS and post.event not in INTERESTS:
        known = ", ".join(sorted({*LEADS, *INTERESTS, *SIGNALS} - {""}))
        raise UnusableBodyError(f"event {post.event!r} is unknown; known are {known}")
    if not any(map(contact.get, ("email", "id", "last_name", "name"))):
        wanted = "email, last_name or Apollo's contact_id (24 hex digits)"
        raise UnusableBodyError(f"no field names a person: {wanted} must be among them")
    intents: tuple[Intent, ...] = ()
    if kind := INTERESTS.get(post.event):
        intents = (Intent(kind=kind, value=post.value.casefold(), at=post.at),)
    return Captured(
        source=post.source,
        source_id=_source_id(contact, post.body, keys),
        captured_at=post.at,
        raw=contact,
        imported="webhook",
        intents=intents,
    )


def rejected(source: str, why: str, body: bytes, at: float) -> Captured:
    """A delivery that says nothing usable, with its first bytes, which intake turns into a dead
    letter."""
    raw = {"why": why, "body": body[:1000].decode(errors="replace")}
    ident = sha256(body).hexdigest()[:32]
    return Captured(
        source=source, source_id=ident, captured_at=at, raw=raw, format="reject", imported="webhook"
    )


def unfold(body: dict[str, Any]) -> dict[str, Any]:
    """Fields as Apollo's contact has them: `contact__email` is email, `company` is
    organization_name."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        path = name.strip().casefold().replace(" ", "_").split("__", _DEEPEST)
        place = found
        for step in path[:-1]:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                inner = place[step] = {}
            place = inner
        place[path[-1]] = deepcopy(value)
    contact = found
    if isinstance(inner := found.pop("contact", None), dict):
        contact = {**found, **inner}
        contact.pop("contact", None)
    for alias, name in _ALIASES.items():
        if alias in contact and not contact.get(name):
            contact[name] = contact.pop(alias)
    if "id" in contact and not (
        isinstance(contact["id"], str) and read_apollo_id(contact["id"].strip())
    ):
        del contact["id"]  # the sender's own number: it identifies nobody to Apollo
    return _with_site(contact)


def _with_site(contact: dict[str, Any]) -> dict[str, Any]:
    """A company's address, by whatever name, where Apollo has it."""
    site = _pop_site(contact)
    organization = contact.get("organization")
    if isinstance(organization, str):
        contact["organization_name"] = contact.get("organization_name") or organization
    if not isinstance(organization, dict):
        contact["organization"] = {}
    if site and not contact["organization"].get("primary_domain"):
        contact["organization"] = {**contact["organization"], "primary_domain": site}
    return contact


def _pop_site(contact: dict[str, Any]) -> str:
    """Take out the first field that names the company's site; its value, '' if none does."""
    for name in _SITES:
        if isinstance(contact.get(name), str):
            return str(contact.pop(name))
    return ""


def _source_id(contact: dict[str, Any], body: dict[str, Any], keys: Keys) -> str:
    """The contact's id, else a keyed hash of its address, else of the whole body
    (docs/design/interleavings.md 12)."""
    if ident := str(contact.get("id") or "").strip():
        return ident
    if address := fold_email(read_address(contact.get("email"))):
        return keys.record("address", address)
    return keys.record("body", *(f"{name}={body[name]}" for name in sorted(body)))


def _signal(post: Post, contact: dict[str, Any], keys: Keys) -> Signal:
    if not contact.get("email"):
        raise UnusableBodyError(f"event {post.event} needs an email, which says whose it is")
    key = keys.address(clean_address(contact["email"]))
    if not key:
        raise UnusableBodyError(
            f"event {post.event}: what stands in email is no address, so it identifies nobody"
        )
    kind, day = SIGNALS[post.event], datetime.fromtimestamp(post.at, UTC).date().isoformat()
    return Signal(
        signal_id=derive("signal", post.source, kind, key, day),
        kind=kind,
        at=post.at,
        source=post.source,
        address_key=key,
        person_key=key,
        value=str(contact.get("reply_class") or ""),
    )

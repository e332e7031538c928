"""Between the CRM contract's records and Salesforce's.

A person is a Lead until somebody converts it, then a Contact.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.core.answers import checked, in_part, member, read
from connectors.core.contact_writes import replaceable
from connectors.core.crm import Account, Contact, ContactWrite, OwnerWrite
from connectors.salesforce.forms import Record
from connectors.salesforce.properties import EMAILS, KEY, OWN, STATUS, is_custom
from connectors.salesforce.rows import AccountRow, PersonRow

_LENGTHS = {
    "FirstName": 40,
    "LastName": 80,
    "Title": 128,
    "Phone": 40,
    "City": 40,
    "MailingCity": 40,
    "Company": 255,
}
_MOST_TEXT = 255
_PERSON_ID = re.compile(r"(?:00Q|003)[a-zA-Z0-9]{12}(?:[a-zA-Z0-9]{3})?")
# what Salesforce's own imports write into a required field that nobody knows
_UNKNOWN = "[not provided]"


def object_of(ident: str) -> str:
    """Lead or Contact, by the id's first three characters."""
    return "Contact" if ident.startswith("003") else "Lead"


def is_person(ident: str) -> bool:
    """Whether an id is a lead's or a contact's.

    Salesforce refuses a query that compares an id with anything else.
    """
    return _PERSON_ID.fullmatch(ident) is not None


def by_object(ids: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The objects of some people, each with its ids; every id once, and none that is no person's:
    nobody has it."""
    found: dict[str, list[str]] = {"Lead": [], "Contact": []}
    for ident in filter(is_person, dict.fromkeys(ids)):
        found[object_of(ident)].append(ident)
    for kind, some in found.items():
        if some:
            yield kind, some


def by_id(people: Iterable[Record]) -> dict[str, Record]:
    """People by their ids."""
    return {person["Id"]: person for person in people}


def person(item: Any) -> Record:
    """A lead or a contact of an answer, of which everything can be read. Raises ValueError."""
    found = checked(item, PersonRow)
    contact_of(found)
    return found


def person_in_part(item: Any) -> Record:
    """A person of a feed: as much of it as can be read. Raises ValueError if that is nothing."""
    try:
        return person(item)
    except ValueError:
        ident = member(item, "Id")
        return in_part("Salesforce", ident, item, lambda some: person({**some, "Id": ident}))


def contact_of(found: Record, me: str = "") -> Contact:
    """A person out of a record with the READ fields.

    A record of the integration user `me` has no owner.
    """
    email = found.get("Email") or ""
    account = (found.get("Account") or {}).get("Type") or ""
    is_customer = account.casefold().startswith("customer")
    return Contact(
        id=found["Id"],
        email=email,
        emails=tuple(e for e in _further_emails(found) if e != email),
        key=found.get(KEY) or "",
        owner_id=_owner_id(found.get("OwnerId"), me),
        lifecycle="customer" if is_customer else "",
        status=found.get(STATUS) or "",
        company_id=found.get("AccountId") or "",
        opted_out=bool(found.get("HasOptedOutOfEmail")),
        bounced=bool(found.get("EmailBouncedDate")),
        changed_at=seconds(found.get("SystemModstamp")),
    )


def _further_emails(found: Record) -> list[str]:
    return list(filter(None, (found.get(EMAILS) or "").split(";")))


def _owner_id(ident: str | None, me: str) -> str:
    if not ident or ident == me:
        return ""
    return ident


def described(write: ContactWrite) -> dict[str, str]:
    """The fields that describe the person, as they are cut; '' for what isn't known."""
    own = {
        "FirstName": write.first_name,
        "LastName": write.last_name,
        "Title": write.title,
        "Phone": write.phone,
    }
    return {name: text[: _LENGTHS[name]] for name, text in own.items()}


def fields_of(
    write: ContactWrite, kind: str, held: Record | None, place: Mapping[str, str]
) -> Record:
    """Our fields, the blanks we can fill, and what is as we wrote it; what else `held` says stays.

    `place`: see address_picklists.place_of.
    """
    own = described(write)
    filled = {**place, "Company": write.company or write.domain} if kind == "Lead" else place
    old = held or {}
    replaced = replaceable(write, own, old)
    fields: Record = {}
    for name, text in {**own, **filled}.items():
        if text and (name in replaced or old.get(name) in (None, "", _UNKNOWN)):
            fields[name] = text[: _LENGTHS.get(name, _MOST_TEXT)]
    for name, value in more_of(write, kind).items():
        if name in write.overwrite or old.get(name) in (None, ""):
            fields[name] = value
    fields |= OWN.description(write)
    if not old.get(KEY):
        fields[KEY] = write.key
    if held is None:
        fields |= _new(write)
    elif write.keeps_emails:
        return fields
    elif write.known_id and write.emails[0] != old.get("Email"):
        fields["Email"] = write.emails[0]  # the person's address has changed
    return fields | _further(write, old)


def more_of(write: ContactWrite, kind: str) -> Mapping[str, Any]:
    """The mapped fields that an object has: a contact has only the custom ones, which are on both
    objects."""
    if kind == "Lead":
        return write.more
    return {name: value for name, value in write.more.items() if is_custom(name)}


def owner_fields(write: OwnerWrite, owner_id: str) -> Record:
    """What an assignment sets; the owner only where there is one to set."""
    fields = OWN.assignment(write)
    if owner_id:
        fields[OWN.owner] = owner_id
    return fields


def update_of(ident: str, fields: Mapping[str, Any]) -> Record:
    """A row of a collection that sets fields of a person."""
    return {"attributes": {"type": object_of(ident)}, "id": ident, **fields}


def _new(write: ContactWrite) -> Record:
    """What only a new lead gets: the fields that Salesforce requires, and firmographics."""
    company = write.company or write.domain or _UNKNOWN
    fields: Record = {
        "LastName": (write.last_name or _UNKNOWN)[: _LENGTHS["LastName"]],
        "Company": company[: _LENGTHS["Company"]],
        "Email": write.emails[0],
        "LeadSource": "Apollo",
    }
    if write.domain:
        fields["Website"] = write.domain
    if write.employees:
        fields["NumberOfEmployees"] = write.employees
    return fields


def _further(write: ContactWrite, old: Record) -> dict[str, str]:
    """The person's further addresses, earlier ones too: Salesforce has one field for one
    address."""
    address = old.get("Email") or ""
    addresses = _further_emails(old)
    if address:
        addresses.append(address)
    known = dict.fromkeys([*addresses, *write.emails])
    main = write.emails[0] if write.known_id or not old else address
    known.pop(main, None)
    further = ";".join(known)
    while len(further) > _MOST_TEXT:
        further = further.partition(";")[2]
    if further == (old.get(EMAILS) or ""):
        return {}
    return {EMAILS: further}


def seconds(value: Any) -> float:
    """Seconds of Salesforce's time text; 0 for none. Raises ValueError."""
    if not value:
        return 0.0
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()


def moment(at: float) -> str:
    """A SOQL date-time, whole seconds, never later than `at`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(at)))


def company_of(item: Any, me: str) -> Account:
    """A company out of an account.

    An account of the integration user `me` has no owner. Raises ValueError.
    """
    found = read(item, AccountRow)
    return Account(
        id=found.Id,
        name=found.Name or "",
        domain=found.Website or "",
        owner_id=_owner_id(found.OwnerId, me),
        parent_id=found.ParentId or "",
    )

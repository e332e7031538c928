"""Which fields of a kind of record are personal, and in what way; and what they hold in words."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import fields

from leads.records import PersonalRecord
from reference.stored_records import Kind, kinds_within

#: What a sealed field holds, by its name, or by record and name where another record means
#: something else by that name.
MEANINGS: Mapping[str, str] = {
    "person": "names, e-mail addresses, job title, phone, LinkedIn profile, city, state, country,"
    " and the properties that the rules' mapping adds; in an audit event also what a write has set"
    " in the CRM, and what stood there before",
    "ErasureOrder.person": "what an erasure needs: all addresses, the ids at the CRM and at Apollo,"
    " the Slack messages about the person",
    "raw": "the source's record as it came: everything that Apollo, a webhook or a row of a file"
    " says",
    "custom": "the account's own fields of Apollo",
    "unplaced_phone": "a phone number whose country no field says",
    "review_decisions": "what people have answered about the lead, with the values that they set",
    "fields": "the values that a person has set or corrected",
    "details": "what belongs to an event's outcome and may name the person, such as a correction",
    "text": "a message to a rep, as it is posted: who the lead is, and what to do",
    "first_name": "first name",
    "last_name": "last name",
    "title": "job title",
    "email": "e-mail address",
    "phone": "phone number",
    "linkedin": "LinkedIn profile",
    "city": "city",
    "country": "country",
    "person_id": "the person's id in Apollo's database",
    "crm_id": "the contact's id in the CRM",
    "wrote": "what the write of a merged record has set in the CRM",
    "before": "what stood there before",
    "ours": "the contact's values in the CRM as Leadgate wrote them last",
    "done": "what vendors answered",
    "failed": "the error for which a stage could not decide: it may quote a value",
    "key": "the key of a record that could not be read",
    "value": "that record's bytes",
}
_HASHES = ("_key", "_keys")
#: Fields with keyed hashes whose names do not say so.
_OTHER_HASHES = frozenset(
    {
        *("BlockRow.people", "CompanyState.blocks", "CrmRecord.key", "Fingerprint.apart"),
        *("IdentityLink.forgotten", "Lead.remembered", "Parked.key", "SourceRow.apart"),
    }
)
#: Fields with a vendor's id of a person, or of something that hangs on the person there.
_IDS = frozenset(
    "source_id apollo_id apollo_person_id source_crm_id crm_id contact_id contact ids task_id"
    " note_id".split()
)


class Readable(NamedTuple):
    """The names of fields that are readable without a key and stand for a person."""

    hashes: list[str]
    ids: list[str]


def sealed_in(kinds: Iterable[Kind]) -> dict[str, list[str]]:
    """The sealed fields of these kinds of records, and of those within them, by the kind."""
    found = {kind.__name__: kind for kind in kinds_within(kinds)}
    personal = {
        name: sorted(kind.personal)
        for name, kind in found.items()
        if issubclass(kind, PersonalRecord)
    }
    return {name: names for name, names in sorted(personal.items()) if names}


def readable_in(kinds: Iterable[Kind]) -> Readable:
    """What stands for a person in these kinds of records, and in those within them, unsealed."""
    hashes, ids = set[str](), set[str]()
    for kind in kinds_within(kinds, sealed=False):
        names = {one.name for one in fields(kind)} - {*getattr(kind, "personal", ())}
        hashes |= {name for name in names if _is_hash(kind, name)}
        ids |= names & _IDS
    return Readable(sorted(hashes), sorted(ids))


def meaning(kind: str, field: str) -> str:
    """What a sealed field holds. Raises KeyError for one that MEANINGS lacks."""
    return MEANINGS.get(f"{kind}.{field}") or MEANINGS[field]


def _is_hash(kind: Kind, name: str) -> bool:
    return name.endswith(_HASHES) or f"{kind.__name__}.{name}" in _OTHER_HASHES

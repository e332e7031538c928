"""Who a lead's person is not, as people have said: such leads are never merged unasked.

A lead carries it among its review decisions, by ids of leads and keys of persons. Its fingerprint
carries it to the rows where a later record of the other person meets it.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from leads.records import Fingerprint, Lead
from leads.table_rows import PersonRow

_MARK = "separate."


def keep_apart(lead: Lead, others: Iterable[str]) -> Lead:
    """The lead with a person's word that it is none of these leads (by id) and persons (by
    key)."""
    marks = {f"{_MARK}{other}": "separate" for other in others if other}
    if marks.items() <= lead.review_decisions.items():
        return lead
    return replace(lead, review_decisions={**lead.review_decisions, **marks})


def others_of(lead: Lead) -> tuple[str, ...]:
    """The leads and persons that a lead is kept apart from, in order."""
    if not lead.review_decisions:
        return ()
    marks = filter(lambda name: name.startswith(_MARK), lead.review_decisions)
    return tuple(sorted(mark.removeprefix(_MARK) for mark in marks))


def is_kept_apart(lead: Lead, *others: str) -> bool:
    """Whether the lead is kept apart from one of these leads and persons."""
    return any(f"{_MARK}{other}" in lead.review_decisions for other in others)


def are_apart(lead: Lead, known: Fingerprint) -> bool:
    """Whether a lead and a remembered person are two people by what was said of either."""
    if is_kept_apart(lead, known.lead_id, known.person_key):
        return True
    return not {lead.lead_id, lead.person_key}.isdisjoint(known.apart)


def is_another_person(lead: Lead, row: PersonRow) -> bool:
    """Whether a lead is kept apart from the person who has an address or a contact key."""
    if is_kept_apart(lead, row.lead_id, row.person_key):
        return True
    return row.fingerprint is not None and are_apart(lead, row.fingerprint)

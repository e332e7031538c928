"""validated, links, crm.records -> unique."""

from typing import Any

from leads import topics
from leads.gates.identity import Identity, Seen
from leads.records import CrmRecord, Lead, Link, Ruling
from streams.runner.model import Stage
from tables.schema import COMPLETE, CONTACTS, PEOPLE, SUPPRESSIONS
from tables.state import View


def make() -> Stage:
    """The identity stage."""
    return Stage(
        gate=Identity(),
        inputs={topics.VALIDATED: Lead, topics.LINKS: Link, topics.CRM_RECORDS: CrmRecord, topics.DECIDED: Ruling},
        read=read,
        seen=Seen,
        writes=(PEOPLE,),
        home=topics.VALIDATED,
    )


def read(record: Any, view: View) -> Seen:
    """The address's row, the person's contact, what stops it, and whether the snapshot is complete here."""
    if isinstance(record, CrmRecord):
        return Seen(person=view.get(PEOPLE, record.key))
    if isinstance(record, Link):
        return Seen(person=view.get(PEOPLE, record.address_key), suppression=view.get(SUPPRESSIONS, record.address_key))
    return Seen(
        person=view.get(PEOPLE, record.person_key),
        contact=view.get(CONTACTS, record.person_key),
        synced=view.has(PEOPLE, COMPLETE),
    )

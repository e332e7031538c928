"""matched -> written."""

from msgspec.structs import replace

from leads import topics
from leads.gates.person_values import WriteState, is_about_values
from leads.gates.signal_forwarding import alias_target
from leads.gates.write import Write
from leads.records import Lead, ReviewDecision
from streams.runner.model import Stage
from streams.runner.suppression import suppression_of
from tables.schema import CONTACTS, PEOPLE, PERSON_VALUES
from tables.state import BatchView


def make() -> Stage:
    """The CRM write stage."""
    return Stage(
        gate=Write(),
        inputs={topics.MATCHED: Lead, topics.REVIEW_DECISIONS: ReviewDecision},
        load_state=read,
        state_type=WriteState,
        writes=(CONTACTS, PERSON_VALUES),
        retry_topic=topics.MATCHED,
    )


def read(record: Lead, view: BatchView) -> WriteState:
    """What stops the person, and what its records say; of a merged record what stops the lead that
    goes on, whether that still has its claim, and where the person's key leads by now."""
    key = record.person_key
    known = view.get(PERSON_VALUES, key)
    if not is_about_values(record):
        return WriteState(suppression=suppression_of(record, view), known=known)
    person = view.get(PEOPLE, key)
    own = known.own if known is not None else None
    written_to = replace(record, address_key=own.address_key if own is not None else "")
    return WriteState(
        suppression=suppression_of(written_to, view),
        known=known,
        holder=person.lead_id if person is not None and person.status != "ended" else "",
        moved_to=alias_target(person, key),
    )

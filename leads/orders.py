"""Which records give orders, and are obeyed only with the site's signature."""

from leads import topics
from leads.audit_kinds.model import LEAD_STAGES
from leads.erasure_order import ErasureOrder
from leads.records import Record, ReviewDecision, Signal
from leads.waits import ERASED

#: Kinds of signals that are orders of a person: by `undo`, `release` and `erase`, or a click in
#: Slack.
SIGNAL_ORDERS = frozenset({"undone", "released", "taken", ERASED})


def is_order(topic: topics.Topic, record: Record) -> bool:
    """Whether a record of a topic is obeyed only with a signature."""
    if not topic.signed:
        return False
    if isinstance(record, Signal):
        return record.kind in SIGNAL_ORDERS
    return isinstance(record, ReviewDecision | ErasureOrder)


def addressee(record: Record, reader: str) -> str:
    """The stage that reports a refused order which `reader` has read: of a decision, which all
    lead stages read, the one that it names, or the first where it names none of them."""
    if not isinstance(record, ReviewDecision):
        return reader
    return record.stage if record.stage in LEAD_STAGES else LEAD_STAGES[0]

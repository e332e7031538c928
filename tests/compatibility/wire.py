"""What is written to Kafka and into the state: which record lies where."""

from typing import Any

from leads.corrections import Resubmitted
from reference.stored_records import read_states, records_in_tables, records_in_topics


def written() -> dict[str, type[Any]]:
    """The record by where it lies: `topic NAME RECORD`, `table NAME`, `state STAGE` (what an
    attempt or an event holds of it), `raw FORMAT` (of a captured record)."""
    in_topics = [(topic, kind) for topic, kinds in records_in_topics().items() for kind in kinds]
    return {
        **{f"topic {topic.name} {kind.__name__}": kind for topic, kind in in_topics},
        **{f"table {name}": kind for name, kind in records_in_tables().items()},
        **{f"state {stage}": kind for stage, kind in read_states().items()},
        "raw resubmitted": Resubmitted,
    }

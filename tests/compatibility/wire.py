"""What is written to Kafka and into the state: which record lies where."""

from typing import Any

import msgspec

from app.crm_sync.full import SyncCheckpoint
from app.crm_sync.incremental import SyncCursor
from app.ingest.import_registry import ImportStart
from app.ingest.poller import Cursor
from app.operations.replay import SkipRange
from app.setup.site_check import Mark
from leads import topics
from leads.corrections import Resubmitted
from leads.keys import Keys
from leads.records import Alert, Audit, Captured, Lead, ReviewItem
from leads.retention import Deletion
from streams.runner.dead_letters import Dead
from streams.stages.all import make_stages
from streams.stages.intake import make as make_intake
from tables.schema import OF_A_STAGE, TABLES

#: Topics whose values are no records: text, or the rules as their model writes them.
NOT_RECORDS = {topics.CRM_IDS: "a person key as text", topics.RULES: "rules as JSON"}
_BESIDE_THE_STAGES: dict[topics.Topic, tuple[type[msgspec.Struct], ...]] = {
    topics.REVIEW_QUEUE: (ReviewItem,),
    topics.FALLBACK: (Lead,),
    topics.DEAD: (Dead, Captured),
    topics.ALERTS: (Alert,),
    topics.AUDIT: (Audit,),
    topics.CURSORS: (Cursor, ImportStart, SyncCursor, SyncCheckpoint, SkipRange, Mark, Deletion),
}
_STAGES = make_stages(Keys(""))


def written() -> dict[str, type[Any]]:
    """The record by where it lies: `topic NAME RECORD`, `table NAME`, `state STAGE` (what an
    attempt or an event holds of it), `raw FORMAT` (of a captured record)."""
    return {
        **{f"topic {t.name} {r.__name__}": r for t, some in _in_topics().items() for r in some},
        **{f"table {table.name}": table.record for table in TABLES},
        **{f"table {t.name}": t.record for t in (of(_any_stage()) for of in OF_A_STAGE)},
        **{f"state {stage.name}": stage.state_type for stage in _STAGES},
        "raw resubmitted": Resubmitted,
    }


def _in_topics() -> dict[topics.Topic, tuple[type[msgspec.Struct], ...]]:
    read = {topic: (record,) for stage in _STAGES for topic, record in stage.inputs.items()}
    return read | _BESIDE_THE_STAGES


def _any_stage() -> str:
    """The records of the tables of a stage are the same for every stage."""
    return make_intake(Keys("")).name

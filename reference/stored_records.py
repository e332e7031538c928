"""Which record lies where in Kafka and in the state."""

from typing import Any, TypeAlias

from app.crm_sync.full import SyncCheckpoint
from app.crm_sync.incremental import SyncCursor
from app.ingest.import_registry import ImportStart
from app.ingest.poller import Cursor
from app.operations.replay import SkipRange
from app.setup.site_check import Mark
from leads import topics
from leads.keys import Keys
from leads.records import Alert, Audit, Lead, ReviewItem
from leads.retention import Deletion
from streams.runner.dead_letters import Dead
from streams.stages.all import make_stages
from streams.stages.intake import make as make_intake
from tables.schema import OF_A_STAGE, TABLES

Kind: TypeAlias = type[Any]

#: Topics whose values are no records: text, or the rules as their model writes them.
NOT_RECORDS = {topics.CRM_IDS: "a person key as text", topics.RULES: "rules as JSON"}
_STAGES = make_stages(Keys(""))
_DECIDED = tuple(dict.fromkeys(kind for stage in _STAGES for kind in stage.inputs.values()))
_BESIDE_THE_STAGES: dict[topics.Topic, tuple[Kind, ...]] = {
    topics.REVIEW_QUEUE: (ReviewItem,),
    topics.FALLBACK: (Lead,),
    # bytes that can't be decoded, and what its gate can't decide on; a lead waits in review instead
    topics.DEAD: (Dead, *(kind for kind in _DECIDED if kind is not Lead)),
    topics.ALERTS: (Alert,),
    topics.AUDIT: (Audit,),
    topics.CURSORS: (Cursor, ImportStart, SyncCursor, SyncCheckpoint, SkipRange, Mark, Deletion),
}


def records_in_topics() -> dict[topics.Topic, tuple[Kind, ...]]:
    """The kinds of records by topic, but for those in NOT_RECORDS."""
    read = {topic: (record,) for stage in _STAGES for topic, record in stage.inputs.items()}
    return read | _BESIDE_THE_STAGES


def records_in_tables() -> dict[str, Kind]:
    """The record by table. Tables that each stage has of its own are alike: one stage's stand for
    all."""
    stage = make_intake(Keys("")).name
    own = {table.name: table.record for table in (make(stage) for make in OF_A_STAGE)}
    return {table.name: table.record for table in TABLES} | own


def read_states() -> dict[str, Kind]:
    """What an attempt or an event holds of what a stage has read, by stage."""
    return {stage.name: stage.state_type for stage in _STAGES}

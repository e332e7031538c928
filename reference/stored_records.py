"""Which record lies where in Kafka and in the state."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeAlias, get_args

import msgspec
from msgspec.structs import fields

from app.crm_sync.full import SyncCheckpoint
from app.crm_sync.incremental import SyncCursor
from app.ingest.import_registry import ImportStart
from app.ingest.poller import Cursor
from app.operations.replay import SkipRange
from app.setup.site_mark import Mark
from leads import topics
from leads.audit_kinds import AUDIT_KINDS
from leads.decision import Parked
from leads.effect_results import EffectResult
from leads.keys import Keys
from leads.records import Alert, Audit, Captured, Lead, ReviewItem
from leads.retention import Deletion
from leads.table_rows import Attempt
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


def kinds_within(kinds: Iterable[Kind], *, sealed: bool = True) -> list[Kind]:
    """These kinds of records, and those that may lie within them: by their fields' types, and in
    the fields whose types do not say it. Without `sealed`, only what lies outside of personal
    fields."""
    todo, found = list(kinds), list[Kind]()
    while todo:
        kind = todo.pop()
        todo += get_args(kind)
        if kind in found or not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            continue
        found.append(kind)
        hidden = () if sealed else getattr(kind, "personal", ())
        todo += [one.type for one in fields(kind) if one.name not in hidden]
        todo += _untyped().get(kind, ())
    return found


@lru_cache(maxsize=1)
def _untyped() -> dict[Kind, tuple[Kind, ...]]:
    """What lies in `seen` of an attempt, `other` of what is parked, and in `inputs` and `outcome`
    of an event. An event's inputs are what was decided on, what the stage had read, and the results
    of effects; of what was captured they hold ids alone."""
    seen = tuple(read_states().values())
    decided = (kind for kind in _DECIDED if kind is not Captured)
    outcomes = (form.outcome for kind in AUDIT_KINDS for form in kind.forms)
    return {
        Attempt: seen,
        Parked: _DECIDED,
        Audit: (*seen, *decided, EffectResult, *outcomes),
    }

"""The topics' names and meaning, in one place. Pure data: every layer may read it.

Every topic has the state's partition count, so that partition p of all of them, and of the
state, is at one worker.
"""

from dataclasses import dataclass, field
from typing import Literal

PREFIX = "leadgate."
PARTITIONS = 12
APP_ID = "leadgate"
STATE = "state"
DAY_MS = 86_400_000
SLA_WINDOW_DAYS = 400  # how long SLA windows are kept, and the outcomes that fill them


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: `key` says by what it is keyed, `flow` who writes it and who reads it.

    In `flow`, a stage is named as its gate is; `lead stages` are the seven that a lead passes. What
    returns to the stage that it waited under is not repeated there.
    """

    name: str
    key: str
    flow: str
    cleanup: Literal["delete", "compact"] = "delete"
    retention_days: int = -1  # -1: without limit (docs/design/interleavings.md 10)
    partitions: int = PARTITIONS
    public: bool = False  # written from outside: what can't be decoded is a dead letter, not a bug
    signed: str = ""  # which of its records are obeyed only with the site's signature, '' for none
    full: str = field(init=False)  # the name on the broker

    def __post_init__(self) -> None:
        object.__setattr__(self, "full", PREFIX + self.name)

    def config(self) -> dict[str, str]:
        """The broker-side settings that `provision` makes and `doctor` checks."""
        if self.cleanup == "compact":
            return {"cleanup.policy": "compact", "max.message.bytes": "8388608"}
        retention = -1 if self.retention_days < 0 else self.retention_days * DAY_MS
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(retention),
            "max.message.bytes": "8388608",
        }


CAPTURED = Topic(
    "captured",
    "source record id",
    "poller, importer, web server, unmerge, lead stages (a person's correction) -> intake",
    retention_days=400,
    public=True,
)
VALIDATED = Topic(
    "validated", "address or contact key", "intake, identity, company, write -> identity"
)
LINKS = Topic("links", "address key, contact key or brand", "lead stages -> identity, company")
UNIQUE = Topic("unique", "brand of the company", "identity, company -> company")
MATCHED = Topic("matched", "person key", "company, write, engage -> write")
WRITTEN = Topic("written", "person key", "write, assign, engage -> routing")
ROUTED = Topic("routed", "person key", "routing, engage -> assign")
ASSIGNED = Topic("assigned", "person key", "assign -> engage")
CLOCKS = Topic("clocks", "person key", "lead stages -> sla")
SIGNALS = Topic(
    "signals",
    "address key; person key from Leadgate's own stages and commands",
    "poller, web server, undo, release, lead stages, signals -> signals",
    retention_days=400,
    public=True,
    signed="kinds undone, released, taken",
)
ROUTED_SIGNALS = Topic(
    "routed-signals", "person key", "signals, identity -> routing, assign, engage, sla"
)
SLA_TICKS = Topic("sla-ticks", "person key", "timers -> sla", retention_days=1)
SLA_OUTCOMES = Topic("sla-outcomes", "team", "sla -> sla_windows", retention_days=SLA_WINDOW_DAYS)
REVIEW_DECISIONS = Topic(
    "review-decisions",
    "key of the stage that asked",
    "people, undo, lead stages (again) -> lead stages (the one that asked)",
    retention_days=400,
    public=True,
    signed="all",
)
CRM_RECORDS = Topic(
    "crm.records",
    "address key or brand stem",
    "sync-crm, poller -> identity, company",
    cleanup="compact",
    public=True,
)
CRM_IDS = Topic("crm.ids", "CRM id", "poller -> poller", cleanup="compact", partitions=1)
REVIEW_QUEUE = Topic(
    "review-queue", "lead id and stage", "lead stages -> review queue, sheets", cleanup="compact"
)
FALLBACK = Topic("fallback", "lead id", "write, assign, engage -> consumers", retention_days=400)
DEAD = Topic("dead-letters", "lead id or source key", "stages -> people", retention_days=400)
ALERTS = Topic("alerts", "channel", "stages, poller -> notify", retention_days=30)
AUDIT = Topic(
    "audit", "event id", "stages, undo, unmerge -> consumers, why, audit", cleanup="compact"
)
RULES = Topic(
    "rules",
    "hash",
    "provision, workers -> workers",
    cleanup="compact",
    partitions=1,
    signed="all",
)
CURSORS = Topic(
    "cursors",
    "source",
    "poller, sync-crm, importer, web server, replay, workers -> the same, poller, workers",
    cleanup="compact",
    partitions=1,
    signed="key replay",
)

TOPICS = (
    CAPTURED,
    VALIDATED,
    LINKS,
    UNIQUE,
    MATCHED,
    WRITTEN,
    ROUTED,
    ASSIGNED,
    CLOCKS,
    SIGNALS,
    ROUTED_SIGNALS,
    SLA_TICKS,
    SLA_OUTCOMES,
    REVIEW_DECISIONS,
    CRM_RECORDS,
    CRM_IDS,
    REVIEW_QUEUE,
    FALLBACK,
    DEAD,
    ALERTS,
    AUDIT,
    RULES,
    CURSORS,
)
#: What a lead passes on its way, in order; what lies in them uncommitted is under way.
LEAD_TOPICS = (CAPTURED, VALIDATED, UNIQUE, MATCHED, WRITTEN, ROUTED, ASSIGNED)
#: The full names of the topics that the stages consume. Alerts are left out: no lead waits for
#: Slack.
STAGE_TOPICS = tuple(
    topic.full
    for topic in (
        *LEAD_TOPICS,
        LINKS,
        CLOCKS,
        SIGNALS,
        ROUTED_SIGNALS,
        SLA_TICKS,
        SLA_OUTCOMES,
        REVIEW_DECISIONS,
        CRM_RECORDS,
    )
)
BY_NAME = {topic.full: topic for topic in TOPICS}
CHANGELOG = f"{APP_ID}-{STATE}-changelog"

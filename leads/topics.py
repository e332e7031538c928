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
    """One topic: `key` says by what it is keyed, `flow` from whom to whom."""

    name: str
    key: str
    flow: str
    cleanup: Literal["delete", "compact"] = "delete"
    retention_days: int = -1  # -1: without limit (docs/design/interleavings.md 10)
    partitions: int = PARTITIONS
    public: bool = False  # written from outside: what can't be decoded is a dead letter, not a bug
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
    "poller, importer, resubmission -> intake",
    retention_days=400,
    public=True,
)
VALIDATED = Topic("validated", "address key", "intake -> identity")
LINKS = Topic("links", "address key", "intake, company, CRM write -> identity")
UNIQUE = Topic("unique", "brand stem of the domain", "identity -> company")
MATCHED = Topic("matched", "person key", "company -> CRM write")
WRITTEN = Topic("written", "person key", "CRM write, engagement (rescored) -> scoring and routing")
ROUTED = Topic("routed", "person key", "scoring and routing -> CRM assign")
ASSIGNED = Topic("assigned", "person key", "CRM assign -> engagement")
CLOCKS = Topic("clocks", "person key", "engagement -> SLA")
SIGNALS = Topic(
    "signals", "address key", "poller, webhooks -> signals stage", retention_days=400, public=True
)
ROUTED_SIGNALS = Topic(
    "routed-signals", "person key", "signals stage -> routing, CRM assign, engagement, SLA"
)
SLA_TICKS = Topic("sla-ticks", "person key", "timer -> SLA", retention_days=1)
SLA_OUTCOMES = Topic("sla-outcomes", "team", "SLA -> SLA windows", retention_days=SLA_WINDOW_DAYS)
REVIEW_DECISIONS = Topic(
    "review-decisions",
    "key of the stage that asked",
    "people -> the stage that asked",
    retention_days=400,
    public=True,
)
CRM_RECORDS = Topic(
    "crm.records",
    "address key or brand stem",
    "sync-crm -> identity, company",
    cleanup="compact",
    public=True,
)
CRM_IDS = Topic("crm.ids", "CRM id", "poller -> itself", cleanup="compact", partitions=1)
REVIEW_QUEUE = Topic(
    "review-queue", "lead id and stage", "any stage -> review queue, sheets", cleanup="compact"
)
FALLBACK = Topic("fallback", "lead id", "CRM write -> sheet, review queue", retention_days=400)
DEAD = Topic("dead-letters", "lead id or source key", "any stage -> people", retention_days=400)
ALERTS = Topic("alerts", "channel", "any stage -> Slack", retention_days=30)
AUDIT = Topic("audit", "event id", "every stage -> consumers, why, what-if", cleanup="compact")
RULES = Topic("rules", "hash", "operators -> every worker", cleanup="compact", partitions=1)
CURSORS = Topic(
    "cursors",
    "source",
    "poller, sync-crm, import -> themselves, webhooks -> poller",
    cleanup="compact",
    partitions=1,
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
BY_NAME = {topic.full: topic for topic in TOPICS}
CHANGELOG = f"{APP_ID}-{STATE}-changelog"

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
SLA_WINDOW_DAYS = 400  # how long SLA windows are kept
#: Keys of the rules' `retention` that say for how many days a topic keeps its records.
RetentionKey = Literal[
    "stages",
    "captured",
    "signals",
    "review_decisions",
    "sla_outcomes",
    "fallback",
    "dead_letters",
    "alerts",
]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: `key` says by what it is keyed, `flow` who writes it and who reads it.

    In `flow`, a stage is named as its gate is; `lead stages` are the seven that a lead passes. What
    returns to the stage that it waited under is not repeated there.

    `kept` is the key of the rules' `retention`; a compacted topic keeps the last record of each key
    instead. Who deletes the records of the others, `read_by_stages` says: of a topic that stages
    read, a worker deletes what is old and committed; of any other, the broker deletes what is old.
    """

    name: str
    key: str
    flow: str
    cleanup: Literal["delete", "compact"] = "delete"
    kept: RetentionKey = "stages"
    read_by_stages: bool = True  # by the workers' group (docs/design/interleavings.md 10)
    partitions: int = PARTITIONS
    public: bool = False  # written from outside: what can't be decoded is a dead letter, not a bug
    signed: str = ""  # which of its records are obeyed only with the site's signature, '' for none
    full: str = field(init=False)  # the name on the broker

    def __post_init__(self) -> None:
        object.__setattr__(self, "full", PREFIX + self.name)

    def config(self, days: float) -> dict[str, str]:
        """The broker-side settings that `provision` makes, for records that are kept so many days.

        Kafka deletes whole files, so one ends after a fourteenth of that time. A week at most is
        Kafka's default; more files would cost the broker memory maps.
        """
        if self.cleanup == "compact":
            return {"cleanup.policy": "compact", "max.message.bytes": "8388608"}
        retention = -1 if self.read_by_stages else round(days * DAY_MS)
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(retention),
            "segment.ms": str(max(1000, round(min(7.0, days / 14) * DAY_MS))),
            "max.message.bytes": "8388608",
        }


CAPTURED = Topic(
    "captured",
    "source record id",
    "poller, importer, web server, unmerge, lead stages (a person's correction) -> intake",
    kept="captured",
    public=True,
)
VALIDATED = Topic(
    "validated", "address or contact key", "intake, identity, company, write -> identity"
)
LINKS = Topic("links", "address key, contact key or brand", "lead stages -> identity, company")
UNIQUE = Topic("unique", "brand of the company", "identity, company -> company")
MATCHED = Topic("matched", "person key", "identity, company, write, engage -> write")
WRITTEN = Topic("written", "person key", "write, assign, engage -> routing")
ROUTED = Topic("routed", "person key", "routing, engage -> assign")
ASSIGNED = Topic("assigned", "person key", "assign -> engage")
CLOCKS = Topic("clocks", "person key", "lead stages -> sla")
SIGNALS = Topic(
    "signals",
    "address key; person key from Leadgate's own stages and commands",
    "poller, web server, undo, release, erase, lead stages, signals -> signals",
    kept="signals",
    public=True,
    signed="kinds undone, released, taken, erased",
)
ROUTED_SIGNALS = Topic(
    "routed-signals", "person key", "signals, identity -> routing, assign, engage, sla"
)
SLA_TICKS = Topic("sla-ticks", "person key", "timers -> sla")
SLA_OUTCOMES = Topic("sla-outcomes", "team", "sla -> sla_windows", kept="sla_outcomes")
REVIEW_DECISIONS = Topic(
    "review-decisions",
    "key of the stage that asked",
    "people, undo, erase, lead stages (again) -> lead stages (the one that asked)",
    kept="review_decisions",
    public=True,
    signed="all",
)
ERASURES = Topic(
    "erasures", "person key", "erase -> erasure", kept="review_decisions", public=True, signed="all"
)
CRM_RECORDS = Topic(
    "crm.records",
    "address key or brand stem",
    "sync-crm, poller -> identity, company",
    cleanup="compact",
    public=True,
)
CRM_IDS = Topic(
    "crm.ids",
    "CRM id",
    "poller -> poller",
    cleanup="compact",
    read_by_stages=False,
    partitions=1,
)
REVIEW_QUEUE = Topic(
    "review-queue",
    "lead id and stage",
    "lead stages -> review queue, sheets",
    cleanup="compact",
    read_by_stages=False,
)
FALLBACK = Topic(
    "fallback",
    "lead id",
    "write, assign, engage -> consumers",
    kept="fallback",
    read_by_stages=False,
)
DEAD = Topic(
    "dead-letters",
    "lead id or source key",
    "stages -> people",
    kept="dead_letters",
    read_by_stages=False,
)
ALERTS = Topic("alerts", "channel", "stages, poller -> notify", kept="alerts")
AUDIT = Topic(
    "audit",
    "event id",
    "stages, undo, unmerge, export -> consumers, why, audit",
    cleanup="compact",
    read_by_stages=False,
)
RULES = Topic(
    "rules",
    "hash",
    "provision, workers -> workers",
    cleanup="compact",
    read_by_stages=False,
    partitions=1,
    signed="all",
)
CURSORS = Topic(
    "cursors",
    "source",
    "poller, sync-crm, importer, web server, replay, workers -> the same, poller, workers",
    cleanup="compact",
    read_by_stages=False,
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
    ERASURES,
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
        ERASURES,
        CRM_RECORDS,
    )
)
#: The topics whose old records a worker deletes.
SHORTENED = tuple(topic for topic in TOPICS if topic.read_by_stages and topic.cleanup == "delete")
BY_NAME = {topic.full: topic for topic in TOPICS}
CHANGELOG = f"{APP_ID}-{STATE}-changelog"

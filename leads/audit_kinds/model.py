"""What is said of a kind of audit event."""

from dataclasses import dataclass, field
from enum import StrEnum

#: Stages that decide about leads.
LEAD_STAGES = ("intake", "identity", "company", "write", "routing", "assign", "engage")
#: All stages.
STAGES = (*LEAD_STAGES, "signals", "sla", "sla_windows", "notify")


class Repeats(StrEnum):
    """How often a kind may stand in one lead's story, each time with another event id."""

    NO = "no"
    REVISION = "once a revision"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class AuditKind:
    """One kind of event.

    `says` completes "the lead …" in `leadgate why`. `places` are where the event puts the lead,
    empty where it moves nobody. A name that ends in `*` stands for all kinds that begin so.
    `outcome` has the fields of the event's `outcome`, each with its meaning.
    """

    name: str
    stages: tuple[str, ...]
    places: tuple[str, ...]
    says: str
    meaning: str
    repeats: Repeats = Repeats.YES
    outcome: dict[str, str] = field(default_factory=dict)

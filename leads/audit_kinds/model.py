"""What is said of a kind of audit event."""

from dataclasses import dataclass
from enum import StrEnum

from leads.audit_kinds.outcomes import Outcome

#: Stages that decide about leads.
LEAD_STAGES = ("intake", "identity", "company", "write", "routing", "assign", "engage")
#: All stages.
STAGES = (*LEAD_STAGES, "signals", "sla", "sla_windows", "notify", "erasure")


class Repeats(StrEnum):
    """How often a kind may stand in one lead's story, each time with another event id."""

    NO = "no"
    REVISION = "once a revision"
    YES = "yes"


class Origin(StrEnum):
    """What an event comes from, which says what its `inputs` hold."""

    DECISION = "decision"  # the record, what its stage had read, and the results of its effects
    FAILURE = "failure"  # as DECISION, of a gate that raised; what was read may be missing
    ERASED = "erased"  # as DECISION, of a lead whose key is destroyed: `seen` may be null
    NOTE = "note"  # beside a decision of the same stage, whose event has the inputs: null
    REVIEW = "review"  # a person's decision: the step that it settles
    UNREADABLE = "unreadable"  # bytes that can't be decoded: their place in the log
    UNDO = "undo"  # `leadgate undo`: the import
    EXPORT = "export"  # `leadgate person export`: the person's leads
    UNMERGE = "unmerge"  # `leadgate unmerge`: the event of the merge


@dataclass(frozen=True, slots=True)
class EventForm:
    """One form that the events of a kind have: the same origin, places and fields of `outcome`."""

    origin: Origin
    stages: tuple[str, ...]
    places: tuple[str, ...]
    outcome: type[Outcome] = Outcome


@dataclass(frozen=True, slots=True)
class AuditKind:
    """One kind of event.

    `says` completes "the lead …" in `leadgate why`. `places` are where the event puts the lead,
    empty where it moves nobody. A name that ends in `*` stands for the kinds in `members`.
    `outcome` is the record that the event's `outcome` holds. `several` lists the forms of a kind
    whose events are not all alike.
    """

    name: str
    stages: tuple[str, ...]
    places: tuple[str, ...]
    says: str
    meaning: str
    repeats: Repeats = Repeats.YES
    outcome: type[Outcome] = Outcome
    origin: Origin = Origin.DECISION
    members: tuple[str, ...] = ()
    several: tuple[EventForm, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The values that an event's `kind` may have."""
        return self.members or (self.name,)

    @property
    def forms(self) -> tuple[EventForm, ...]:
        """Every form of its events; most kinds have one."""
        own = EventForm(self.origin, self.stages, self.places, self.outcome)
        return self.several or (own,)

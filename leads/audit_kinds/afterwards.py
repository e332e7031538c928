"""The kinds of what people decide, of signals after arrival, and of the SLA's clock."""

from leads.audit_kinds import outcomes
from leads.audit_kinds.model import LEAD_STAGES, AuditKind, Origin, Repeats

_ARRIVED, _ON = ("engaged", "nurtured"), ("in_flight",)

AFTERWARDS = (
    AuditKind(
        "reviewed",
        LEAD_STAGES,
        (),
        "was decided by a person",
        "the decision that set it going again; `actor` is who decided, `inputs.step` the step",
        outcome=outcomes.Reviewed,
        origin=Origin.REVIEW,
    ),
    AuditKind(
        "resubmitted",
        LEAD_STAGES,
        _ON,
        "was corrected by a person and goes through the gates again",
        "a person has set fields at a later gate: a revision of the lead goes to the first one",
    ),
    AuditKind(
        "superseded",
        ("assign",),
        (),
        "gave way to a newer revision of itself",
        "it waited for an owner, or would have to, while a newer revision of it is on its way",
    ),
    AuditKind(
        "rerouted",
        ("assign", "engage"),
        _ON,
        "goes back to be scored and routed",
        "a person named a rep, or had it looked at again",
    ),
    AuditKind(
        "recreated",
        ("write", "engage"),
        _ON,
        "goes back to be written to the CRM",
        "a person has answered for a deleted contact",
    ),
    AuditKind(
        "updated",
        ("engage",),
        _ARRIVED,
        "was brought up to date",
        "a further revision of a lead that had arrived; nobody is notified again",
    ),
    AuditKind(
        "rescored",
        ("engage",),
        _ON,
        "is scored again",
        "a new sign of intent came in: it goes back to scoring",
    ),
    AuditKind(
        "signal_*",
        ("engage",),
        _ARRIVED,
        "received the signal that the kind names",
        "`signal_reply`, `signal_owner`, `signal_sequence`, `signal_bounce`: it stays where it is,"
        " and a sequence that the signal ends has been left",
        members=("signal_reply", "signal_owner", "signal_sequence", "signal_bounce"),
    ),
    AuditKind(
        "moved",
        ("engage",),
        (),
        "no longer rests or waits under its former person",
        "it was recognised as another person's; the sequence that it was in has been left",
    ),
    AuditKind(
        "owner_rewritten",
        ("engage",),
        _ON,
        "had its owner changed back by another automation: written once more",
        "the owner before ours came back; ours is written again, once",
    ),
    AuditKind(
        "released",
        ("engage",),
        _ON,
        "is live from here on",
        "`leadgate release` sends it through the gates again, live",
    ),
    AuditKind(
        "sla_started",
        ("sla",),
        (),
        "has its clock running",
        "a high-intent lead was given to its rep",
        outcome=outcomes.SlaStarted,
    ),
    AuditKind(
        "sla_met",
        ("sla",),
        (),
        "was contacted in time",
        "the owner acted, or said so in Slack: the clock stands",
        outcome=outcomes.SlaMet,
    ),
    AuditKind(
        "breached",
        ("sla",),
        (),
        "was not contacted in time: escalated",
        "the clock ran out: `sla.escalate_to` of the rules has a task and a message; once a clock",
        outcome=outcomes.Breached,
    ),
    AuditKind(
        "assignment_overdue",
        ("sla",),
        (),
        "was not with a rep in time",
        "its sign of intent came in, and no rep had it within the rules' time; once a clock",
    ),
    AuditKind(
        "not_taken",
        ("sla",),
        (),
        "was clicked in Slack, and its clock was not stopped",
        "the click came too late, from another person, or the CRM did not take the note",
    ),
    AuditKind(
        "restored",
        ("undo",),
        (),
        "had its contact set back",
        "`leadgate undo` set back what the import wrote on its contact",
        Repeats.NO,
        outcomes.Restored,
        Origin.UNDO,
    ),
    AuditKind(
        "person_erased",
        ("erasure",),
        (),
        "and its person were erased everywhere",
        "`leadgate erase` is over: the outcome is the certificate. It stands in the story of one of"
        " the person's leads; no personal data can be read any more",
        outcome=outcomes.PersonErased,
        origin=Origin.ERASED,
    ),
    AuditKind(
        "person_exported",
        ("export",),
        (),
        "had all that is held of its person exported",
        "`leadgate person export` has given it out; `actor` is who did it. It stands in the story"
        " of the person's newest lead",
        outcome=outcomes.PersonExported,
        origin=Origin.EXPORT,
    ),
    AuditKind(
        "unmerged",
        ("unmerge",),
        (),
        "was parted from another lead by a person",
        "`leadgate unmerge` took a merge back; both leads have the event, and what was merged comes"
        " in again as a person of its own",
        outcome=outcomes.Unmerged,
        origin=Origin.UNMERGE,
    ),
)

"""The kinds of a lead that waits for a person or for an outside cause, or that ends."""

from leads.audit_kinds import outcomes
from leads.audit_kinds.model import (
    LEAD_STAGES,
    STAGES,
    AuditKind,
    EventForm,
    Origin,
)

_PERSON, _CAUSE, _DEAD = ("review",), ("held",), ("dead",)

WAITING = (
    AuditKind(
        "invalid",
        ("intake",),
        _PERSON,
        "can't go on as it is",
        "a required field is missing or not good enough; the trace says which",
    ),
    AuditKind(
        "job_change",
        ("intake",),
        _PERSON,
        "seems to have changed employer",
        "a known lead has another company's domain than last time",
    ),
    AuditKind(
        "subsidiary",
        ("company",),
        _PERSON,
        "may work for a subsidiary",
        "its company is said to belong to another, or is named like one of the same brand",
    ),
    AuditKind(
        "variant",
        ("identity", "company"),
        _PERSON,
        "may be a known person under another address",
        "a similar person is known at the company, or its LinkedIn profile, Apollo person id, CRM"
        " id or phone is another lead's; the trace shows the evidence",
    ),
    AuditKind(
        "shared_address",
        ("identity", "write"),
        _PERSON,
        "has the address of a known person, and is another",
        "the CRM knows one contact by an address: it is one person, or this one needs another",
    ),
    AuditKind(
        "no_lawful_basis",
        ("write",),
        _PERSON,
        "has no lawful basis",
        "the rules name no lawful basis for the person's country: nothing is written to the CRM",
    ),
    AuditKind(
        "deleted",
        ("write", "engage"),
        _PERSON,
        "was deleted in the CRM",
        "people have deleted its contact; it is not created again unless somebody approves it",
    ),
    AuditKind(
        "fallback",
        ("write", "assign", "engage"),
        ("fallback",),
        "could not be written to the CRM",
        "the CRM refused it at once, or failed on it three times",
        outcome=outcomes.Fallback,
    ),
    AuditKind(
        "unrouted",
        ("routing",),
        _CAUSE,
        "found no route",
        "no route fits, or it is a customer's without an active owner",
    ),
    AuditKind(
        "unowned",
        ("assign",),
        _CAUSE,
        "has no active owner",
        "the CRM shows no active owner; it is looked at again",
    ),
    AuditKind(
        "another_automation",
        ("assign", "engage"),
        _PERSON,
        "has an owner that something else keeps changing",
        "the owner we wrote did not stay, twice",
    ),
    AuditKind(
        "sequence_active",
        ("engage",),
        _CAUSE,
        "waits for Apollo's own sequence to end",
        "a sequence of Apollo's, or the tool of its sequence, has it now; it is looked at again",
    ),
    AuditKind(
        "sequence_unknown",
        ("engage",),
        (*_CAUSE, *_PERSON),
        "waits until Apollo's sequences are known",
        "Apollo does not say; unknown for too long, a person is asked",
    ),
    AuditKind(
        "not_enrolled",
        ("engage",),
        ("", *_PERSON),
        "could not be enrolled",
        "its sequence did not take it: nobody moves if it has a rep, else a person looks",
        outcome=outcomes.NotEnrolled,
        several=(
            EventForm(Origin.DECISION, ("engage",), _PERSON),
            EventForm(Origin.NOTE, ("engage",), (), outcomes.NotEnrolled),
        ),
    ),
    AuditKind(
        "replied",
        ("engage",),
        _PERSON,
        "answered",
        "it answered a sequence: it enters none before a person says so",
    ),
    AuditKind(
        "unenrol_failed",
        ("engage",),
        _PERSON,
        "could not be taken out of its sequence",
        "the sequence goes on although everything was done to end it",
    ),
    AuditKind(
        "not_stopped",
        ("engage",),
        _PERSON,
        "could not be stopped everywhere",
        "the CRM or Apollo did not take an opt-out; mails may go on, and it is tried again",
    ),
    AuditKind(
        "quarantined",
        LEAD_STAGES,
        (*_PERSON, *_DEAD),
        "could not be decided on",
        "the gate raised an error; the trace names it. A record that is no lead yet is dead",
        several=(
            EventForm(Origin.FAILURE, LEAD_STAGES, _PERSON),
            EventForm(Origin.FAILURE, ("intake",), _DEAD),
        ),
    ),
    AuditKind(
        "merged",
        ("identity", "company"),
        ("merged",),
        "is the same person as another lead and was merged into it",
        "it ends here; its signs of interest go to the other lead",
        outcome=outcomes.Merged,
    ),
    AuditKind(
        "suppressed",
        LEAD_STAGES,
        ("suppressed",),
        "will not be written to",
        "the person opted out, a mail bounced, or a person decided so: it ends here",
        outcome=outcomes.Suppressed,
    ),
    AuditKind(
        "ended_without_basis",
        ("write",),
        ("suppressed",),
        "ends without a lawful basis",
        "the rules name no lawful basis for the person's country, and say that such leads end:"
        " nothing was written to the CRM",
    ),
    AuditKind(
        "undone",
        LEAD_STAGES,
        ("undone",),
        "was taken back with its import",
        "its import was taken back: it ends here",
    ),
    AuditKind(
        "erased",
        LEAD_STAGES,
        ("erased",),
        "ended because its person was erased",
        "the person was erased, or had been before it came in: the key of its personal data is"
        " destroyed",
        outcome=outcomes.LeadErased,
        several=(
            EventForm(Origin.DECISION, LEAD_STAGES, ("erased",), outcomes.LeadErased),
            EventForm(Origin.ERASED, LEAD_STAGES, ("erased",), outcomes.LeadErased),
        ),
    ),
    AuditKind(
        "dead",
        STAGES,
        _DEAD,
        "could not be read",
        "the record lies among the dead letters; the event's lead may be known by its place alone",
        outcome=outcomes.Unreadable,
        several=(
            EventForm(Origin.DECISION, ("intake",), _DEAD),
            EventForm(Origin.UNREADABLE, STAGES, _DEAD, outcomes.Unreadable),
        ),
    ),
)

"""Every kind of audit event: who writes it, what it means, what its `outcome` holds.

The one place where a kind is explained: `leadgate why` and docs/reference/audit-events.md read it,
and tests/test_reference.py compares it with the gates' source.
"""

from leads.audit_kinds.afterwards import AFTERWARDS
from leads.audit_kinds.model import AuditKind, EventForm, Origin, Repeats
from leads.audit_kinds.on_the_way import ON_THE_WAY
from leads.audit_kinds.waiting import WAITING

__all__ = ["AUDIT_KINDS", "FORMER", "NO_EVENT", "AuditKind", "EventForm", "Origin", "Repeats"]

#: In the order in which a lead may meet them.
AUDIT_KINDS: tuple[AuditKind, ...] = (*ON_THE_WAY, *WAITING, *AFTERWARDS)

#: Decisions about no lead: they are counted in `leadgate_decisions_total`, and leave no event.
NO_EVENT: dict[tuple[str, str], str] = {
    ("intake", "unchanged"): "the record is known as it is",
    ("intake", "outdated"): "the record is older than what is known",
    ("identity", "linked"): "an address became a person's, or free",
    ("identity", "link_refused"): "an address has a lead of its own under way, and stays with it",
    ("identity", "known"): "a contact of the CRM's snapshot was noted, or a link was the company's",
    ("identity", "synced"): "the CRM's snapshot is complete in this partition",
    ("company", "forgotten"): "a merged lead is no longer compared with, or a link was identity's",
    ("company", "known"): "a company of the CRM's snapshot was noted",
    ("company", "synced"): "the CRM's snapshot is complete in this partition",
    (
        "signals",
        "relayed",
    ): "a signal went to the stages under which the person's leads wait or rest",
    ("signals", "forwarded"): "a signal went to the partition of the address's person",
    ("engage", "forwarded"): "a signal went on to the partition of its address's person",
    ("engage", "unchanged"): "nothing was deferred for the lead that had claimed an alias",
    ("sla", "set"): "a clock was prepared or taken away",
    ("sla", "unchanged"): "there was no clock, or nothing to change on it",
    ("sla_windows", "counted"): "an outcome was filed into its window",
    ("sla_windows", "unchanged"): "it was in its window, has expired, or is of a shadow clock",
    ("erasure", "unchanged"): "an erasure has begun, or is over already",
    ("notify", "unchanged"): "the message is about somebody who was erased",
    ("notify", "sent"): "Slack took the message",
    ("notify", "unsent"): "Slack refused the message",
}

#: What earlier versions of a gate's logic decided: their events lie in the log.
FORMER = frozenset({("company", "merged")})

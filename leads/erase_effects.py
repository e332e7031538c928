"""Which effects erase one person outside, in which order, and under which ids."""

from collections.abc import Sequence
from typing import TypeAlias

from leads.effects import (
    Effect,
    EraseContact,
    EraseInApollo,
    EraseMessage,
    EraseRows,
    LeaveSequence,
    StopContact,
)
from leads.erasure import Erasure
from leads.erasure_order import PersonOutside
from leads.rules import Rules

#: Effects by names of their own, which may be made together.
Step: TypeAlias = dict[str, Effect]
#: As a suppression by the team: the CRM itself must not write, either.
_KIND = "do_not_contact"


def erase_steps(person: PersonOutside, rules: Rules) -> tuple[Step, ...]:
    """The steps that erase a person, one after the other: a step begins when the one before is
    over.

    First every sequence and list is left and the CRM is told not to write, while the contact is
    still there; then everything beside it is erased; the contact is the last, unless the rules
    keep it. A contact that is gone refuses the first step as `deleted`, which is no failure. Every
    effect is harmless twice.
    """
    steps = (_leave(person, rules), _beside(person), _contacts(person, rules))
    return tuple(step for step in steps if step)


def kept_by_rules(person: PersonOutside, rules: Rules) -> tuple[Erasure, ...]:
    """The report's part on contacts that the rules keep in the CRM."""
    if rules.erase.crm != "keep" or not person.contact_ids:
        return ()
    says = "the rules keep the contact in the CRM (erase.crm: keep); it is opted out there"
    return (
        Erasure(
            system="the CRM", what="contact", outcome="kept", ids=person.contact_ids, remains=says
        ),
    )


def _leave(person: PersonOutside, rules: Rules) -> Step:
    own = {rule.leave for rule in rules.sequences if rule.tool == "hubspot"}
    step: Step = {}
    for contact in person.contact_ids:
        step[f"stop {contact}"] = StopContact(contact_id=contact, kind=_KIND, nurtured=True)
        for leave in sorted(own):
            name = f"leave {leave} {contact}"
            step[name] = LeaveSequence(contact_id=contact, leave=leave)
    return step


def _beside(person: PersonOutside) -> Step:
    step: Step = {}
    for ident in person.apollo_ids:
        step[f"apollo {ident}"] = EraseInApollo(apollo_id=ident, email="")
    for number, email in enumerate(person.emails):
        step[f"apollo address {number}"] = EraseInApollo(apollo_id="", email=email)
    for alert in person.alerts:
        step[f"message {alert.alert_id}"] = EraseMessage(
            to=alert.to, alert_id=alert.alert_id, at=alert.at
        )
    step["rows"] = EraseRows(lead_ids=person.lead_ids, address_keys=person.address_keys)
    return step


def _contacts(person: PersonOutside, rules: Rules) -> Step:
    if rules.erase.crm == "keep":
        return {}
    permanent = rules.erase.crm == "delete"
    # without an id the contact is looked for by the key alone
    contacts: Sequence[str] = person.contact_ids or ("",)
    step: Step = {}
    for contact in contacts:
        step[f"contact {contact}"] = EraseContact(
            contact_id=contact, person_key=person.person_key, permanent=permanent
        )
    return step

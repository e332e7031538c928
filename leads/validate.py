"""Intake's question: is this enough of a lead to work with?"""

from leads.addresses import is_address
from leads.records import Lead, Reason
from leads.rule_models import FieldRule
from leads.rules import Rules


def validate(lead: Lead, rules: Rules) -> tuple[Reason, ...]:
    """One reason for each required field, `held` true where it is missing or not good enough."""
    mapped = (rule for rule in rules.mapping if rule.required)
    return (
        *(_check(name, lead, rules) for name in rules.required),
        *(_check_mapped(rule, lead) for rule in mapped),
    )


def _check_mapped(rule: FieldRule, lead: Lead) -> Reason:
    more = lead.person.more
    if rule.object == "company":
        more = lead.company.more
    if rule.to in more:
        return _passes(rule.to, f"{rule.to} is there")
    return _fails(rule.to, f"{rule.to} is missing, or was not what the property takes")


def _check(name: str, lead: Lead, rules: Rules) -> Reason:
    if name == "verified_email":
        return _check_verified(lead, rules)
    if name == "email":
        if is_address(lead.person.email):
            return _passes(name, "has an e-mail address")
        return _fails(name, "no usable e-mail address")
    if name == "company":
        value = lead.company.name or lead.company.domain
    else:
        value = getattr(lead.person, name)
    if value:
        return _passes(name, f"{name} is there")
    return _fails(name, f"{name} is missing")


def _check_verified(lead: Lead, rules: Rules) -> Reason:
    name, email, status = "verified_email", lead.person.email, lead.person.email_status
    good = rules.verified.get(lead.source, ())
    if not email:
        return _fails(name, "there is no e-mail address")
    if not is_address(email):
        return _fails(name, "the e-mail address is malformed")
    if status in good or lead.review_decisions.get("email_status") == "verified":
        return _passes(name, f"the address is {status or 'verified by a person'}")
    return _fails(name, f"the address is {status or 'of unknown status'}, not {' or '.join(good)}")


def _passes(name: str, why: str) -> Reason:
    return Reason(rule=f"required.{name}", decisive=False, why=why)


def _fails(name: str, why: str) -> Reason:
    return Reason(rule=f"required.{name}", decisive=True, why=why)

"""The first gate's question: is this enough of a lead to work with?"""

from leads.normalise import is_address
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
    name, held = (
        rule.to,
        rule.to not in (lead.person.more if rule.object == "contact" else lead.company.more),
    )
    return Reason(
        rule=f"required.{name}",
        decisive=held,
        why=f"{name} is {'missing, or was not what the property takes' if held else 'there'}",
    )


def _check(name: str, lead: Lead, rules: Rules) -> Reason:
    person, company = lead.person, lead.company
    rule = f"required.{name}"
    if name == "verified_email":
        good = rules.verified.get(lead.source, ())
        if not is_address(person.email):
            return Reason(
                rule=rule,
                decisive=True,
                why=(
                    "there is no e-mail address"
                    if not person.email
                    else "the e-mail address is malformed"
                ),
            )
        if person.email_status in good or lead.review_decisions.get("email_status") == "verified":
            return Reason(
                rule=rule,
                decisive=False,
                why=f"the address is {person.email_status or 'verified by a person'}",
            )
        return Reason(
            rule=rule,
            decisive=True,
            why=(
                f"the address is {person.email_status or 'of unknown status'}, not"
                f" {' or '.join(good)}"
            ),
        )
    if name == "email":
        held = not is_address(person.email)
        return Reason(
            rule=rule,
            decisive=held,
            why="no usable e-mail address" if held else "has an e-mail address",
        )
    value = company.name or company.domain if name == "company" else getattr(person, name)
    return Reason(
        rule=rule, decisive=not value, why=f"{name} is {'missing' if not value else 'there'}"
    )

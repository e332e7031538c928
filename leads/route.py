"""Who gets a lead, and which sequence: the first rule in the file's order whose every condition
holds."""

from leads.effect_results import AccountsRead, EffectResult, OwnedAccount, value_of
from leads.records import Lead, Reason, Route
from leads.regions import is_state
from leads.rule_models import AccountOwner, Condition, RouteRule, SequenceRule
from leads.rules import Rules


def route(lead: Lead, rules: Rules) -> tuple[RouteRule | None, tuple[Reason, ...]]:
    """The matching rule, and each rule that was asked with why it did or did not fit.

    Later rules aren't asked.
    """
    reasons: list[Reason] = []
    for rule in rules.routes:
        misfit = mismatch_reason(lead, rule.when, rules)
        name = f"routes.{rule.name}"
        if not misfit:
            reasons.append(Reason(rule=name, decisive=True, why=f"goes to {rule.owner}"))
            return rule, tuple(reasons)
        reasons.append(Reason(rule=name, decisive=False, why=misfit))
    return None, tuple(reasons)


def sequence(lead: Lead, rules: Rules, band: str) -> SequenceRule | None:
    """The sequence of a lead of this band: the first that fits, the nurture list for a nurtured
    lead without any."""
    for rule in rules.sequences:
        if (
            rule.band == band
            and not mismatch_reason(lead, rule.when, rules)
            and _can_send(lead, rule, rules)
        ):
            return rule
    if band == "nurture":
        return rules.default_sequence
    return None


def _can_send(lead: Lead, rule: SequenceRule, rules: Rules) -> bool:
    """A HubSpot sequence is sent from the inbox of the lead's owner."""
    return rule.tool != "hubspot" or bool(lead.route and rules.inbox_of(lead.route.owner_email))


def route_to_account(
    lead: Lead, account: EffectResult, rule: AccountOwner
) -> tuple[Route | None, Reason]:
    """The owner of the lead's company, or of the nearest company above it that has one who may take
    leads."""
    refusals = []
    found = value_of(account, AccountsRead) or AccountsRead()
    for company in found.accounts:
        name = company.name or lead.company.domain
        if refusal := _owner_refusal(company, name, rule):
            refusals.append(refusal)
            continue
        why = "; ".join([*refusals, f"{company.email} owns {name}"])
        return Route(kind="rep", owner_email=company.email, rule="account_owner"), Reason(
            rule="account_owner", decisive=True, why=why
        )
    why = "; ".join(refusals) or account.reason or "the CRM doesn't hold the company"
    return None, Reason(rule="account_owner", decisive=False, why=why)


def _owner_refusal(company: OwnedAccount, name: str, rule: AccountOwner) -> str:
    """Why the owner of a company gets no leads, '' if the owner may take them."""
    if not company.email:
        return f"{name} has no owner"
    if not company.active:
        return f"{company.email}, who has {name}, has left"
    if rule.teams and not set(rule.teams) & set(company.teams):
        return (
            f"{company.email}, who has {name}, is in {', '.join(company.teams) or 'no team'}, not"
            f" {', '.join(rule.teams)}"
        )
    return ""


def mismatch_reason(lead: Lead, when: Condition, rules: Rules) -> str:
    """The first part of a condition that a lead doesn't meet, in words; '' if it meets all."""
    company = lead.company
    checks = (
        (when.countries, company.country, "country"),
        (when.industries, rules.industry_of(company.industry), "industry"),
        (when.sizes, rules.size_of(company.employees), "size"),
        (when.seniorities, lead.seniority, "seniority"),
        (when.functions, lead.function, "function"),
    )
    for wanted, value, name in checks:
        if wanted and value not in wanted:
            return f"{name} is {value or 'unknown'}, not {', '.join(wanted)}"
    states = (is_state(company.state, one, company.country) for one in when.states)
    if when.states and not any(states):
        return f"state is {company.state or 'unknown'}, not {', '.join(when.states)}"
    if when.high_intent is True and not lead.high_intent:
        return "it isn't high intent"
    if when.high_intent is False and lead.high_intent:
        return "it is high intent"
    return ""

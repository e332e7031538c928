"""Who gets a lead, and which sequence: the first rule in the file's order whose every condition
holds."""

from leads.effect_results import AccountsRead, EffectResult, value_of
from leads.records import Lead, Reason, Route
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
    fits = (
        s
        for s in rules.sequences
        if s.band == band and not mismatch_reason(lead, s.when, rules) and _can_send(lead, s, rules)
    )
    return next(fits, rules.default_sequence if band == "nurture" else None)


def _can_send(lead: Lead, rule: SequenceRule, rules: Rules) -> bool:
    """A HubSpot sequence is sent from the inbox of whoever has the lead."""
    return rule.tool != "hubspot" or bool(lead.route and rules.inbox_of(lead.route.owner_email))


def route_to_account(
    lead: Lead, account: EffectResult, rule: AccountOwner
) -> tuple[Route | None, Reason]:
    """The owner of the lead's company, or of the nearest company above it that has one who may take
    leads."""
    said = []
    found = value_of(account, AccountsRead)
    for company in found.accounts if found is not None else ():
        name, email, teams = company.name or lead.company.domain, company.email, company.teams
        if not email:
            said.append(f"{name} has no owner")
        elif not company.active:
            said.append(f"{email}, who has {name}, has left")
        elif rule.teams and not set(rule.teams) & set(teams):
            said.append(
                f"{email}, who has {name}, is in {', '.join(teams) or 'no team'}, not"
                f" {', '.join(rule.teams)}"
            )
        else:
            why = "; ".join([*said, f"{email} owns {name}"])
            return Route(kind="rep", owner_email=email, rule="account_owner"), Reason(
                rule="account_owner", decisive=True, why=why
            )
    why = "; ".join(said) or account.reason or "the CRM doesn't hold the company"
    return None, Reason(rule="account_owner", decisive=False, why=why)


def mismatch_reason(lead: Lead, when: Condition, rules: Rules) -> str:
    company = lead.company
    high = bool(lead.score and lead.score.high_intent)
    checks = (
        (when.countries, company.country, "country"),
        (when.states, company.state, "state"),
        (when.industries, rules.industry_of(company.industry), "industry"),
        (when.sizes, rules.size_of(company.employees), "size"),
    )
    for wanted, value, name in checks:
        if wanted and value not in wanted:
            return f"{name} is {value or 'unknown'}, not {', '.join(wanted)}"
    if when.high_intent is not None and when.high_intent != high:
        return "it is high intent" if high else "it isn't high intent"
    return ""

"""A lead at a company that somebody has goes to them, before any route."""

from typing import Any

import pytest
from msgspec import convert
from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects
from leads.effect_results import AccountsRead, EffectResult, OwnedAccount, OwnerFound
from leads.effects import ReadAccounts
from leads.gates import colleagues, identity
from leads.gates.common import Guarded
from leads.gates.company import Companies
from leads.gates.identity import Identity
from leads.gates.routing import Routing
from leads.records import CrmLink, CrmRecord, Lead, Place
from leads.rule_models import AccountOwner
from leads.rules import Rules
from leads.table_rows import CompanyRow, PersonRow
from tests.leads.test_gates import NOW, at_points, lead

LEO = {"name": "B Group", "email": "leo@acme.test", "active": True, "teams": ["Sales"]}
NOBODY = {"name": "B", "email": "", "active": False, "teams": []}
OWNED = CrmLink(contact_id="7", company_id="c1")


@pytest.fixture
def some(rules: Rules) -> Rules:
    """Rules under which the sample lead passes, and Sales have accounts."""
    return at_points(rules, 80).model_copy(update={"account_owner": AccountOwner(teams=("Sales",))})


def decide(record: Lead, rules: Rules, **done: EffectResult) -> Decision | NeedsEffects:
    """What the gate says of a lead that has no score yet."""
    return Routing().decide(replace(record, score=None, route=None), Guarded(), done, rules, NOW)


def chain(*companies: dict[str, Any]) -> EffectResult:
    """What the CRM says of a company and those above it."""
    accounts = convert(companies, tuple[OwnedAccount, ...])
    return EffectResult(ok=True, value=AccountsRead(accounts=accounts))


def routed(decision: Decision | NeedsEffects) -> tuple[str, str]:
    """Which rep gets it, and by which rule."""
    assert isinstance(decision, Decision)
    assert decision.lead is not None
    assert decision.lead.route is not None
    return decision.lead.route.owner_email, decision.lead.route.rule


def test_the_account_is_asked_for_by_id_and_else_by_domain(some: Rules) -> None:
    for crm, company_id in ((OWNED, "c1"), (CrmLink(), "")):
        asked = decide(lead(crm=crm), some)
        assert isinstance(asked, NeedsEffects)
        assert asked.effects["account"] == ReadAccounts(company_id=company_id, domain="b.com")
        assert asked.effects["account"].reads


@pytest.mark.parametrize(
    ("companies", "why"),
    [
        ([], "the CRM doesn't hold the company"),
        ([NOBODY], "B has no owner"),
        ([LEO | {"active": False}], "leo@acme.test, who has B Group, has left"),
        (
            [LEO | {"teams": ["Success"]}],
            "leo@acme.test, who has B Group, is in Success, not Sales",
        ),
    ],
)
def test_where_nobody_may_take_it_the_routes_decide_and_the_trace_says_why(
    some: Rules, companies: list[dict[str, Any]], why: str
) -> None:
    decision = decide(lead(crm=OWNED), some, account=chain(*companies))
    assert routed(decision)[1] in {rule.name for rule in some.routes}
    assert isinstance(decision, Decision)
    assert [(r.decisive, r.why) for r in decision.trace if r.rule == "account_owner"] == [
        (False, why)
    ]


def test_the_nearest_company_with_an_owner_counts(some: Rules) -> None:
    ada = LEO | {"name": "World", "email": "ada@acme.test"}
    assert routed(decide(lead(crm=OWNED), some, account=chain(NOBODY, LEO, ada))) == (
        "leo@acme.test",
        "account_owner",
    )


def test_a_customer_without_an_owner_goes_to_the_accounts_and_else_to_a_person(some: Rules) -> None:
    customer = lead(crm=replace(OWNED, lifecycle="customer"))
    assert routed(decide(customer, some, account=chain(LEO))) == ("leo@acme.test", "account_owner")
    held = decide(customer, some, account=chain(NOBODY))
    assert isinstance(held, Decision)
    assert held.kind == "unrouted"


def test_nobody_is_asked_where_it_decides_nothing(some: Rules, rules: Rules) -> None:
    kept = EffectResult(ok=True, value=OwnerFound(active=True, email="ana.us@acme.test"))
    assert routed(decide(lead(crm=replace(OWNED, owner_id="9")), some, owner=kept)) == (
        "ana.us@acme.test",
        "crm.owner",
    )
    assert routed(decide(lead(crm=OWNED), at_points(some, 69)))[1] == "threshold"
    assert routed(decide(lead(crm=OWNED, review_decisions={"route": "eve@acme.test"}), some)) == (
        "eve@acme.test",
        "review_decision",
    )
    assert routed(decide(lead(crm=OWNED), at_points(rules, 80)))[1] != "account_owner"


def test_a_subsidiary_by_the_crm_is_a_persons_decision_and_is_remembered(rules: Rules) -> None:
    """Whose it is comes with the snapshot; a person answers once for all leads of the domain."""
    told = CrmRecord(kind="company", key="b.com", crm_id="c1", name="B", parent="B Group")
    known = Companies().decide(told, colleagues.CompanyState(), {}, rules, NOW)
    assert isinstance(known, Decision)
    row = next(put.value for put in known.puts if put.table == "companies")
    assert isinstance(row, CompanyRow)
    fresh = lead(company=replace(lead().company, name="B"), review_decisions={})
    asked = Companies().decide(fresh, colleagues.CompanyState(company=row), {}, rules, NOW)
    assert isinstance(asked, Decision)
    assert (asked.place, [r.why for r in asked.trace]) == (
        Place.REVIEW,
        ["the CRM calls it a subsidiary of B Group"],
    )
    answered = replace(fresh, review_decisions={"subsidiary": "separate"})
    passed = Companies().decide(answered, colleagues.CompanyState(company=row), {}, rules, NOW)
    assert isinstance(passed, Decision)
    kept = next(put.value for put in passed.puts if put.table == "companies")
    again = Companies().decide(fresh, colleagues.CompanyState(company=kept), {}, rules, NOW)
    assert (passed.kind, isinstance(again, Decision) and again.kind) == ("matched", "matched")
    same = Companies().decide(told, colleagues.CompanyState(company=kept), {}, rules, NOW)
    assert isinstance(same, Decision)
    assert [put.table for put in same.puts] == ["brands"], "the next snapshot changes nothing"


@pytest.mark.parametrize(
    ("held", "taken"),
    [
        (None, True),
        (PersonRow(person_key="old", status="crm", crm_id="5"), True),
        (PersonRow(person_key="p1", lead_id="l1"), False),
        (PersonRow(person_key="p1", lead_id="l1", status="ended"), False),
        # an alias: it belongs to a person whose first address is another
        (PersonRow(person_key="first"), False),
    ],
)
def test_what_we_know_of_an_address_outlives_the_crms_news(
    held: PersonRow | None, taken: bool, rules: Rules
) -> None:
    told = CrmRecord(kind="contact", key="p1", crm_id="9", person_key="p9")
    known = Identity().decide(told, identity.IdentityState(person=held), {}, rules, NOW)
    assert isinstance(known, Decision)
    wanted = [PersonRow(person_key="p9", status="crm", crm_id="9")] if taken else []
    assert [put.value for put in known.puts] == wanted

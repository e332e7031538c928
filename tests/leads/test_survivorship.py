"""Which values survive where records of one person are merged."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from leads.corrections import resubmit
from leads.decision import Decision
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys
from leads.records import KnownValues, Lead, Person
from leads.rule_file import parse_rules
from leads.rules import Rules
from leads.survivorship import MOST_LOSERS, Survivors, known_values, prune, survive
from tests.conftest import DEMO_RULES
from tests.leads.test_gates import lead

RULES: Rules = parse_rules(DEMO_RULES.read_text())
SOURCES = ("apollo", "csv", "zapier", "workflow")
BLANK = st.just("")


@st.composite
def said(draw: st.DrawFn, ident: str) -> KnownValues:
    """What some record says; times, sources and values often agree."""
    title = draw(BLANK | st.sampled_from(["VP Sales", "Head of Sales", "CEO"]))
    place = draw(st.sampled_from([("", "", ""), ("Berlin", "", "DE"), ("Austin", "Texas", "US")]))
    person = Person(
        email=f"{draw(st.sampled_from('ab'))}@acme.com",
        email_status=draw(st.sampled_from(["", "Verified", "Guessed"])),
        first_name=draw(BLANK | st.just("Ada")),
        last_name=draw(BLANK | st.just("King")),
        title=title,
        phone=draw(BLANK | st.sampled_from(["+1", "+2"])),
        linkedin=draw(BLANK | st.just("linkedin.com/in/ada")),
        city=place[0],
        state=place[1],
        country=place[2],
        more=draw(st.dictionaries(st.sampled_from(["tier", "region"]), st.integers(0, 2))),
    )
    return KnownValues(
        lead_id=ident,
        version="1",
        source=draw(st.sampled_from(SOURCES)),
        at=draw(st.sampled_from([0.0, 1.0, 2.0])),
        captured_at=draw(st.sampled_from([2.0, 3.0])),
        person=person,
        address_key=person.email,
        domain=draw(BLANK | st.sampled_from(["acme.com", "zeta.org"])),
        seniority=title and f"seniority of {title}",
        do_not_call=draw(st.booleans()),
        set_by_people=draw(st.sampled_from([(), (), ("title",), ("phone",)])),
        email_verified=person.email_status == "Verified",
    )


OWN = said("own")
OTHERS = st.tuples(*(said(ident) for ident in "bcd"))
ORDER = RULES.model_copy(
    update={
        "survivorship": RULES.survivorship.model_copy(update={"sources": ("workflow", "apollo")})
    }
)


@pytest.mark.parametrize("rules", [RULES, ORDER])
@given(own=OWN, others=OTHERS)
def test_the_order_of_merges_says_nothing(
    rules: Rules, own: KnownValues, others: tuple[KnownValues, ...]
) -> None:
    first, *rest = (survive(own, order, rules) for order in permutations(others))
    assert all(found == first for found in rest)


@given(own=OWN, others=OTHERS)
def test_a_record_counts_once_and_its_own_values_are_no_news(
    own: KnownValues, others: tuple[KnownValues, ...]
) -> None:
    once = survive(own, others, RULES)
    assert survive(own, (*others, *others), RULES) == once
    assert survive(own, (own,), RULES) == Survivors(own)


@given(own=OWN, others=OTHERS)
def test_whoever_came_first_the_same_title_and_phone_survive(
    own: KnownValues, others: tuple[KnownValues, ...]
) -> None:
    """Of records of one employer, each taken as the lead that goes on."""
    records = [replace(one, domain="acme.com", do_not_call=False) for one in (own, *others)]
    shown = {
        (found.person.title, found.seniority, found.person.phone)
        for one in records
        for found in [survive(one, records, RULES).values]
    }
    said_titles = {one.person.title for one in records} - {""}
    assert len({title for title, _, _ in shown}) == 1
    assert len({phone for _, _, phone in shown}) == 1
    assert all(title in said_titles or not said_titles for title, _, _ in shown)


@given(own=OWN, others=OTHERS)
def test_every_value_is_some_records_and_no_blank_replaces_one(
    own: KnownValues, others: tuple[KnownValues, ...]
) -> None:
    found = survive(own, others, RULES)
    for field in Person.__struct_fields__:
        if field in {"emails", "more"}:
            continue
        now, before = getattr(found.values.person, field), getattr(own.person, field)
        assert now or not before
        assert now in {getattr(one.person, field) for one in (own, *others)}
    assert found.values.person.email == own.person.email
    assert own.person.more.items() <= found.values.person.more.items()
    if not found.taken:
        assert found.values == own


@given(own=OWN, others=OTHERS)
def test_a_title_stays_with_what_was_read_of_it(
    own: KnownValues, others: tuple[KnownValues, ...]
) -> None:
    values = survive(own, others, RULES).values
    title = values.person.title
    assert values.seniority == (title and f"seniority of {title}")


@given(own=OWN, others=OTHERS)
def test_whoever_is_not_to_be_called_gets_no_number(
    own: KnownValues, others: tuple[KnownValues, ...]
) -> None:
    quiet = replace(others[0], do_not_call=True)
    found = survive(own, (quiet, *others[1:]), RULES)
    assert found.values.person.phone == own.person.phone


#: Of the fields in which another record can be the best with the lead's own value, and of the one
#: that says not to call.
MOST_EQUAL = 5


@settings(max_examples=30)
@given(own=OWN, records=st.lists(said("x"), min_size=MOST_LOSERS + 4, max_size=MOST_LOSERS + 6))
def test_forgetting_those_that_count_for_nothing_changes_nothing(
    own: KnownValues, records: list[KnownValues]
) -> None:
    merged = [replace(one, lead_id=f"m{i:02d}") for i, one in enumerate(records)]
    kept = prune(own, merged, RULES)
    whole = survive(own, merged, RULES)
    assert survive(own, kept, RULES) == whole
    assert len(kept) <= MOST_LOSERS + len(whole.taken) + MOST_EQUAL
    late = merged.pop()
    assert survive(own, (*prune(own, merged, RULES), late), RULES) == whole


# By example


def record(**more: Any) -> Lead:
    person = Person(email="ada@acme.com", first_name="Ada", last_name="King", title="VP Sales")
    given = {"person": person, "captured_at": 200.0, "updated_at": 100.0, **more}
    return lead(**given)


def taken(own: Lead, *others: Lead, rules: Rules = RULES) -> dict[str, str]:
    """The fields that are another record's, and why."""
    found = survive(known_values(own, rules), [known_values(one, rules) for one in others], rules)
    return {one.field: one.why for one in found.taken}


def other(**person: Any) -> Lead:
    return record(lead_id="b", person=replace(record().person, **person))


def test_a_blank_is_filled_and_a_newer_title_replaces_an_older_one() -> None:
    assert taken(record(), other(phone="+1")) == {"phone": "the lead has none"}
    newer = replace(other(title="CRO"), updated_at=150.0)
    assert taken(record(), newer) == {
        "title": "it is newer, of 1970-01-01 00:02:30 UTC; the lead's own is of 1970-01-01"
        " 00:01:40 UTC"
    }
    assert taken(record(), replace(newer, updated_at=50.0)) == {}
    assert taken(record(), replace(newer, updated_at=900.0, captured_at=90.0)) == {}, "no future"


def test_a_file_does_not_say_how_old_its_rows_are() -> None:
    row = replace(other(title="CRO", phone="+1"), source="csv", updated_at=0.0, captured_at=900.0)
    assert taken(record(), row) == {"phone": "the lead has none"}
    assert "title" in taken(row, record())


def test_what_a_person_has_set_is_not_replaced() -> None:
    newer = replace(other(title="CRO"), updated_at=150.0)
    set_by = replace(record(), review_decisions={"set.title": "VP Sales"})
    assert taken(set_by, newer) == {}
    assert taken(newer, set_by) == {"title": "a person has set it"}


def test_a_title_at_another_employer_is_a_persons_decision() -> None:
    newer = replace(other(title="CRO"), updated_at=150.0)
    elsewhere = replace(newer, company=replace(newer.company, name="Zeta", domain="zeta.org"))
    assert taken(record(), elsewhere) == {}


def test_only_the_same_address_makes_a_guessed_one_verified() -> None:
    guessed = replace(record().person, email_status="Guessed")
    verified = replace(other(email_status="Verified"), address_key="p1")
    own = replace(record(person=guessed), address_key="p1")
    assert taken(own, verified) == {"email_status": "the address is the same, and verified there"}
    assert taken(own, replace(verified, address_key="p2")) == {}
    assert taken(verified, own) == {}


def test_of_one_time_the_better_source_decides() -> None:
    mine, theirs = record(source="apollo"), replace(other(title="CRO"), source="workflow")
    assert "title" in taken(mine, theirs, rules=ORDER)
    assert taken(theirs, mine, rules=ORDER) == {}


def test_what_a_person_has_set_before_it_came_in_again_is_known(rules: Rules) -> None:
    corrected = resubmit(record(), {"title": "CRO", "phone": "+12125550100"}, "d1", 300.0)
    decision = Intake(Keys("s")).decide(corrected, IntakeState(), {}, rules, 300.0)
    assert isinstance(decision, Decision)
    assert decision.lead is not None
    assert known_values(decision.lead, rules).set_by_people == ("phone", "title")
    assert "CRO" not in str(decision.lead.review_decisions)

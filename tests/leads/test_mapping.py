"""What a source's record is taken for: what stops a person is read, and nothing that stands in a
field raises."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.ingest.csv_file import Row
from app.ingest.importer import to_captured
from leads import topics
from leads.addresses import clean_address, read_address
from leads.corrections import apply_corrections, resubmit
from leads.decision import Decision, NeedsEffects
from leads.gates.engage import Engage, EngageState
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys
from leads.mapped import Mapped
from leads.mapping import map_captured
from leads.rawvalues import UnusableError
from leads.records import Captured, Company, Intent, Person, Place, Route, Score, encode
from leads.review_actions import settable
from leads.rule_file import parse_rules
from leads.rule_models import FieldRule
from leads.rules import Rules
from leads.score import score
from tests.conftest import DEMO_RULES
from tests.leads.test_gates import NOW, lead
from tests.samples import captured as sample
from tests.samples import contact

RULES: Rules = parse_rules(DEMO_RULES.read_text())
ROW = {
    "First Name": "Ada",
    "Last Name": "Byron",
    "Title": "VP Sales",
    "Company Name": "Acme",
    "Email": "ada@acme.com",
    "Email Status": "Verified",
    "Country": "United States",
    "Mobile Phone": "'+1 415 555 2671",
    "Website": "acme.com",
}


def as_row(cells: dict[str, str]) -> Row:
    """A row whose columns have Apollo's own names."""
    return Row(given=cells, read=cells)


def row(cells: dict[str, str], rules: Rules = RULES) -> Mapped:
    """A row of the export, as it is mapped."""
    return map_captured(to_captured(as_row({**ROW, **cells}), "f", NOW, "fresh"), rules)


@pytest.mark.parametrize(
    ("cells", "stops"),
    [
        ({}, ()),
        ({"Email Bounced": "TRUE"}, ("bounce",)),
        ({"Email Bounced": "FALSE"}, ()),
        ({"Stage": "do not contact"}, ("do_not_contact",)),
        ({"Stage": "UNSUBSCRIBED", "Email Bounced": "true"}, ("do_not_contact", "bounce")),
        ({"Stage": "Approaching"}, ()),
    ],
)
def test_what_stops_a_person_is_read_from_the_export(
    cells: dict[str, str], stops: tuple[str, ...]
) -> None:
    assert row(cells).stops == stops


def test_the_rules_say_which_stages_stop(rules: Rules) -> None:
    some = rules.model_copy(update={"stop_stages": ("Bad Data", "5f0")})
    assert row({"Stage": "bad data"}, some).stops == ("do_not_contact",)
    assert row({"Stage": "Do Not Contact"}, some).stops == ()
    for stage in (
        {"stage": "Bad data"},
        {"contact_stage_id": "5F0"},
        {"contact_stage": {"name": "Bad Data"}},
    ):
        assert map_captured(sample(1, **stage), some).stops == ("do_not_contact",)
    assert map_captured(sample(1, contact_stage=["Bad Data"]), some).stops == ()


def test_a_stop_becomes_a_signal_of_the_persons_address_before_the_lead_goes_on() -> None:
    record = to_captured(as_row({**ROW, "Stage": "Do Not Contact"}), "f", NOW, "fresh")
    decision = Intake(Keys("k")).decide(record, IntakeState(), {}, RULES, NOW)
    assert isinstance(decision, Decision)
    assert [o.topic for o in decision.outputs] == [topics.SIGNALS.full, topics.VALIDATED.full]
    signal = decision.outputs[0].record
    assert (signal.kind, signal.address_key) == (
        "do_not_contact",
        Keys("k").address("ada@acme.com"),
    )


def test_who_is_not_to_be_called_has_no_phone_and_gets_no_call_task() -> None:
    phones = RULES.model_copy(
        update={"mapping": (FieldRule(apollo="x", column="Mobile Phone", to="mobilephone"),)}
    )
    assert row({}).person.phone == "+14155552671"
    silent = row({"Do Not Call": "TRUE"}, phones)
    assert (silent.person.phone, silent.person.more, silent.do_not_call) == ("", {}, True)
    assert silent.dropped == ("mobilephone is not written: the person is not to be called",)
    hot = lead(score=Score(points=90, parts={"intent": 20}, high_intent="list Demo requests"))
    called = Engage().decide(hot, EngageState(), {}, RULES, NOW)
    assert isinstance(called, NeedsEffects)
    assert list(called.effects) == ["task"]
    told = Engage().decide(replace(hot, do_not_call=True), EngageState(), {}, RULES, NOW)
    assert isinstance(told, Decision)
    assert (told.place, "do not call" in told.alerts[0].text) == (Place.ENGAGED, True)


def test_who_has_replied_is_a_persons_question_before_any_sequence() -> None:
    assert row({"Replied": "TRUE"}).replied
    answered = lead(replied=True, route=Route(kind="nurture", owner_email="n@acme.test"))
    asked = Engage().decide(answered, EngageState(), {}, RULES, NOW)
    assert isinstance(asked, Decision)
    assert (asked.kind, asked.place) == ("replied", Place.REVIEW)
    goes_on = Engage().decide(
        replace(answered, review_decisions={"replied": "approve"}), EngageState(), {}, RULES, NOW
    )
    assert isinstance(goes_on, NeedsEffects)
    assert list(goes_on.effects) == ["enter"]


def test_a_known_leads_reply_is_a_signal_though_nothing_else_has_changed() -> None:
    gate = Intake(Keys("k"))
    first = gate.decide(to_captured(as_row(ROW), "f", NOW, "fresh"), IntakeState(), {}, RULES, NOW)
    assert isinstance(first, Decision)
    known = IntakeState(source=first.puts[0].value)
    ident = {"Apollo Contact Id": "6" * 24}
    again = gate.decide(
        to_captured(as_row({**ROW, "Replied": "TRUE", **ident}), "f", NOW, "fresh"),
        known,
        {},
        RULES,
        NOW,
    )
    assert isinstance(again, Decision)
    assert [o.record.kind for o in again.outputs if o.topic == topics.SIGNALS.full] == ["reply"]
    assert again.lead is not None
    assert again.lead.version != first.puts[0].value.version
    mended = map_captured(
        resubmit(replace(again.lead, do_not_call=True), {"title": "CEO"}, "d", NOW), RULES
    )
    assert (mended.replied, mended.do_not_call, mended.apollo_id) == (True, True, "6" * 24)


@pytest.mark.parametrize("ident", ["6.4E+22", "../labels", "6400", "g" * 24])
def test_an_id_of_another_form_identifies_nobody(ident: str) -> None:
    """Two rows whose ids a spreadsheet has rounded are two people."""
    one, two = (
        to_captured(
            as_row({**ROW, "Apollo Contact Id": ident, "Email": f"{n}@acme.com"}), "f", NOW, "fresh"
        )
        for n in "ab"
    )
    assert one.source == two.source == "csv"
    assert one.source_id != two.source_id
    assert (
        map_captured(one, RULES).apollo_id
        == map_captured(sample(1, id=ident), RULES).apollo_id
        == ""
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ada@Acme.com ", "ada@acme.com"),
        ("Ivo Kant <ivo@optone.com>", "ivo@optone.com"),
        ("mailto:jana@acme.com?subject=no%20more", "jana@acme.com"),
        ("<mailto:Jana%40acme.com>", "jana@acme.com"),
        ('"Ivo" &lt;ivo@optone.com&gt;', "ivo@optone.com"),
        *(
            (nothing, "")
            for nothing in ("email_not_unlocked@domain.com", "Ivo", "a@b@c", "a@x.com, b@x.com", "")
        ),
        (None, ""),
        (["a@b.com"], ""),
    ],
)
def test_an_address_is_taken_out_of_what_stands_around_it(text: object, address: str) -> None:
    assert clean_address(text) == address


def test_a_hidden_address_is_none_and_a_malformed_one_is_shown() -> None:
    assert read_address("Email_Not_Unlocked@domain.com") == ""
    assert read_address("Nonsense@") == "nonsense@"
    hidden = map_captured(sample(1, email="email_not_unlocked@domain.com"), RULES)
    assert (hidden.person.email, hidden.person.email_status) == ("", "Verified")


@pytest.mark.parametrize("text", ["፩", "9" * 5000, "1e9999", "½", "many"])
def test_a_number_that_is_none_is_unknown_and_reported(text: str) -> None:
    mapped = row({"# Employees": text, "Primary Intent Score": text})
    assert (mapped.company.employees, mapped.intents) == (0, ())
    assert len(mapped.dropped) == 2
    mended = apply_corrections(Person(), Company(employees=5), {"company.employees": text}, RULES)
    assert (mended.company.employees, mended.dropped) == (
        5,
        ("company.employees: it is not a number",),
    )
    strange = lead(intents=(Intent(kind="score", value=text, at=NOW),))
    assert not score(strange, RULES, NOW)[0].high_intent


def test_a_whole_number_that_python_writes_no_text_of_is_no_text() -> None:
    assert map_captured(sample(1, title=10**5000), RULES).person.title == ""


def test_what_a_person_sets_and_cannot_be_is_reported_in_the_audit() -> None:
    waits = lead(review_decisions={"set.company.employees": "many"}, step=0)
    decision = Intake(Keys("k")).decide(waits, IntakeState(), {}, RULES, NOW)
    assert isinstance(decision, Decision)
    [note] = decision.notes
    assert note.details == {"dropped": ("company.employees: it is not a number",)}


def test_a_title_that_a_person_sets_gives_the_seniority() -> None:
    waits = lead(review_decisions={"set.title": "Head of Sales"}, step=0)
    decision = Intake(Keys("k")).decide(waits, IntakeState(), {}, RULES, NOW)
    assert isinstance(decision, Decision)
    assert decision.lead is not None
    assert waits.seniority != "head" == decision.lead.seniority
    assert decision.lead.function == "sales"
    unsaid = lead(review_decisions={"set.first_name": "Ada"}, step=0)
    kept = Intake(Keys("k")).decide(unsaid, IntakeState(), {}, RULES, NOW)
    assert isinstance(kept, Decision)
    assert kept.lead is not None
    assert kept.lead.seniority == unsaid.seniority


STRANGE = ["፩", "9" * 5000, "TRUE", "½", "\x00"]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(STRANGE)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted(
    {
        *contact(1),
        "contact_emails",
        "phone_numbers",
        "typed_custom_fields",
        "stage",
        "account",
        "why",
        *ROW,
        "Stage",
    }
)
FIELDS += [
    "# Employees",
    "Primary Intent Score",
    "Replied",
    "Do Not Call",
    "person",
    "company",
    "fix",
    "kept",
    "Lists",
]
MAPPING = tuple(
    FieldRule(apollo=name, column=name, to=f"f{n}", type=kind)
    for n, (name, kind) in enumerate(
        [("state", "number"), ("city", "moment"), ("title", "date"), ("# Employees", "flag")]
    )
)
STRICT = RULES.model_copy(update={"mapping": MAPPING})


@given(
    st.sampled_from(["contact", "csv", "resubmitted", "reject"]),
    st.dictionaries(st.sampled_from(FIELDS) | st.text(), JSON, max_size=8),
    st.dictionaries(st.text(), JSON, max_size=3),
)
def test_no_record_breaks_the_mapping(
    shape: str, raw: dict[str, Any], custom: dict[str, Any]
) -> None:
    """Nothing but what a dead letter is made of comes out, and what comes out can be stored."""
    record = Captured(
        source="x", source_id="y", captured_at=NOW, raw=raw, format=shape, custom=custom
    )
    with contextlib.suppress(UnusableError):
        encode(map_captured(record, STRICT))


@given(
    st.dictionaries(
        st.sampled_from(settable(STRICT)) | st.text(), st.text() | st.sampled_from(STRANGE)
    )
)
def test_nothing_that_a_person_sets_breaks_it(fields: dict[str, str]) -> None:
    mended = apply_corrections(Person(), Company(), fields, STRICT)
    json.dumps(mended.dropped)
    encode(mended.person)


@pytest.mark.parametrize(
    ("website", "email", "domain", "free"),
    [
        ("http://facebook.com/lookten", "ada@lookten.com", "lookten.com", False),
        ("http://x.wixsite.com/shop", "ada@gmail.com", "", True),
        ("", "ada@btinternet.com", "", True),
        ("", "ada@yahoo.co.uk", "", True),
        ("", "ada@comcast.net", "", True),
        ("", "ada@mailinator.com", "", True),
        ("", "ada@linkedin.com", "linkedin.com", False),
        ("acme.com, acme.de", "ada@acme.com", "acme.com", False),
    ],
)
def test_providers_and_shared_sites_are_no_employer(
    website: str, email: str, domain: str, *, free: bool
) -> None:
    row = {**ROW, "Website": website, "Email": email}
    company = map_captured(to_captured(as_row(row), "f", NOW, "fresh"), RULES).company
    assert (company.domain, company.free_mail) == (domain, free)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada.Byron@googlemail.com", "adabyron+x@gmail.com"),
        ("ada@protonmail.com", "ada@proton.me"),
        ("ada@pm.me", "ada@proton.me"),
        ("ada@me.com", "ada@icloud.com"),
        ("ada@mac.com", "ada+x@icloud.com"),
    ],
)
def test_one_mailbox_of_a_provider_is_one_address(one: str, other: str) -> None:
    keys = Keys("secret")
    assert keys.address(one) == keys.address(other) != ""
    assert keys.address(one) != keys.address(f"x{other}")

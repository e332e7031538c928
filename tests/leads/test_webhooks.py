"""What a webhook's body is taken for. Bodies as seen in production:
docs/design/vendors.md Apollo 6."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.keys import Keys
from leads.mapping import map_captured
from leads.records import Captured, Signal, encode
from leads.rules import Rules
from leads.webhooks import Post, UnusableBodyError, interpret

NOW = 1_800_000_000.0
KEYS = Keys("test")
FLAT = {
    "email": "Ada@Acme.com",
    "first_name": "ada",
    "last_name": "lovelace",
    "title": "vice president, sales",
    "company": "Acme, Inc.",
}


def post(
    body: dict[str, Any], event: str = "", value: str = "", at: float = NOW
) -> Captured | Signal:
    """A delivery as it is taken."""
    return interpret(Post(source="zapier", event=event, body=body, at=at, value=value), KEYS)


def lead_of(body: dict[str, Any], event: str = "", value: str = "") -> Captured:
    """A delivery that must be a lead."""
    found = post(body, event, value)
    assert isinstance(found, Captured)
    return found


@pytest.mark.parametrize(
    "body",
    [
        {**FLAT, "website": "https://www.acme.com", "email_status": "verified"},
        {
            **{f"contact__{n}": v for n, v in FLAT.items()},
            "contact__organization__primary_domain": "acme.com",
            "email_status": "verified",
        },
        {
            "contact": {**FLAT, "organization": {"website_url": "http://acme.com"}},
            "email_status": "verified",
        },
        {
            "Email": "ada@acme.com",
            "First Name": "Ada",
            "Last Name": "Lovelace",
            "Job Title": "vice president, sales",
            "Company Name": "Acme, Inc.",
            "Domain": "acme.com",
            "Email Status": "verified",
        },
    ],
)
def test_every_spelling_of_the_fields_is_the_same_lead(rules: Rules, body: dict[str, Any]) -> None:
    mapped = map_captured(lead_of(body), rules)
    p = mapped.person
    assert (p.email, p.first_name, p.last_name, p.title) == (
        "ada@acme.com",
        "Ada",
        "Lovelace",
        "vice president, sales",
    )
    assert (mapped.company.name, mapped.company.domain, p.email_status) == (
        "Acme, Inc.",
        "acme.com",
        "verified",
    )


def test_a_second_delivery_and_a_later_change_are_the_same_source_record() -> None:
    first, again, changed = (
        lead_of(b).source_id for b in (FLAT, dict(reversed(FLAT.items())), {**FLAT, "title": "CEO"})
    )
    assert first == again == changed
    assert lead_of({**FLAT, "contact_id": "6" * 24}).source_id == "6" * 24
    assert lead_of({**FLAT, "contact_id": "../labels"}).source_id == first, (
        "what is no Apollo id identifies nobody"
    )
    assert lead_of({"last_name": "x"}).source_id != lead_of({"last_name": "y"}).source_id


@pytest.mark.parametrize(
    ("event", "kind"), [("intent", "strength"), ("visit", "visit"), ("list", "list")]
)
def test_interest_comes_with_its_lead(rules: Rules, event: str, kind: str) -> None:
    [intent] = map_captured(lead_of(FLAT, event, "High"), rules).intents
    assert (intent.kind, intent.value, intent.at) == (kind, "high", NOW)


@pytest.mark.parametrize(
    ("event", "kind"),
    [("bounced", "bounce"), ("unsubscribed", "unsubscribe"), ("replied", "reply")],
)
def test_an_event_of_a_message_is_a_signal_of_that_day(event: str, kind: str) -> None:
    first, again, next_day = (post(FLAT, event, at=NOW + s) for s in (0, 60, 86_400))
    assert isinstance(first, Signal)
    assert isinstance(again, Signal)
    assert isinstance(next_day, Signal)
    assert (first.kind, first.address_key) == (kind, KEYS.address("ada@acme.com"))
    assert first.signal_id == again.signal_id != next_day.signal_id


@pytest.mark.parametrize(
    "text", ["Ivo Kant <ivo@optone.com>", "mailto:IVO@optone.com", " ivo@optone.com "]
)
def test_a_signals_address_is_read_out_of_what_stands_around_it(text: str) -> None:
    found = post({"email": text}, "unsubscribed")
    assert isinstance(found, Signal)
    assert found.address_key == KEYS.address("ivo@optone.com")


@pytest.mark.parametrize(
    ("body", "event", "said"),
    [
        ({}, "", "empty"),
        ({"email": "{{contact.email}}"}, "", r"{{contact\.email}} came as typed"),
        ({"contact": {"title": "{{ contact.title }}"}}, "", "came as typed"),
        ({"colour": "blue"}, "", "names a person"),
        ({"last_name": "x"}, "replied", "needs an email"),
        ({"email": "Ivo Kant"}, "unsubscribed", "what stands in email is no address"),
        ({"email": ["a@b.com"]}, "bounced", "what stands in email is no address"),
        ({"id": "6400"}, "", "24 hex digits"),
        (FLAT, "opened", "event 'opened' is unknown"),
    ],
)
def test_what_says_nothing_is_refused_in_words(body: dict[str, Any], event: str, said: str) -> None:
    with pytest.raises(UnusableBodyError, match=said):
        post(body, event)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    max_leaves=20,
)


@given(
    st.sampled_from(["", "unsubscribed", "intent"]),
    st.dictionaries(
        st.text()
        | st.sampled_from(["email", "contact", "contact__email", "organization", "website"]),
        JSON,
    ),
)
def test_no_body_breaks_it(event: str, body: dict[str, Any]) -> None:
    before = json.dumps(body)
    with contextlib.suppress(UnusableBodyError):
        encode(post(body, event))
    assert json.dumps(body) == before


def test_a_name_of_many_parts_makes_no_deep_record() -> None:
    assert encode(post({"last_name": "x", "__".join("a" * 2000): "y"}))

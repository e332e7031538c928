"""Foreign text: what it may hold, how long it may be, and what stands for nothing."""

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.addresses import clean_address, is_address, read_address
from leads.countries import country_code
from leads.field_limits import cut_record
from leads.keys import Keys, fold_email, registrable
from leads.matching.brands import domain_stem
from leads.matching.companies import company_words
from leads.matching.contact_keys import linkedin_profile, phone_digits
from leads.matching.fold import fold
from leads.matching.profile import read_profile
from leads.normalise import normalise_title
from leads.numbers import parse_count, parse_number
from leads.phones import read_phones
from leads.records import Fingerprint
from leads.regions import spell_state
from leads.spelling import spell_company, spell_name
from leads.text import LONGEST_NAME, LONGEST_TEXT, LONGEST_URL, clean_text, squeeze, visible
from leads.titles.read import read_title


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("Legal&regulatory", "Legal&regulatory"),
        ("a\tb\r\nc", "a b c"),
        ("a\x1b[31mred\u202e", "a[31mred"),
        ("half \ud83d a smile", "half \ufffd a smile"),
        ("\u200bzero\u00adwidth\ufeff", "zerowidth"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",) * 2,
        ("a\u200db", "ab"),
        ("Vi\u1ec7t", "Vi\u1ec7t"),
        ("'quoted by a spreadsheet", "quoted by a spreadsheet"),
        *((said, "") for said in ("N/A", "n/a", "-", "--", "null", "NULL", "undefined", "?", "_")),
        *((name, name) for name in ("Null", "Na", "Unknown Worlds", "No Title GmbH")),
    ],
)
def test_a_field_says_what_can_be_said(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


def test_accents_are_kept_but_not_a_tower_of_them() -> None:
    assert clean_text("a" + "\u0301\u0327" * 50) == clean_text("a" + "\u0301\u0327" * 2)


@given(st.text(st.characters(), max_size=80))
def test_a_cleaned_text_can_be_stored_and_shown(text: str) -> None:
    said = clean_text(text)
    for cleaned in (squeeze(text), said, spell_name(said), spell_company(said)):
        cleaned.encode()
        assert "\x1b" not in cleaned
        assert cleaned == " ".join(cleaned.split())


def test_fields_are_cut_by_what_they_are_and_it_is_told() -> None:
    raw: dict[str, Any] = {
        "first_name": "a" * 9000,
        "Company Name": "b" * 300,
        "organization": {"website_url": "c" * 9000, "keywords": ["d" * 9000]},
    }
    cut, lines = cut_record(raw)
    assert len(cut["first_name"]) == LONGEST_NAME
    assert cut["Company Name"] == raw["Company Name"]
    assert len(cut["organization"]["website_url"]) == LONGEST_URL
    assert len(cut["organization"]["keywords"][0]) == LONGEST_TEXT
    assert lines == (
        "first_name is cut to 300 characters",
        "website_url is cut to 2000 characters",
        "keywords is cut to 5000 characters",
    )
    assert len(raw["first_name"]) == 9000


def test_a_record_of_usual_lengths_is_itself() -> None:
    raw: dict[str, Any] = {"name": "Ada", "emails": [{"email": "a@b.c"}], "n": 5, "x": None}
    assert cut_record(raw)[0] is raw


LONG = {
    "commas": "a" + "," * 90_000 + "b",
    "marks": "a" + "\u0301\u0327" * 50_000,
    "address": "a" * 80_000 + "@" + "b." * 10_000 + "com",
    "brackets": "(" * 100_000,
    "digits": "1" * 100_000,
    "entities": "&amp;" * 20_000,
    "quotes": "<\"'" * 33_000,
    "capitals": "MC A-" * 20_000,
    "spaces": "a" + " " * 100_000 + "b",
    "joiners": "\u200d\u202e" * 50_000,
    "letters": "\ufdfa" * 100_000,
}


def remembered(text: str) -> Fingerprint:
    """A person all of whose fields are that text."""
    names = set(Fingerprint.__struct_fields__) - {"lead_id", "apart"}
    values: dict[str, Any] = dict.fromkeys(names, text)
    return Fingerprint(lead_id="l", **values)


READERS: dict[str, Any] = {
    "squeeze": squeeze,
    "clean_text": clean_text,
    "visible": visible,
    "spell_name": lambda text: spell_name(clean_text(text)),
    "spell_company": spell_company,
    "normalise_title": normalise_title,
    "read_phones": lambda text: read_phones(text, "US"),
    "phone_digits": phone_digits,
    "country_code": country_code,
    "spell_state": lambda text: spell_state(text, "US"),
    "clean_address": clean_address,
    "read_address": read_address,
    "is_address": is_address,
    "address key": Keys("secret").address,
    "fold_email": fold_email,
    "registrable": registrable,
    "linkedin_profile": linkedin_profile,
    "company_words": company_words,
    "fold": fold,
    "read_profile": lambda text: read_profile(remembered(text)),
    "read_title": read_title,
    "domain_stem": domain_stem,
    "parse_number": parse_number,
    "parse_count": parse_count,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_no_reader_takes_long_for_100_kb(read: Any, text: str) -> None:
    """Under 10 ms each on a core of its own (issue 15). Processes that share a core make it up to
    twice that, and a quadratic reader takes seconds."""
    read("warm up")
    assert min(_seconds(read, text) for _ in range(5)) < 0.1


def _seconds(read: Any, text: str) -> float:
    begun = process_time()
    read(text)
    return process_time() - begun

"""The pure core by properties."""

import string
import uuid

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from leads.addresses import is_address
from leads.keys import Keys, derive, fold_email, registrable
from leads.matching.blocking import blocks_of
from leads.matching.evidence import Evidence
from leads.normalise import normalise_title
from leads.phones import read_phones
from leads.records import Fingerprint
from leads.rule_file import parse_rules
from leads.rules import Rules
from leads.score import score
from leads.spelling import spell_company, spell_name
from leads.text import clean_text, squeeze
from streams.consumer.offset_tracker import FetchVerdict, OffsetTracker
from tests.conftest import DEMO_RULES
from tests.leads.test_gates import NOW, lead

RULES: Rules = parse_rules(DEMO_RULES.read_text())
TEXT = st.text(max_size=60)
LOCAL = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)


@given(TEXT)
@example("ß")
@example("0ß")
def test_normalising_twice_changes_nothing(text: str) -> None:
    said = clean_text(text)
    for normalise in (squeeze, clean_text, spell_name, normalise_title, spell_company):
        once = normalise(said)
        assert normalise(once) == once


@given(LOCAL, LOCAL, st.sampled_from(["gmail.com", "GMAIL.com", "outlook.com", "acme.com"]))
def test_a_key_forgets_case_and_only_the_tags_that_the_provider_forgets(
    local: str, tag: str, domain: str
) -> None:
    tagged = fold_email(f"{local}+{tag}@{domain}") == fold_email(f"{local.upper()}@{domain}")
    assert tagged is (domain.lower() != "acme.com")


@given(LOCAL)
def test_dots_matter_but_at_gmail(local: str) -> None:
    dotted = ".".join(local)
    assert fold_email(f"{dotted}@gmail.com") == fold_email(f"{local}@gmail.com")
    assert (fold_email(f"{dotted}@acme.com") == fold_email(f"{local}@acme.com")) is (
        dotted == local
    )


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("https://www.acme.co.uk/about", "acme.co.uk"),
        ("jane@mail.acme.com", "acme.com"),
        ("ACME.com:8080", "acme.com"),
        (".acme.com.", "acme.com"),
        ("acme.com?utm=1", "acme.com"),
        ("http://acme.com#top", "acme.com"),
        ("acme.com, acme.de", "acme.com"),
        ("acme.github.io", "github.io"),
        ("münchen.de", "münchen.de"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp"),
        *((nothing, "") for nothing in ("", "localhost", "co.uk", "acme.nosuchtld", "10.0.0.1")),
    ],
)
def test_a_company_is_known_by_its_registrable_domain(host: str, domain: str) -> None:
    assert registrable(host) == domain


@given(TEXT)
def test_no_text_breaks_keys_or_phones(text: str) -> None:
    key = Keys("secret").address(text)
    assert key == "" or len(key) == 24
    assert "@" not in key
    registrable(text)
    phone = read_phones(text, "US").first
    assert phone == "" or phone.startswith("+")


PEOPLE = st.builds(
    Fingerprint,
    lead_id=st.just("l"),
    person_key=st.just("p"),
    first_name=TEXT,
    last_name=TEXT,
    title=TEXT,
    email=TEXT,
    company=TEXT,
    linkedin=TEXT,
    phone=TEXT,
    city=TEXT,
)
NAMED = st.builds(
    Fingerprint,
    lead_id=st.just("l"),
    person_key=st.just("p"),
    first_name=LOCAL,
    last_name=LOCAL,
    title=LOCAL,
)


@given(PEOPLE, PEOPLE)
def test_evidence_is_the_same_both_ways(a: Fingerprint, b: Fingerprint) -> None:
    one, two = Evidence(a, b), Evidence(b, a)
    assert (one.agreements, one.caution) == (two.agreements, two.caution)


@given(NAMED)
def test_one_is_like_oneself(mine: Fingerprint) -> None:
    levels = {one.field: one.level for one in Evidence(mine, mine).agreements}
    assert levels["given name"] in {"same", "unknown"}
    assert levels["family name"] in {"same", "unknown"}
    assert blocks_of(mine) == blocks_of(mine)


@given(
    st.sampled_from(["vp", "manager", "", "unheard of"]),
    st.integers(0, 10**7),
    TEXT,
    st.sampled_from(["US", "BR", "", "nowhere"]),
)
def test_points_are_of_a_hundred_and_the_sum_of_their_parts(
    seniority: str, employees: int, industry: str, country: str
) -> None:
    here = lead()
    company = type(here.company)(name="B", industry=industry, employees=employees, country=country)
    found, _ = score(
        type(here)(
            **{f: getattr(here, f) for f in here.__struct_fields__}
            | {"company": company, "seniority": seniority}
        ),
        RULES,
        NOW,
    )
    assert 0 <= found.points <= 100
    assert found.points == sum(found.parts.values())


def test_what_a_replay_leaves_out_is_committed_unseen() -> None:
    progress = OffsetTracker(0, skip_ranges=((2, 4), (5, 6)))
    seen = []
    for offset in range(7):
        if progress.admit(offset, gaps=False) is FetchVerdict.DELIVER:
            progress.delivered(offset)
            progress.settle(offset, offset)
            seen.append(offset)
    assert seen == [0, 1, 4, 6]
    assert progress.committable() == 7


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=40),
    st.randoms(use_true_random=False),
)
def test_only_a_prefix_without_a_hole_is_ever_committed(
    fetched: list[tuple[int, int]], chance: object
) -> None:
    """Whatever is fetched, whenever it settles: below what may be committed everything was
    delivered and settled."""
    progress = OffsetTracker(0)
    runs: list[tuple[int, int]] = []
    settled: set[int] = set()
    for start, length in fetched:
        for offset in range(start, start + length):
            if progress.admit(offset, gaps=False) is not FetchVerdict.DELIVER:
                continue
            progress.delivered(offset)
            runs.append((offset, offset))
        chance.shuffle(runs)  # type: ignore[attr-defined]
        while len(runs) > 2:
            first, last = runs.pop()
            progress.settle(first, last)
            settled.update(range(first, last + 1))
        assert all(offset in settled for offset in range(progress.low_watermark))


ADDRESS = st.emails() | st.builds(
    "{}@{}".format,
    st.text(st.characters(max_codepoint=0x17F), max_size=70),
    st.sampled_from(["a.com", "b", ""]),
)


@given(ADDRESS)
def test_an_address_is_judged_as_the_library_judges_it(address: str) -> None:
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
        expected = True
    except EmailNotValidError:
        expected = False
    assert is_address(address) is expected


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_derived_id_is_the_uuid5_of_its_parts(parts: list[str]) -> None:
    assert derive(*parts) == str(
        uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_DNS, "leadgate"), "\x1f".join(parts))
    )

"""Whether two records are one person's: names, addresses, profiles, employers, and the sum."""

from typing import Any

import pytest

from leads.matching.blocking import blocks_of
from leads.matching.companies import CompanyLevel, compare_companies
from leads.matching.contact_keys import linkedin_profile, phone_digits
from leads.matching.evidence import Evidence, MatchConfidence
from leads.matching.full_names import compare_full_names
from leads.matching.local_parts import is_numbered_twin, is_role
from leads.matching.profile import read_profile
from leads.matching.search import find_match
from leads.records import Fingerprint
from leads.rule_models import Matching

LIMITS = Matching()


def record(first: str, last: str, email: str = "", **more: Any) -> Fingerprint:
    """A record of somebody; its ids are the address."""
    return Fingerprint(
        lead_id=email,
        person_key=email,
        first_name=first,
        last_name=last,
        email=email,
        **{"title": "", **more},
    )


NAMES = """
Robert Miller | Bob Miller | short_form same
Katarzyna Wójcik | Kasia Wojcik | short_form same
Юлія Ткаченко | Yulia Tkachenko | spelling same
Jürgen Müller | Juergen Mueller | spelling same
Łukasz Żak | Lukasz Zak | same same
Wei Chen | Chen Wei | same same
Sabine Leutheusser-Brandt | Sabine Brandt | same part
María José García López | María García | same part
Pieter van den Berg | Pieter Vandenberg | same same
Sean O'Neil | Sean ONeil | same same
J. Müller-Núñez | Jose Mueller-Nunez | initial same
Karl-Johan Åström | KJ Astrom | initial same
Dong-min (Daniel) Park | Daniel Park | same same
Dr. Heinrich von Allmen | Heinrich Von Allmen, PhD | same same
Michael Szczepanski | Michael Sczepanski | same same
Michael Hansenberg | Michael Hanseberg | same typo
Mohammed Khan | Mohamad Khan | short_form same
Maria Costa | Mario Costa | other_ending same
Jan Novotný | Jana Novotná | other_ending other_ending
Juan Pablo Ruiz | Juan Carlos Ruiz | other_second same
Carlos García López | Carlos García Ruiz | same other_second
Li Wei | Li Wen | same different
Michael Hansen | Michael Jansen | same different
Na Li | Li Na | same same
Nikhil Patel | Nisha Patel | different same
"""


@pytest.mark.parametrize("line", NAMES.strip().splitlines())
def test_two_names_agree_as_a_reader_says(line: str) -> None:
    one, other, levels = (part.strip() for part in line.split("|"))
    a, b = (read_profile(record(*split(name))) for name in (one, other))
    for found in (compare_full_names(a, b), compare_full_names(b, a)):
        assert f"{found.given} {found.family}" == levels


def split(name: str) -> tuple[str, str]:
    """First and last name of a line of the table: two words each where there are four."""
    words = name.split(" ")
    cut = 2 if len(words) == 4 and words[0] in {"María", "Juan", "Dong-min"} else 1
    if words[0] in {"Juan", "Dong-min", "Dr."} and len(words) > 2:
        cut = 2
    return " ".join(words[:cut]), " ".join(words[cut:])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.linkedin.com/in/AdaK/", "linkedin.com/in/adak?trk=x"),
        ("http://de.linkedin.com/in/ada-k%C3%B6nig", "https://www.linkedin.com/in/ada-könig/en"),
    ],
)
def test_a_profile_is_one_in_every_spelling(one: str, other: str) -> None:
    assert linkedin_profile(one) == linkedin_profile(other) != ""


@pytest.mark.parametrize(
    "url", ["https://linkedin.com/company/acme", "linkedin.com/in/", "acme.com/in/ada", "http://[x"]
)
def test_what_is_nobodys_profile_names_nobody(url: str) -> None:
    assert linkedin_profile(url) == ""


def test_a_number_is_one_with_and_without_country_and_extension() -> None:
    assert phone_digits("+44 7700 900142") == phone_digits("07700 900142")
    assert phone_digits("+1 415 555 0132 ext. 77") == (phone_digits("415-555-0132")[0], "77")
    assert phone_digits("000-000-0000") == phone_digits("12") == ("", "")


def test_addresses_of_posts_and_of_namesakes_are_known() -> None:
    assert is_role("info@acme.com")
    assert is_role("sales2@acme.com")
    assert not is_role("ada.office@acme.com")
    assert is_numbered_twin("john.smith@a.com", "johnsmith2@a.com")
    assert not is_numbered_twin("john.smith@a.com", "john.smyth@a.com")


COMPANIES = """
Acme, Inc. / acme.com | ACME GmbH / acme.de | same
Clarity HR (formerly ClarityPayroll) / clarityhr.com | ClarityPayroll / claritypayroll.io | related
FLT First Lakes / firstlakestrust.com | First Lakes Trust / flt.org | related
Nordlys Labs / nordlys.github.io | Bergdata / bergdata.github.io | different
Fischer Bau / fischer-bau.at | Brightwater Lending / brightwaterlending.com | different
 /  | Acme / acme.com | unknown
"""


@pytest.mark.parametrize("line", COMPANIES.strip("\n").splitlines())
def test_two_employers_agree_as_a_reader_says(line: str) -> None:
    one, other, level = (part.strip() for part in line.split("|"))
    sides = []
    for side in (one, other):
        name, domain = (part.strip() for part in f" {side} ".split(" / "))
        profile = read_profile(record("A", "B", company=name, domain=domain))
        sides.append((profile.company, profile.domain))
    assert compare_companies(sides[0], sides[1]) is CompanyLevel(level)


AT_ACME = {"company": "Acme", "domain": "acme.com"}
ANNA = record("Anna", "Schmidt", "a.schmidt@acme.com", title="VP Sales", **AT_ACME)
#: What is never merged without asking, whatever else agrees.
ASKED = {
    "a number": (
        record("John", "Smith", "john.smith@acme.com", title="VP Sales", **AT_ACME),
        record("John", "Smith", "john.smith2@acme.com", title="VP Sales", **AT_ACME),
    ),
    "a mailbox of several": (
        record("Ada", "King", "info@acme.com", title="VP Sales", **AT_ACME),
        record("Adam", "Kingsley", "info@acme.com", title="VP Sales", **AT_ACME),
    ),
    "a changed employer": (
        record("Ada", "King", "ada@acme.com", linkedin="linkedin.com/in/adaking", **AT_ACME),
        record("Ada", "King", "ada@zeta.io", linkedin="linkedin.com/in/adaking", company="Zeta"),
    ),
    "a junior": (
        record("Ada", "King", "ada@acme.com", title="VP Sales", **AT_ACME),
        record("Ada", "King Jr.", "a.king@acme.com", title="VP Sales", **AT_ACME),
    ),
    "an initial": (ANNA, record("A.", "Schmidt", "schmidt@acme.com", title="VP Sales", **AT_ACME)),
    "an assistant": (
        record("Duncan", "McAllister", "d.mcallister@acme.com", title="Director", **AT_ACME),
        record("Moira", "McAllister", "d.mcallister@acme.com", title="Director", **AT_ACME),
    ),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_may_be_two_people_is_not_merged_unasked(case: str) -> None:
    evidence = Evidence(*ASKED[case])
    assert evidence.judge(Matching(merge=-99, ask=-100)) is MatchConfidence.UNSURE
    assert evidence.caution


def test_a_short_form_with_the_same_post_is_one_person() -> None:
    long = record("Robert", "Miller", "robert.miller@acme.com", title="VP Sales", **AT_ACME)
    short = record("Bob", "Miller", "bmiller@acme.com", title="Vice President, Sales", **AT_ACME)
    assert Evidence(long, short).judge(LIMITS) is MatchConfidence.SURE


COLLEAGUES = (
    record("Andreas", "Schmidt", "an.schmidt@acme.com", title="Head of IT", **AT_ACME),
    record("Anna", "Berger", "anna.berger@acme.com", title="Head of IT", **AT_ACME),
    record("Chris", "Schmidt", "christina.schmidt@acme.com", title="Head of IT", **AT_ACME),
)


@pytest.mark.parametrize("other", COLLEAGUES, ids=lambda one: one.email)
def test_colleagues_are_two_people(other: Fingerprint) -> None:
    assert Evidence(ANNA, other).judge(LIMITS) is MatchConfidence.OTHER


def test_an_address_tells_what_a_short_form_leaves_open() -> None:
    one = record("Chris", "Lawson", "christina.lawson@acme.com", title="VP Claims", **AT_ACME)
    other = record("Chris", "Lawson", "christopher.lawson@acme.com", title="VP Claims", **AT_ACME)
    levels = {(found.field, found.level) for found in Evidence(one, other).agreements}
    assert ("given name", "different") in levels


def test_the_likeliest_of_several_is_found_and_the_evidence_is_shown() -> None:
    mine = record("Bob", "Miller", "bmiller@acme.com", title="VP Sales", **AT_ACME)
    initial = record("R.", "Miller", "r.m@acme.com", title="VP Sales", **AT_ACME)
    full = record("Robert", "Miller", "robert.miller@acme.com", title="VP Sales", **AT_ACME)
    match = find_match(mine, [initial, full, ANNA], LIMITS, "r")
    assert (match.twin, match.confidence) == (full, MatchConfidence.SURE)
    assert match.reasons[0].decisive
    assert {"r.given_name", "r.title", "r.company"} <= {one.rule for one in match.reasons[1:]}
    said = " ".join(one.why for one in match.reasons)
    assert "Miller" not in said.replace(full.lead_id, "")


@pytest.mark.parametrize(
    "line",
    [
        "Robert Miller | Bob Miller",
        "Margaret Dunleavy | Peggy Dunleavy",
        "Wei Chen | Chen Wei",
        "Юлія Ткаченко | Julia Tkachenko",
        "Sultan Al-Qahtani | Sultan Alqahtani",
        "José Marín | J. Marin",
        "Øystein Bjørgum | Oystein Bjorgum",
    ],
)
def test_people_named_alike_share_a_block(line: str) -> None:
    one, other = (record(*split(name.strip())) for name in line.split("|"))
    assert set(blocks_of(one)) & set(blocks_of(other))


def test_most_colleagues_share_none() -> None:
    assert not set(blocks_of(ANNA)) & set(blocks_of(record("Peter", "Berger")))


@pytest.mark.parametrize("text", ["a" * 100_000, "a-" * 50_000, "ü" * 100_000, "a." * 50_000])
def test_of_a_long_text_the_beginning_is_compared(text: str) -> None:
    seen = record(text, text, f"{text}@acme.com", title=text, linkedin=text, phone=text, city=text)
    profile = read_profile(seen)
    assert len(profile.title) <= 400
    assert len(profile.name.family) <= 200
    Evidence(seen, ANNA)


@pytest.mark.parametrize("name", ["N/A", "Unknown", "Test", "123", "ada@acme.com", ""])
def test_a_placeholder_is_no_name(name: str) -> None:
    levels = {
        found.field: found.level
        for found in Evidence(record(name, name), record(name, name)).agreements
    }
    assert (levels["given name"], levels["family name"]) == ("unknown", "unknown")


@pytest.mark.parametrize("seniority", ["ceo", "VP", "partner"])
def test_a_seniority_that_the_rules_alone_know_is_read_from_the_title(seniority: str) -> None:
    own = record("Ada", "King", title="VP Sales", seniority=seniority, function="sales")
    read = record("Ada", "King", title="Vice President, Sales EMEA")
    levels = {(found.field, found.level) for found in Evidence(own, read).agreements}
    assert ("title", "alike") in levels

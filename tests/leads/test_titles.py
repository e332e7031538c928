"""Titles are read by the noun that governs them, in the languages that Apollo's users meet."""

import time
from collections.abc import Mapping
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.titles.fold import fold_title
from leads.titles.function_words import ASSISTANTS, FUNCTIONS, STRONG, WEAK
from leads.titles.phrase_table import split_phrases
from leads.titles.rank_words import ENDINGS, FIXED, IMPLIED, RANKS, SENIORITIES
from leads.titles.read import read_title

TABLES = (RANKS, ENDINGS, IMPLIED, FIXED, STRONG, WEAK)
LINKS = (" ", ", ", " - ", " | ", " to ", " of ", " for ", " supporting ", " al ", " au ", " zum ")


@pytest.mark.parametrize(
    ("title", "seniority", "function"),
    [
        ("Executive Assistant to the CEO", "other", "operations"),
        ("EA to CEO/COO", "other", "operations"),
        ("Executive Assistant to Founder & CEO", "other", "operations"),
        ("Product Owner", "other", "product"),
        ("Chief Engineer", "other", "engineering"),
        ("Director, CEO Communications", "director", "marketing"),
        ("former CEO, now Sales Manager", "manager", "sales"),
        ("Former CEO & Founder", "other", "other"),
        ("Founder, ex-Google", "founder", "executive"),
        ("EVP", "vp", "executive"),
        ("EVP, R&D", "vp", "engineering"),
        ("Chief People & Culture Officer", "c_suite", "hr"),
        ("C.F.O.", "c_suite", "finance"),
        ("COO / CFO", "c_suite", "operations"),
        ("VP Sales & Marketing", "vp", "sales"),
        ("Geschäftsführerin (m/w/d)", "c_suite", "executive"),
        ("Projektleiter", "manager", "operations"),
        ("Vertriebsleiterin", "head", "sales"),
        ("PDG", "c_suite", "executive"),
        ("Directeur Commercial", "director", "sales"),
        ("Assistante du directeur général", "other", "operations"),
        ("Försäljningschef", "head", "sales"),
        ("Prezes Zarządu", "c_suite", "executive"),
        ("SALES DIRECTOR", "director", "sales"),
        ("EA, CEO", "other", "operations"),
        ("Chief of Staff - CEO", "other", "operations"),
        ("Assistente al Direttore Generale", "other", "operations"),
        ("Assistante PDG", "other", "operations"),
        ("Assistant CEO", "other", "operations"),
        ("Head of Sales for CEO & Founder community", "head", "sales"),
        ("CEO (retired)", "other", "other"),
        ("CEO, retired", "other", "other"),
        ("Retired - CEO", "other", "other"),
        ("Vice President, Finance & former CFO", "vp", "finance"),
        ("Former CFO & current CEO", "c_suite", "executive"),
        ("Chief Engineer and Safety Officer", "other", "engineering"),
        ("Surgeon, M.D.", "other", ""),
        ("Managing Director", "c_suite", "executive"),
        ("Executive Recruiter - CEO, CFO", "other", "hr"),
        ("HR Business Partner (CTO & CPO orgs)", "other", "hr"),
        ("Founder-CEO", "founder", "executive"),
        ("Platform Owner", "other", "engineering"),
        ("Agency Owner", "founder", "executive"),
        ("Member of Technical Staff", "other", "engineering"),
        ("Medical Sales Representative", "other", "sales"),
        ("AI Product Manager", "manager", "product"),
        ("Sr. Dir., Mktg", "director", "marketing"),
        ("Director", "director", ""),
        ("Growth Hacker", "", "marketing"),
        ("", "", ""),
    ],
)
def test_examples(title: str, seniority: str, function: str) -> None:
    assert read_title(title) == (seniority, function)


@given(st.text(max_size=300) | st.sampled_from([" ; & ", "&;&", "of", "to the", "chief officer"]))
def test_any_text_has_a_reading(text: str) -> None:
    found = read_title(text)
    assert found.seniority in {"", *SENIORITIES}
    assert found.function in {"", *FUNCTIONS}


@given(st.sampled_from([p for p in split_phrases(RANKS["other"]) if p != "commercial"]))
def test_who_works_for_somebody_has_not_that_rank(noun: str) -> None:
    for top in ("CEO", "VP of Sales", "Founder & CEO"):
        assert read_title(f"{noun} to the {top}").seniority == "other"


@given(st.sampled_from(sorted(ASSISTANTS)), st.sampled_from(LINKS))
def test_an_assistant_named_with_a_chief_is_no_chief(noun: str, link: str) -> None:
    for top in ("CEO", "Managing Director", "Geschäftsführer", "Founder & CEO"):
        assert read_title(f"{noun}{link}{top}").seniority == "other"


@pytest.mark.parametrize(
    "part", ["chief ", "a.", "co-", "&;", "x" * 50, "(m/w/", "\N{ANGSTROM SIGN}"]
)
def test_a_title_of_100_000_characters_takes_no_time(part: str) -> None:
    began = time.process_time()
    read_title(part * (100_000 // len(part)))
    assert time.process_time() - began < 1.0, "what is not linear takes seconds"


def test_the_tables_are_folded_and_say_one_thing_of_each_phrase() -> None:
    for table in TABLES:
        phrases = list(chain.from_iterable(map(split_phrases, table.values())))
        for phrase in phrases:
            word = phrase.removesuffix("*")
            assert fold_title(word).main == word
        assert [p for p in phrases if phrases.count(p) > 1] == []


@pytest.mark.parametrize("table", [IMPLIED, FIXED, STRONG, WEAK])
def test_functions_are_known(table: Mapping[str, str]) -> None:
    assert set(table) <= set(FUNCTIONS)


def test_ranks_are_known() -> None:
    assert set(RANKS) == set(SENIORITIES)
    assert set(ENDINGS) <= set(SENIORITIES)
    ranks = set(chain.from_iterable(map(split_phrases, [*RANKS.values(), *ENDINGS.values()])))
    implied = set(chain.from_iterable(map(split_phrases, [*IMPLIED.values(), *FIXED.values()])))
    assert implied - ranks == set()

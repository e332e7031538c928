"""States and regions: one whatever a source or the rules call it."""

from itertools import pairwise

import pycountry
import pytest
from msgspec.structs import replace

from leads.records import Company
from leads.region_names import REGION_NAMES
from leads.regions import is_state, spell_state, state_code
from leads.route import mismatch_reason
from leads.rule_models import Condition
from leads.rules import Rules
from tests.leads.test_gates import lead


@pytest.mark.parametrize(
    ("country", "names"),
    [
        ("US", "CA|CALIFORNIA|Calif.|California|US-CA"),
        ("US", "NY|N.Y.|New York|NEW YORK"),
        ("US", "DC|D.C.|Washington, D.C.|District of Columbia"),
        ("CA", "QC|Qu\u00e9bec|Quebec|Que."),
        ("DE", "BY|Bayern|Bavaria"),
        ("DE", "NRW|NW|North Rhine-Westphalia|Nordrhein-Westfalen"),
        ("FR", "IDF|\u00cele-de-France|Ile de France"),
        ("ES", "Catalonia|Catalu\u00f1a|Catalunya|CT"),
        ("ES", "Madrid|Comunidad de Madrid|MD"),
        ("IT", "Lombardy|Lombardia|25"),
        ("GB", "England|ENG"),
        ("BR", "SP|S\u00e3o Paulo|Sao Paulo"),
    ],
)
def test_every_name_of_a_region_is_the_region(country: str, names: str) -> None:
    codes = {state_code(name, country) for name in names.split("|")}
    assert len(codes) == 1
    assert codes != {""}
    for one, other in pairwise(names.split("|")):
        assert is_state(one, other, country)


def test_a_region_is_of_its_country_only() -> None:
    assert state_code("Ontario", "US") == state_code("CA", "") == state_code("Foo", "US") == ""
    assert not is_state("CA", "Quebec", "CA")
    assert is_state("Somewhere", "somewhere", "")


@pytest.mark.parametrize(
    ("given", "country", "spelled"),
    [
        ("CA", "US", "California"),
        ("CALIFORNIA", "US", "California"),
        ("Calif.", "US", "California"),
        ("Mass", "US", "Massachusetts"),
        ("Bavaria", "DE", "Bavaria"),
        ("BY", "DE", "Bayern"),
        ("BAVARIA", "DE", "Bavaria"),
        ("LONDON", "GB", "London"),
        ("MH", "IN", "Maharashtra"),
        ("London", "GB", "London"),
        ("Foo", "US", "Foo"),
        ("CA", "", "CA"),
        ("", "US", ""),
    ],
)
def test_codes_and_capitals_become_names_and_names_stay(
    given: str, country: str, spelled: str
) -> None:
    assert spell_state(given, country) == spelled


def test_a_route_knows_a_state_by_any_name(rules: Rules) -> None:
    ada = lead()
    company = Company(name="Acme", country="US", state="California")
    ada = replace(ada, company=company)
    for name in ("CA", "California", "calif."):
        assert not mismatch_reason(ada, Condition(states=(name,)), rules)
    assert mismatch_reason(ada, Condition(states=("NY",)), rules) == "state is California, not NY"


def test_each_further_name_is_of_a_region_of_the_standard() -> None:
    known = {region.code for region in pycountry.subdivisions}
    for country, entries in REGION_NAMES.items():
        for entry in entries.split("|"):
            code = f"{country}-{entry.partition(':')[0]}"
            assert code in known, code

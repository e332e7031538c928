"""Names as the CRM gets them."""

import pytest

from leads.matching.brands import related
from leads.rules import Rules
from leads.spelling import spell_company, spell_name, split_name
from leads.text import clean_text


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("AJ", "AJ"),
        ("tj", "TJ"),
        ("LI", "Li"),
        ("ng", "Ng"),
        ("MCDONALD", "McDonald"),
        ("mckay", "McKay"),
        ("McDONALD", "McDonald"),
        ("MACHADO", "Machado"),
        ("O'NEIL", "O'Neil"),
        ("D\u2019ANGELO", "D\u2019Angelo"),
        ("mary-jane", "Mary-Jane"),
        ("J.R.", "J.R."),
        ("PATRICK III", "Patrick III"),
        ("VI", "Vi"),
        ("\u0141UKASZ", "\u0141ukasz"),
        ("van der Berg", "van der Berg"),
        ("MacDonald", "MacDonald"),
        ("N/A", ""),
        ("null", ""),
        ("Null", "Null"),
        ("Mckenna", "Mckenna"),
        ("\u0130BRAH\u0130M", "\u0130brahim"),
        ("ROBERT (BOB)", "Robert (Bob)"),
        ("\u674e", "\u674e"),
    ],
)
def test_a_person_is_spelled_as_people_are(given: str, spelled: str) -> None:
    assert spell_name(clean_text(given)) == spelled


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        *((kept, kept) for kept in ("Tiffany & Co.", "Ost GmbH & Co. KG", "Acme, Inc.", "eBay")),
        *((kept, kept) for kept in ("IBM", "H&M", "3M", "NVIDIA", "adidas", "SAP SE")),
        ("AT&amp;T", "AT&T"),
        ("ACME, INC.", "Acme, Inc."),
        ("BOSTON CONSULTING GROUP", "Boston Consulting Group"),
        ("IBM DEUTSCHLAND GMBH", "IBM Deutschland GmbH"),
        ("BANK OF AMERICA", "Bank of America"),
        ("MICROSOFT", "Microsoft"),
        ("MERCEDES-BENZ AG", "Mercedes-Benz AG"),
        ("L'OREAL GROUP", "L'Oreal Group"),
        ("MEN'S WEARHOUSE", "Men's Wearhouse"),
        ("undefined", ""),
        ("BASF SE", "BASF SE"),
        ("THE GAP", "The GAP"),
        ("THE NEW YORK TIMES", "The New York Times"),
        ("K\u00d6LN MESSE GMBH", "K\u00f6ln Messe GmbH"),
        ("MCDONALD'S CORPORATION", "McDonald's Corporation"),
    ],
)
def test_a_company_keeps_its_legal_form_and_its_own_spelling(given: str, spelled: str) -> None:
    assert spell_company(clean_text(given)) == spelled


@pytest.mark.parametrize(
    ("full", "names"),
    [
        ("Ada Byron", ("Ada", "Byron")),
        ("Byron, Ada", ("Ada", "Byron")),
        *((asked, ("", "")) for asked in ("John Smith, PhD", "Smith, MBA", "Dr. Smith")),
        ("Garc\u00eda L\u00f3pez, Juan Carlos", ("", "")),
        ("Juan Carlos Garc\u00eda", ("", "")),
        ("Ada", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_name_in_one_field_is_split_where_it_can_be_told(
    full: str, names: tuple[str, str]
) -> None:
    assert split_name(full) == names


@pytest.mark.parametrize(
    ("name", "other", "are_related"),
    [
        ("Acme, Inc.", "Acme Deutschland GmbH", True),
        ("ACME HOLDING AG", "Acme Labs Ltd.", True),
        ("Acme Inc.", "Zenith Inc.", False),
        ("Acme Group", "Zenith Group", False),
    ],
)
def test_legal_forms_and_places_make_no_companies_related(
    name: str, other: str, are_related: bool, rules: Rules
) -> None:
    assert related(name, other, rules.matching) is are_related

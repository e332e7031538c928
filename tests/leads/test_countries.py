"""Countries by their codes, whatever a vendor calls them."""

import pytest

from leads.countries import country_code, country_name, is_country
from leads.normalise import normalise_country


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("United States", "US"),
        ("usa", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Czech Republic", "CZ"),
        ("The Netherlands", "NL"),
        ("Deutschland", "DE"),
        ("hungary", "HU"),
        ("T\u00fcrkiye", "TR"),
        ("  Hong   Kong ", "HK"),
        ("de", "DE"),
        ("zz", "ZZ"),
        ("Atlantis", "Atlantis"),
        (None, ""),
        (7, "7"),
    ],
)
def test_a_country_is_its_code_or_the_word_that_was_said(said: object, code: str) -> None:
    assert normalise_country(said) == code
    assert country_code(country_name(code)) == code, (
        "the name that a CRM is given comes back as the same country"
    )


def test_what_is_no_code_has_itself_as_name() -> None:
    assert [country_name(c) for c in ("KR", "US", "ZZ", "Atlantis", "")] == [
        "South Korea",
        "United States",
        "ZZ",
        "Atlantis",
        "",
    ]
    assert [is_country(c) for c in ("US", "ZZ", "Atlantis", "")] == [True, False, False, False]

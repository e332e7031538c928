"""Countries by their codes, whatever a vendor calls them."""

import pytest

from leads.countries import country_code, country_name, is_country


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
        ("Hong Kong", "HK"),
        ("Brasil", "BR"),
        ("M\u00e9xico", "MX"),
        ("Osterreich", "AT"),
        ("Turkiye", "TR"),
        ("Republic of Korea", "KR"),
        ("Estados Unidos", "US"),
        ("\u65e5\u672c", "JP"),
        ("\u0420\u043e\u0441\u0441\u0438\u044f", "RU"),
        ("U.S.", "US"),
        ("Great Britain (UK)", "GB"),
        ("Netherlands, The", "NL"),
        ("Korea, South", "KR"),
        ("The Philippines", "PH"),
        ("Trinidad & Tobago", "TT"),
        ("u.k.", "GB"),
        ("Niger", "NE"),
        ("Dominica", "DM"),
        ("de", "DE"),
        ("zz", "ZZ"),
        ("Atlantis", "Atlantis"),
        ("", ""),
    ],
)
def test_a_country_is_its_code_or_the_word_that_was_said(said: str, code: str) -> None:
    assert country_code(said) == code
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

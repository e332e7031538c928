"""Phone numbers as people write them."""

import pytest

from leads.mapped import phone_of
from leads.phones import Phones, read_phones


@pytest.mark.parametrize(
    ("cell", "country", "first", "more"),
    [
        ("(415) 555-0132", "US", "+14155550132", 0),
        ("415.555.0132x12", "US", "+14155550132 ext. 12", 0),
        ("+1 415 555 0132 ext. 77", "", "+14155550132 ext. 77", 0),
        ("tel:+14155550132", "", "+14155550132", 0),
        ("'+1 415-555-0132", "US", "+14155550132", 0),
        ("0221/1234567", "DE", "+492211234567", 0),
        ("030 1234567 (B\u00fcro)", "DE", "+49301234567", 0),
        ("+33 (0)1 42 68 53 00", "FR", "+33142685300", 0),
        ("+1 415 555 0132 / +1 212 555 0100", "US", "+14155550132", 1),
        ("mobile: +44 7911 123456, office 020 7946 0958", "GB", "+447911123456", 1),
        ("+1 415 555 0132; 415-555-0132", "US", "+14155550132", 0),
        # no area, too short, no such area, no country
        ("555-0132", "US", "", 0),
        ("12345", "DE", "", 0),
        ("+1 555 010 0132", "US", "", 0),
        ("4155550132", "", "", 0),
        ("N/A", "US", "", 0),
        ("12/24/2024", "US", "", 0),
    ],
)
def test_a_cell_gives_the_first_number_that_can_exist(
    cell: str, country: str, first: str, more: int
) -> None:
    assert read_phones(cell, country) == Phones(first, more)


def test_what_is_left_out_is_told_without_the_number() -> None:
    assert phone_of(["", "555-0132", "(415) 555-0132"], "US") == ("+14155550132", "", ())
    assert phone_of(["12345"], "DE") == ("", "", ("phone: no number that can exist in DE",))
    assert phone_of(["12345"], "") == (
        "",
        "",
        ("phone: no number that can exist without a country",),
    )
    assert phone_of(["", ""], "DE") == ("", "", ())
    two = phone_of(["+1 415 555 0132, +1 212 555 0100"], "US")
    assert two == ("+14155550132", "", ("phone: of 2 numbers in one field the first is taken",))

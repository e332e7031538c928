"""Leads by the beginnings of their ids."""

import pytest

from leads.lead_ids import AmbiguousIdError, match_id

ADA = "e36869fa-d9c9-56bc-bf56-d46407263b17"
TWIN = "e36869fa-1111-56bc-bf56-d46407263b17"
BEN = "1aa18dfd-8d67-5007-a54f-16f7574545b8"


@pytest.mark.parametrize("text", [ADA, ADA.upper(), ADA[:8], ADA[:20], f" {ADA[:8].upper()} "])
def test_an_id_and_its_beginning_stand_for_the_lead(text: str) -> None:
    assert match_id(text, [ADA, BEN]) == ADA


@pytest.mark.parametrize("text", ["", "e36869f", "deadbeef", f"{ADA}0"])
def test_what_is_too_short_or_unknown_stands_for_none(text: str) -> None:
    assert match_id(text, [ADA, BEN]) == ""


def test_several_leads_are_named() -> None:
    with pytest.raises(AmbiguousIdError, match="begins the ids of 2 leads: e36869fa-1111"):
        match_id("e36869fa", [ADA, TWIN, BEN])
    assert match_id("e36869fa-d", [ADA, TWIN]) == ADA

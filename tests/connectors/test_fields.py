"""What of a person's mapped values a CRM is sent: nothing that it would refuse the whole row
for."""

import asyncio

import pytest

from connectors.core.errors import RecordRejected
from connectors.core.fields import Admission, Field, missing, missing_options

ROLE = Field(name="role", label="role", type="choice", options=("Champion", "Decision maker"))
THERE = {
    "role": ROLE,
    "stack": Field(name="stack", label="stack", type="text"),
    "score": Field(name="score", label="score", type="number", writable=False),
}


def test_what_the_crm_has_no_place_for_is_left_out_and_reported_and_the_rest_goes_on() -> None:
    reads = []

    async def read() -> dict[str, Field]:
        reads.append(1)
        return THERE

    async def test() -> None:
        now = 0.0
        admission = Admission(read, lambda: now)
        assert await admission.admit({}) == ({}, ())
        assert reads == []
        values = {"role": "Janitor", "stack": "Kafka", "score": 5, "gone": "x"}
        good, dropped = await admission.admit(values)
        assert good == {"stack": "Kafka"}
        assert sorted(line.split(":")[0] for line in dropped) == ["gone", "role", "score"]
        assert "Janitor" not in " ".join(dropped), "the value is a person's"
        assert await admission.admit({"role": "Champion;Decision maker"}) == (
            {"role": "Champion;Decision maker"},
            (),
        )
        assert len(reads) == 1
        now = 601.0
        await admission.admit({"stack": "x"})
        assert len(reads) == 2, "options change while we run"

    asyncio.run(test())


def test_options_that_the_crm_lacks_are_reported_and_a_text_takes_any() -> None:
    wanted = Field(name="role", label="role", type="choice", options=("Champion", "Janitor"))
    assert missing_options(wanted, ROLE) == ["Janitor"]
    assert missing_options(wanted, THERE["stack"]) == []


def test_all_that_differs_is_reported_at_once() -> None:
    wanted = [
        Field(name="role", label="r", type="number"),
        Field(name="score", label="s", type="number"),
        ROLE,
    ]
    with pytest.raises(
        RecordRejected, match=r"role is there as choice, not as number.*\n.*score can't be written"
    ):
        missing("X", "people", wanted, THERE)

"""Vendors' own clients, untouched but for the address, are answered by the sandbox as their vendors
document it.

A vendor is a folder beside this file: package.json names the client with its exact version, and
NAME.mjs holds the calls.
"""

import sys
from pathlib import Path

import pytest

from tests.clients.node_programs import install_program, run_calls
from tests.served_sandbox import served_sandbox

pytestmark = [pytest.mark.clients]
HERE = Path(__file__).parent
#: The folders, and the least number of calls that each program makes.
VENDORS = {"google": 51, "hubspot": 91, "salesforce": 65, "slack": 57, "zoho": 67}
#: The CRMs among them, whose own sandbox holds the generated week.
CRMS = frozenset({"zoho"})


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_call_is_answered_as_documented(vendor: str, tmp_path: Path) -> None:
    folder = HERE / vendor
    program = f"{vendor}.mjs"
    sources = (HERE / "calls.mjs", *folder.glob("*.mjs"))
    install_program(tmp_path, folder / "package.json", sources)
    with served_sandbox(40, crm=vendor if vendor in CRMS else "hubspot") as address:
        calls = run_calls(tmp_path / program, address)
    failed = [f"{call.name}: {call.error}" for call in calls if call.error]
    sys.stdout.write(f"{vendor}: {len(calls) - len(failed)} passed, {len(failed)} failed\n")
    assert not failed, "\n".join(failed)
    assert len(calls) >= VENDORS[vendor]

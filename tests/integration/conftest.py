"""One site for the tests of a module: broker and sandbox once for each CRM that the module names in
CRMS.

The first CRM stands for all in `make test`; the others are `long`: tests/contract shows that
they behave alike.
"""

from collections.abc import Iterator

import pytest

from tests.sites import SiteHarness


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `site` the module's CRMS, HubSpot where it names none."""
    if "site" in metafunc.fixturenames:
        first, *others = getattr(metafunc.module, "CRMS", ("hubspot",))
        more = (pytest.param(crm, marks=pytest.mark.long) for crm in others)
        metafunc.parametrize("site", [first, *more], indirect=True, scope="module")


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SiteHarness]:
    """Broker, sandbox without leads, topics, properties, snapshot."""
    one = SiteHarness(tmp_path_factory.mktemp("site"), leads=0, crm=request.param)
    try:
        one.ground()
        yield one
    finally:
        one.stop()

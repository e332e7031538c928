"""One site for the tests of a module: broker and sandbox once for each CRM that the module names in
CRMS."""

from collections.abc import Iterator

import pytest

from tests.sites import SiteHarness


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `site` the module's CRMS, HubSpot where it names none."""
    if "site" in metafunc.fixturenames:
        metafunc.parametrize(
            "site", getattr(metafunc.module, "CRMS", ("hubspot",)), indirect=True, scope="module"
        )


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

"""One site for the tests of a module: broker and sandbox once, workers as each test needs them."""

from collections.abc import Iterator

import pytest

from tests.sites import TestSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    """Broker, sandbox without leads, topics, properties, snapshot."""
    one = TestSite(tmp_path_factory.mktemp("site"), leads=0)
    try:
        one.ground()
        yield one
    finally:
        one.stop()

"""A served sandbox, for clients that speak real HTTP."""

from collections.abc import Iterator

import pytest

from tests.served_sandbox import served_sandbox


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The address of a sandbox without leads."""
    with served_sandbox() as address:
        yield address


@pytest.fixture(scope="module")
def served_week() -> Iterator[str]:
    """The address of a sandbox with a week's leads."""
    with served_sandbox(100, google_quota=10**6) as address:
        yield address

"""What all batch calls share: their parts, and the failures of a 207."""

from collections.abc import Iterable
from typing import Any

from connectors.errors import VendorError
from connectors.hubspot.client import row_error

MOST = 100


def failures(body: dict[str, Any]) -> dict[str, VendorError]:
    """Errors of a 207 by the trace id they were sent with."""
    return {
        str(trace): row_error(e)
        for e in body.get("errors", [])
        for trace in (e.get("context") or {}).get("objectWriteTraceId", [])
    }


def chunks(items: list[str], size: int = MOST) -> Iterable[list[str]]:
    """Parts of at most `size`."""
    return (items[i : i + size] for i in range(0, len(items), size))

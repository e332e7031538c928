"""How Zoho refuses a call or a row."""

from typing import Any

from sandbox.store import Thing


class RefusedError(Exception):
    """An answer that isn't a success."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.details = status, code, details

    @property
    def body(self) -> Thing:
        """As a call or a row answers it."""
        return {"code": self.code, "details": self.details, "message": str(self), "status": "error"}


def invalid_field(name: str, said: str = "invalid data", **more: Any) -> RefusedError:
    """INVALID_DATA about one field of a row."""
    return RefusedError(400, "INVALID_DATA", said, api_name=name, **more)


def invalid_id(name: str, **more: Any) -> RefusedError:
    """INVALID_DATA about an id that names nothing."""
    return invalid_field(name, "the id given seems to be invalid", **more)


def missing_param(name: str) -> RefusedError:
    """A parameter that a call can't do without."""
    said = "One of the expected parameter is missing"
    return RefusedError(400, "REQUIRED_PARAM_MISSING", said, param_name=name)

"""Salesforce's refusals."""

from typing import Any


class RefusedError(Exception):
    """An answer that isn't a success: one entry of Salesforce's error list."""

    def __init__(
        self, status: int, code: str, message: str, fields: list[str] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.fields, self.more = status, code, fields or [], more

    @property
    def body(self) -> list[dict[str, Any]]:
        """As a single call answers it."""
        return [{**self.more, "message": str(self), "errorCode": self.code, "fields": self.fields}]

    @property
    def row(self) -> dict[str, Any]:
        """As a row of a collection answers it."""
        return {
            "success": False,
            "errors": [{"statusCode": self.code, "message": str(self), "fields": self.fields}],
        }


NOT_FOUND = ("NOT_FOUND", "The requested resource does not exist")

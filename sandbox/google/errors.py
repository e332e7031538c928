"""Google's errors: their form is that of "Google APIs, Errors" (`google.rpc.Status` with the older
`errors` list, as googleapis and gspread print it)."""

from starlette.responses import JSONResponse, Response

_CODES = {
    400: ("INVALID_ARGUMENT", "badRequest"),
    401: ("UNAUTHENTICATED", "authError"),
    403: ("PERMISSION_DENIED", "forbidden"),
    404: ("NOT_FOUND", "notFound"),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded"),
}


class GoogleRefusal(Exception):  # noqa: N818  an answer, not a fault of the sandbox's
    """An answer that isn't a success, by its HTTP status and Google's message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def response(self) -> Response:
        """As the API answers it."""
        code, reason = _CODES[self.status]
        one = {"message": str(self), "domain": "global", "reason": reason}
        error = {"code": self.status, "message": str(self), "errors": [one], "status": code}
        return JSONResponse({"error": error}, self.status)


def invalid(message: str) -> GoogleRefusal:
    """A request that says something wrong."""
    return GoogleRefusal(400, message)

"""What every answer of a server passes on its way, as ASGI."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class CountedRequests:
    """Tells `answered` the path and the status of each answer; `path_of` names the path."""

    def __init__(
        self,
        app: ASGIApp,
        answered: Callable[[str, int], None],
        path_of: Callable[[Scope], str],
    ) -> None:
        self._app, self._answered, self._path_of = app, answered, path_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        begun = False

        async def counted(message: Message) -> None:
            nonlocal begun
            if scope["type"] == "http" and message["type"] == "http.response.start":
                begun = True
                self._answered(self._path_of(scope), message["status"])
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            if scope["type"] == "http" and not begun:  # Starlette answers with 500 outside of this
                self._answered(self._path_of(scope), 500)
            raise


class SecurityHeaders:
    """Tells caches to keep no answer, unless it says otherwise, browsers to believe its type."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.setdefault("cache-control", "private, no-cache")
                headers["x-content-type-options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, marked)

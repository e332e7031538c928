"""A web server that says when it is ready, and refuses a port that is taken in one line."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.base.errors import UsageError
from app.cli.output import notify
from app.http.connections import server_config

#: Seconds that requests under way have for their answers after SIGTERM.
_LAST_ANSWERS = 2
#: A process may have 1,024 files open by default, and connections are files.
_MOST_CONNECTIONS = 500


class _AnnouncingServer(uvicorn.Server):
    """Prints a line once it takes requests."""

    line = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            notify(self.line)


def serve(app: ASGIApp, name: str, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM, and end within five seconds of it.

    Raises UsageError if the port can't be used.
    """
    listener = _listen(host, port)
    address = f"{host}:{listener.getsockname()[1]}"
    if listener.family == socket.AF_INET6:
        address = f"[{host}]:{listener.getsockname()[1]}"
    config = server_config(
        app, _MOST_CONNECTIONS, log_level="warning", timeout_graceful_shutdown=_LAST_ANSWERS
    )
    server = _AnnouncingServer(config)
    server.line = f"{name} ready: http://{address}"
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return  # uvicorn has shut down in order, and passes the signal on


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"{host}:{port} can't be listened on ({error.strerror}): stop what listens there, or"
            " choose another with --host and --port"
        ) from None
    return listener

"""The network that fails does what its weather says."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from app.local.broker import free_port
from tests.crash.proxy import Proxy, Weather
from tests.limits import HUNG


class Echo(BaseRequestHandler):
    """Sends back what comes."""

    def handle(self) -> None:
        """Until the other side closes."""
        while data := self.request.recv(1024):
            self.request.sendall(data)


@contextmanager
def connected() -> Iterator[tuple[Proxy, socket.socket]]:
    """A connection through a proxy to something that answers."""
    with ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        with (
            Proxy(free_port(), server.server_address[1]) as proxy,
            socket.create_connection(("127.0.0.1", proxy.port), HUNG) as one,
        ):
            one.settimeout(5)
            yield proxy, one
        server.shutdown()


def test_what_waits_in_a_silent_network_arrives_when_it_is_fair_again() -> None:
    with connected() as (proxy, one):
        one.sendall(b"first")
        assert one.recv(10) == b"first"
        proxy.weather = Weather.SILENT
        one.sendall(b"second")
        one.settimeout(0.5)
        with pytest.raises(TimeoutError):
            one.recv(10)
        assert proxy.swallowed == 6
        proxy.weather = Weather.FAIR
        one.settimeout(5)
        assert one.recv(10) == b"second"


def test_a_cut_network_ends_connections_and_takes_none() -> None:
    with connected() as (proxy, one):
        proxy.weather = Weather.CUT
        assert is_over(one)
        with socket.create_connection(("127.0.0.1", proxy.port), HUNG) as another:
            another.settimeout(5)
            assert is_over(another)


def is_over(connection: socket.socket) -> bool:
    """Whether the other side has ended it."""
    try:
        return connection.recv(10) == b""
    except ConnectionError:
        return True

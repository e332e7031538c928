"""Brokers that aren't the one plain broker: three that replicate, and one that is reached through a
network which fails."""

import shutil
from pathlib import Path

from app.local.broker import Broker, free_port
from tests.sites import SiteHarness

_HEAP_MB = 256
NODES = 3


class Node(Broker):
    """One of three brokers and controllers.

    `start` returns at once: a node answers when the others are there.
    """

    def __init__(self, data: Path, number: int, voters: dict[int, int]) -> None:
        super().__init__(data, free_port(), _HEAP_MB)
        self.number, self._voters = number, voters

    def _write_config(self) -> Path:
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "controller.port").write_text(str(self._voters[self.number]))
        path = super()._write_config()
        voters = ",".join(f"{number}@127.0.0.1:{port}" for number, port in self._voters.items())
        with path.open("a") as out:
            out.write(
                f"node.id={self.number}\ncontroller.quorum.voters={voters}\n"
                f"offsets.topic.replication.factor={NODES}\nmin.insync.replicas=2\ndefault.replication.factor={NODES}\n"
                "controlled.shutdown.enable=true\nbroker.session.timeout.ms=6000\n"
            )
        return path

    def _wait_ready(self) -> None:
        """Nothing: see `wait_ready`."""

    def wait_ready(self) -> None:
        """Wait until it answers. Raises MissingError."""
        super()._wait_ready()

    def lose_disk(self) -> None:
        """Take everything away that it had stored; it must be down."""
        shutil.rmtree(self.data / "log")


class Cluster(Broker):
    """Three nodes as one broker.

    A topic lies on all of them, and a write is acknowledged when two have it.
    """

    def __init__(self, data: Path) -> None:
        super().__init__(data, 0)
        voters = {number: free_port() for number in range(1, NODES + 1)}
        self.nodes = [Node(data / f"node-{number}", number, voters) for number in voters]

    @property
    def address(self) -> str:
        """All of them: a client that can't reach one asks the next."""
        return ",".join(node.address for node in self.nodes)

    def start(self) -> None:
        """Start all, and wait until all answer."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_ready()

    def stop(self) -> None:
        """Stop all at once: one after another they would wait for a majority that is going."""
        for node in self.nodes:
            node.kill()


class ClusterSite(SiteHarness):
    """A site on three brokers."""

    def __init__(self, data: Path, leads: int, seed: int) -> None:
        super().__init__(data, leads, seed)
        self.broker: Broker = Cluster(data / "brokers")
        self.environment()

    @property
    def nodes(self) -> list[Node]:
        """The three."""
        assert isinstance(self.broker, Cluster)
        return self.broker.nodes

    def environment(self) -> dict[str, str]:
        """With every topic on every node."""
        return super().environment() | {"KAFKA_REPLICATION": str(NODES)}


class ProxiedBroker(Broker):
    """One broker with a second door: who comes in by `proxied` is sent to the port of a proxy for
    everything else, too."""

    def __init__(self, data: Path, port: int, door: int, proxy: int) -> None:
        super().__init__(data, port)
        self._door, self._proxy = door, proxy

    @property
    def proxied(self) -> str:
        """The address through the proxy."""
        return f"127.0.0.1:{self._proxy}"

    def _write_config(self) -> Path:
        path = super()._write_config()
        listeners = next(
            line for line in path.read_text().splitlines() if line.startswith("listeners=")
        )
        with path.open("a") as out:
            out.write(
                f"{listeners},PROXIED://127.0.0.1:{self._door}\n"
                f"advertised.listeners=PLAINTEXT://{self.address},PROXIED://127.0.0.1:{self._proxy}\n"
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT\n"
                "inter.broker.listener.name=PLAINTEXT\n"
            )
        return path

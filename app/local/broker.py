"""The local broker: Apache Kafka (KRaft, one node) as a child process, with its data in a
directory. It ends with its parent."""

import itertools
import os
import re
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from app.local.children import open_log, start_child
from app.local.jars import MissingError, jars
from connectors.core.private_files import make_private_directory, write_private

_READY_SECONDS = 60.0
#: What Kafka 4.2 logs when it gives up: its only log directory has failed, or something it can't
#: survive.
_GIVES_UP = re.compile(r"the log directory has failed|all log dirs in|Exiting Kafka|[Ff]atal fault")
_TAIL = 1 << 16  # bytes of the log that are looked at
_FAULT = re.compile(r"^[\w.]+(?:Exception|Error): .*$", re.MULTILINE)
#: Exit code of a process that ended because something around it is broken (the worker's, too).
FATAL_EXIT = 70
CLASS_ARCHIVE = "classes.jsa"
#: The cluster's id, any base64 of 16 bytes.
_CLUSTER = "TGVhZGdhdGVMb2NhbEJyb2tlcg"
_LOWEST_PORT, _PORT_COUNT = 20_000, 12_000
_PORTS = itertools.count(secrets.randbelow(_PORT_COUNT))


def free_port() -> int:
    """A TCP port that no process listens on now.

    It lies below the ports that the system assigns by itself, so that no other process gets it
    before it is bound. For the same reason a process never returns a port twice, and each process
    begins at a random port: two brokers with one controller port would fence each other for ever.
    """
    while True:
        port = _LOWEST_PORT + next(_PORTS) % _PORT_COUNT
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


class Broker:
    """One broker: its data directory, its port, its process.

    With `archive`, the JVM writes an archive of its loaded classes there when it stops.
    """

    def __init__(
        self, data: Path, port: int, heap_mb: int = 512, archive: Path | None = None
    ) -> None:
        # Kafka runs in this directory, where a relative path would mean another one
        self.data, self.port, self.heap_mb, self.archive = data.resolve(), port, heap_mb, archive
        self.process: subprocess.Popen[bytes] | None = None
        self.log_begins = 0

    @property
    def address(self) -> str:
        """HOST:PORT, the value for KAFKA_BOOTSTRAP_SERVERS."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Format the data directory if it is new, start, and wait until the port answers.

        Raises MissingError.
        """
        home = jars()
        self._refuse_taken_port()
        make_private_directory(self.data)
        config = self._write_config()
        if not (self.data / "log" / "meta.properties").exists():
            options = ("-t", _CLUSTER, "-c", str(config), "--ignore-formatted")
            self._run(home, "kafka.tools.StorageTool", "format", *options, *self._first_records())
        memory = f"-Xmx{self.heap_mb}m", f"-Xms{self.heap_mb // 2}m"
        with open_log(self.data / "broker.log") as out:
            self.log_begins = out.tell()
            java = self._java(home, *memory, archive=self.archive)
            command = [*java, "kafka.Kafka", str(config)]
            self.process = start_child(command, out, directory=self.data)
        self._wait_ready()

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise MissingError(
                    f"port {self.port} is taken: stop what listens there, or choose another with"
                    " --port"
                ) from error

    def _write_config(self) -> Path:
        path = self.data / "server.properties"
        controller = _controller_port(self.data / "controller.port")
        write_private(
            path,
            "process.roles=broker,controller\nnode.id=1\n"
            f"controller.quorum.voters=1@127.0.0.1:{controller}\n"
            f"listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}\n"
            "controller.listener.names=CONTROLLER\nlistener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
            f"log.dirs={self.data / 'log'}\nauto.create.topics.enable=false\n"
            "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\ntransaction.state.log.replication.factor=1\n"
            "transaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\nnum.network.threads=2\nnum.io.threads=4\n"
            "message.max.bytes=8388608\nreplica.fetch.max.bytes=8388608\nlog.cleaner.dedupe.buffer.size=4194304\n"
            "group.min.session.timeout.ms=1000\nlog.segment.bytes=67108864\n",
        )
        return path

    def _first_records(self) -> tuple[str, ...]:
        """Options of Kafka's `format` for what a new cluster begins with, such as users."""
        return ()

    def _java(self, home: Path, *options: str, archive: Path | None = None) -> list[str]:
        """A JVM on the archive of classes, or one that writes it to `archive`."""
        classes = f"-XX:SharedArchiveFile={home / CLASS_ARCHIVE}"
        if archive:
            classes = f"-XX:ArchiveClassesAtExit={archive}"
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        quick = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", classes)
        return ["java", *options, *quick, quiet, "-cp", f"{home}/*"]

    def _run(self, home: Path, *command: str) -> None:
        done = subprocess.run(  # noqa: S603
            self._java(home) + list(command), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise MissingError(
                f"Kafka's {command[0]} failed: {(done.stdout + done.stderr).strip()[-500:]}"
            )

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                tail = (self.data / "broker.log").read_text(errors="replace")[-800:]
                raise MissingError(
                    f"the broker ended while starting; {self.data}/broker.log ends with:\n{tail}"
                )
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise MissingError(
            f"the broker did not answer within {_READY_SECONDS:.0f} s; see {self.data}/broker.log"
        )

    def watch(self, look: float = 1.0, grace: float = 10.0) -> str:
        """Wait until the broker ends by itself; the reason in one line, from what it wrote last.

        Its log is read every `look` seconds. A broker that has given up and still runs `grace`
        seconds later is killed: it answers no request any more.
        """
        assert self.process is not None
        while self.process.poll() is None and not _GIVES_UP.search(self._written()):
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(look)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        self.process.kill()
        code = self.process.wait()
        self.process = None
        return f"the broker ended by itself ({code}); {self.data}/broker.log says: {self._reason()}"

    def _reason(self) -> str:
        written = self._written()
        last = _FAULT.findall(written) or written.strip().splitlines() or ["nothing"]
        return str(last[-1])[:500]

    def _written(self) -> str:
        """The end of its log, at most 64 KiB, and nothing from before its start."""
        with (self.data / "broker.log").open("rb") as log:
            log.seek(max(self.log_begins, log.seek(0, os.SEEK_END) - _TAIL))
            return log.read().decode(errors="replace")

    def stop(self) -> None:
        """Stop it in order, by SIGTERM; after 20 s by SIGKILL."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def kill(self) -> None:
        """End it at once, by SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _controller_port(path: Path) -> int:
    """The controller's port: chosen once for a data directory, since KRaft stores its voters."""
    if not path.exists():
        write_private(path, str(free_port()))
    return int(path.read_text())

"""What a user meets first: version, help, completion, the first line, Ctrl-C, closed pipes."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

import pytest

from app.cli.shared import run
from app.local.broker import free_port
from tests.app.command_line import COMMANDS, environment, run_forked, start
from tests.app.test_cli_errors import SITE
from tests.limits import HUNG

WORDS = [tuple(name.split()[1:]) for name in COMMANDS]
HELPED = [(), *sorted({words[:-1] for words in WORDS} - {()}), *WORDS]
#: What only commands at work need; help and refusals must not wait for them.
SLOW = {"aiokafka", "faust", "fastapi", "httpx", "structlog", "phonenumbers"}


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    outcome = run_forked("--version", settings={}, directory=tmp_path)
    assert (outcome.code, outcome.out) == (0, f"leadgate {version('leadgate')}\n")


@pytest.mark.parametrize("command", HELPED)
def test_minus_h_is_help(tmp_path: Path, command: tuple[str, ...]) -> None:
    short = run_forked(*command, "-h", settings={}, directory=tmp_path)
    long = run_forked(*command, "--help", settings={"LEADGATE_LOG": "loud"}, directory=tmp_path)
    assert (short.code, short.err) == (0, "")
    assert short.out == long.out
    assert " ".join(("leadgate", *command)) in short.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_a_shell(tmp_path: Path, shell: str) -> None:
    """Typer takes the shell's name only where it does not look for the shell that runs it."""
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    outcome = run_forked("--show-completion", shell, settings=named, directory=tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert f"_LEADGATE_COMPLETE=complete_{shell}" in outcome.out


def test_completion_offers_commands(tmp_path: Path) -> None:
    asked = {"_LEADGATE_COMPLETE": "complete_bash", "COMP_WORDS": "leadgate re", "COMP_CWORD": "1"}
    outcome = run_forked(settings=asked, directory=tmp_path)
    assert outcome.out.split() == ["release", "replay", "rebuild-state", "review"]


def test_help_loads_nothing_slow() -> None:
    script = "import sys, app.cli.program; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment({}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert SLOW & set(done.stdout.split()) == set()


def test_the_demos_first_line_comes_before_anything_slow_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys; from app.cli import demo, program, shared\n"
        "demo.notify = lambda line: print(line, *sys.modules, sep='\\n') or sys.exit()\n"
        "shared.app(['demo'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment({}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    first, *modules = done.stdout.splitlines()
    assert first.startswith("Leadgate demo: 400 generated leads")
    assert SLOW & {module.split(".")[0] for module in modules} == set()


@pytest.mark.parametrize("command", [("sandbox", "--leads", "1"), ("web",), ("console", "serve")])
def test_a_server_prints_its_address_when_it_is_ready(command: tuple[str, ...]) -> None:
    settings = SITE | {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}
    with start(*command, "--port", "0", settings=settings) as server:
        assert server.stderr is not None
        lines = [server.stderr.readline()]
        while not (found := re.search(r"ready: http://127\.0\.0\.1:(\d+)$", lines[-1])):
            assert server.poll() is None, lines
            lines.append(server.stderr.readline())
        assert lines[-1].startswith(f"{command[0]} ready: ")
        socket.create_connection(("127.0.0.1", int(found[1])), HUNG).close()
        server.send_signal(signal.SIGINT)
        assert server.wait(HUNG) == 0


def test_ctrl_c_ends_a_command_with_130_and_no_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        settings = {"KAFKA_BOOTSTRAP_SERVERS": address}
        with start("review", "list", settings=settings) as command:
            connection, _ = silent.accept()  # the command waits for an answer
            command.send_signal(signal.SIGINT)
            out, err = command.communicate(timeout=HUNG)
            connection.close()
    assert (command.returncode, out) == (130, "")
    assert "Traceback" not in err


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C reaches this process as it reaches a program: processes of tests ignore it."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("interrupted", [True, False])
def test_what_callbacks_raise_after_ctrl_c_is_not_logged(
    caplog: pytest.LogCaptureFixture, *, interrupted: bool
) -> None:
    def fail() -> None:
        raise ValueError("torn off")

    async def work() -> None:
        loop = asyncio.get_running_loop()
        if interrupted:
            loop.call_soon(os.kill, os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(HUNG if interrupted else 0)
        finally:
            loop.call_soon(fail)
            await asyncio.sleep(0)

    with pytest.raises(KeyboardInterrupt) if interrupted else nullcontext():
        run(work())
    assert bool(caplog.records) is not interrupted


@pytest.mark.parametrize("module", ["typer.main", "app.cli.leads", "aiokafka.errors"])
def test_ctrl_c_while_the_program_loads_is_no_traceback(module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        settings = {"KAFKA_BOOTSTRAP_SERVERS": address, "PYTHONPROFILEIMPORTTIME": "1"}
        with start("review", "list", settings=settings) as command:
            assert command.stderr is not None
            while not command.stderr.readline().endswith(f" {module}\n"):
                assert command.poll() is None
            command.send_signal(signal.SIGINT)
            _, err = command.communicate(timeout=HUNG)
    assert command.returncode == 130
    assert "Traceback" not in err


def test_ctrl_c_in_the_first_seconds_of_the_demo_leaves_nothing(tmp_path: Path) -> None:
    with start("demo", "--data", str(tmp_path), settings={}) as demo:
        assert demo.stderr is not None
        while not (line := demo.stderr.readline()).startswith("1 of"):
            assert line
        demo.send_signal(signal.SIGINT)
        _, err = demo.communicate(timeout=HUNG)
    assert demo.returncode == 130
    assert "Traceback" not in err


def test_a_closed_pipe_ends_a_command_silently(tmp_path: Path) -> None:
    script = f"{sys.executable} -m app.cli review -h | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script],
        env=environment({}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "1", "141"}


@pytest.mark.parametrize("settings", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_locale_without_unicode_prints_everything(settings: dict[str, str]) -> None:
    script = (
        "import sys; from app.cli.output import prepare_streams, show\n"
        "prepare_streams(); show({'a': 1}, False, 'Zoë Çelik …')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(settings),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Zo")


def test_closed_streams_are_no_fault() -> None:
    script = f"{sys.executable} -m app.cli --version >&- 2>&- <&-; echo $?"
    done = subprocess.run(
        ["bash", "-c", script], env=environment({}), capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
def test_a_full_disk_is_named() -> None:
    script = f"{sys.executable} -m app.cli --version > /dev/full"
    done = subprocess.run(
        ["bash", "-c", script], env=environment({}), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("No space left on device: make room on the disk")


def test_json_of_the_demo_is_all_that_it_prints(tmp_path: Path) -> None:
    settings = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    outcome = run_forked("demo", "--json", settings=settings, directory=tmp_path)
    assert outcome.err.startswith("java is not on the PATH")
    assert json.dumps(outcome.out) == '""'

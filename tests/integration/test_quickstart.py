"""Every command of docs/quickstart.md, run from an empty directory, with the output that the page
shows."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.local.broker import free_port
from tests.limits import HUNG

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "quickstart.md"
#: The page's ports: broker, sandbox, web server. Each run takes free ones instead.
PORTS = ("9092", "8100", "8080")
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One block of commands and the output that follows it on the page."""

    commands: str
    expected: str

    @property
    def repeats(self) -> bool:
        """Whether the page asks for the command again until its output is as shown."""
        return "# again until" in self.commands

    def is_met_by(self, output: str) -> bool:
        """Whether the expected lines come in this order, `…` standing for any text."""
        lines = [re.escape(line).replace("…", ".*") for line in self.expected.splitlines()]
        pattern = "".join(r"(?:.*\n)*?" if line == ".*" else line + r"\n" for line in lines)
        return re.search("^" + pattern, output + "\n", re.MULTILINE) is not None


def steps_of(page: str) -> list[Step]:
    """The page's steps in order."""
    steps: list[Step] = []
    for kind, text in _BLOCK.findall(page):
        if kind == "sh":
            steps.append(Step(text, ""))
        else:
            steps[-1] = Step(steps[-1].commands, text)
    return steps


class Shell:
    """One bash in a directory and a process group of its own, which keeps variables and jobs from
    step to step.

    When this process ends, however it ends, bash reads the end of its input and ends its jobs.
    """

    def __init__(self, directory: Path, programs: Path) -> None:
        self.directory = directory
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))}
        self.bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=directory,
            env=ours | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._send("trap 'kill $(jobs -p) 2>/dev/null' EXIT")
        # what is ended by a signal has an exit code that `wait` passes on
        self._send("remember() { case $1 in wait*) ;; *) failed=$1 ;; esac; }")
        self._send("set -E; trap 'remember \"$BASH_COMMAND\"' ERR")

    def run(self, commands: str) -> tuple[str, str]:
        """Run commands in this shell; what they printed, and the last one that failed or ''."""
        assert self.bash.stdout is not None
        (self.directory / "step.sh").write_text(commands)
        self._send("failed=; . ./step.sh > step.out 2>&1; echo done:$failed")
        answers, _, _ = select.select([self.bash.stdout], [], [], HUNG)
        assert answers, f"not through after {HUNG:g} s: {commands}\n{self._processes()}"
        answer = self.bash.stdout.readline()
        assert answer.startswith("done:"), f"bash ended in: {commands}"
        return (self.directory / "step.out").read_text(), answer.removeprefix("done:").strip()

    def _processes(self) -> str:
        """What runs in the shell's process group, for how long."""
        shown = ["ps", "-o", "pid,etime,stat,args", "-g", str(self.bash.pid)]
        return subprocess.run(shown, capture_output=True, text=True, check=False).stdout

    def close(self) -> None:
        """Kill whatever is left."""
        assert self.bash.stdin is not None
        self.bash.stdin.close()
        try:
            self.bash.wait(HUNG)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if is_alive(self.bash.pid):
                os.killpg(self.bash.pid, signal.SIGKILL)
            self.bash.wait()

    def _send(self, line: str) -> None:
        assert self.bash.stdin is not None
        self.bash.stdin.write(line + "\n")
        self.bash.stdin.flush()


def is_alive(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty directory, with `leadgate` of this repository on its path."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "leadgate"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m app.cli "$@"\n')
    program.chmod(0o755)
    (site := tmp_path / "site").mkdir()
    one = Shell(site, programs)
    try:
        yield one
    finally:
        one.close()


def run_step(shell: Shell, step: Step) -> None:
    """Run a step, again while the page says so and its output is another."""
    deadline = time.monotonic() + HUNG
    while True:
        output, failed = shell.run(step.commands)
        met = step.is_met_by(output)
        if met and not failed:
            return
        assert step.repeats, f"{step.commands}\nfailed: {failed}\nprinted:\n{output}"
        assert time.monotonic() < deadline, f"{step.commands}\nstill prints:\n{output}"
        time.sleep(0.2)


def test_the_pages_commands_print_what_it_shows(shell: Shell) -> None:
    page = PAGE.read_text()
    for port in PORTS:
        page = page.replace(port, str(free_port()))
    steps = steps_of(page)
    assert len(steps) > 15
    for step in steps:
        run_step(shell, step)
    assert not shell.run("jobs -p")[0], "the page's last step ends all that it has started"

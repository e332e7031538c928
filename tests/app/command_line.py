"""Every command of the command line, as a user may type it, and a process to run one in."""

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.audit import recompute  # noqa: F401  loaded here once, so that no copy does
from app.cli import http_server, main  # noqa: F401
from app.cli.shared import app
from app.commands import console, leads, site  # noqa: F401
from app.local import demo  # noqa: F401
from app.operations import replay  # noqa: F401
from app.setup import doctor  # noqa: F401
from app.web import server  # noqa: F401
from app.worker import process  # noqa: F401
from sandbox.server import make_sandbox  # noqa: F401
from tests.limits import HUNG

#: Its server loads this module once, at the first command. A process of tests has one such server:
#: where a second module named what it loads, the later one would win.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
ROOT = Path(__file__).parents[2]
DEMO_RULES = ROOT / "app" / "rules" / "demo-rules.yaml"
#: `{}` stands for a directory of the test's own, which holds leads.csv.
COMMANDS: dict[str, tuple[str, ...]] = {
    "leadgate import": ("import", "{}/leads.csv"),
    "leadgate undo": ("undo", "--import", "x.csv:0", "--actor", "me"),
    "leadgate unmerge": ("unmerge", "lead", "--actor", "me", "--reason", "why"),
    "leadgate erase": ("erase", "lead", "--actor", "me", "--reason", "why"),
    "leadgate person export": ("person", "export", "lead", "--actor", "me"),
    "leadgate release": ("release", "--all"),
    "leadgate why": ("why", "lead"),
    "leadgate replay": ("replay", "--from", "0"),
    "leadgate audit verify": ("audit", "verify"),
    "leadgate audit recompute": ("audit", "recompute"),
    "leadgate audit tail": ("audit", "tail"),
    "leadgate review list": ("review", "list"),
    "leadgate review show": ("review", "show", "lead"),
    "leadgate review resolve": (
        *("review", "resolve", "lead", "--redrive"),
        *("--actor", "me", "--reason", "why"),
    ),
    "leadgate init": ("init", "--rules", "{}/first.yaml"),
    "leadgate provision": ("provision",),
    "leadgate doctor": ("doctor",),
    "leadgate rebuild-state": ("rebuild-state",),
    "leadgate sync-crm": ("sync-crm",),
    "leadgate keys rewrap": ("keys", "rewrap"),
    "leadgate console project": ("console", "project"),
    "leadgate console rebuild": ("console", "rebuild"),
    "leadgate console serve": ("console", "serve", "--port", "0"),
    "leadgate console user add": ("console", "user", "add", "a@b.test", "--role", "viewer"),
    "leadgate console user link": ("console", "user", "link", "a@b.test"),
    "leadgate console user role": ("console", "user", "role", "a@b.test", "--role", "viewer"),
    "leadgate console user list": ("console", "user", "list"),
    "leadgate console user remove": ("console", "user", "remove", "a@b.test"),
    "leadgate token add": ("token", "add", "me", "--scope", "read"),
    "leadgate token list": ("token", "list"),
    "leadgate token revoke": ("token", "revoke", "me"),
    "leadgate worker": ("worker", "--data", "{}/worker"),
    "leadgate poll": ("poll", "--once"),
    "leadgate web": ("web", "--port", "0"),
    "leadgate broker": ("broker", "--data", "{}/broker", "--port", "0"),
    "leadgate sandbox": ("sandbox", "--port", "0"),
    "leadgate demo": ("demo", "--data", "{}/demo"),
}
#: Local stand-ins: they read no settings of a site.
LOCAL = {"leadgate broker", "leadgate sandbox", "leadgate demo"}
#: What asks the database alone.
WITHOUT_BROKER = {
    name for name in COMMANDS if name.split()[1] == "token" or name.split()[2:3] == ["user"]
}
#: What needs neither rules nor the site's secret.
READERS = (
    {name for name in COMMANDS if name.split()[1] in {"why", "review", "init"}}
    | {"leadgate audit verify", "leadgate audit tail"}
    | WITHOUT_BROKER
)

__all__ = ["COMMANDS", "DEMO_RULES", "LOCAL", "READERS", "WITHOUT_BROKER", "app"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def arguments(name: str, directory: Path) -> list[str]:
    """The arguments of a command of COMMANDS."""
    (directory / "leads.csv").touch()
    return [argument.replace("{}", str(directory)) for argument in COMMANDS[name]]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `settings` as the only ones of Leadgate."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))}
    return {**ours, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **settings}


def start(
    *args: str, settings: Mapping[str, str], cwd: Path | None = None
) -> subprocess.Popen[str]:
    """`leadgate ARGS` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *args],
        env=environment(settings),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_forked(*args: str, settings: Mapping[str, str], directory: Path) -> Outcome:
    """`leadgate ARGS` in a copy of a process that has loaded everything already, and has done
    nothing else: no connection or thread of the tests is in it. It is killed if it hangs."""
    out, err = directory / "stdout.txt", directory / "stderr.txt"
    child = FORKS.Process(
        target=_become, args=(list(args), environment(settings), directory, out, err)
    )
    child.start()
    child.join()
    assert child.exitcode is not None
    return Outcome(child.exitcode, out.read_text(), err.read_text())


def _become(
    args: list[str], variables: dict[str, str], directory: Path, out: Path, err: Path
) -> None:
    """Run the command in this process, and end."""
    code = 99
    try:
        warnings.simplefilter("ignore")
        signal.alarm(int(HUNG))
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(variables)
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.argv = ["leadgate", *args]
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

"""A process manager that kills: what it has killed or what has ended by itself is started again
after its time.

What ends by itself is a death, with its last words, and an excuse where it had to end.
"""

import re
import signal
import time
from collections.abc import Callable

from tests.crash.evidence import Death
from tests.crash.plan import POLLER, WORKERS
from tests.sites import SiteHarness

IMPORT = "import"
# seconds after the broker's return in which a process may end for having lost it
_BROKER_AWAY = 60.0
_THAW = 20.0  # seconds in which a thawed worker must have ended itself
_RESTART = 1.0  # seconds until what ended by itself is started again
_FATAL = 70
_SAID = 1500  # characters of a dead process's last words
#: What a process says last that ended for want of a broker.
_SAYS_AWAY = re.compile("kafka|connect|broker|signals of partition", re.IGNORECASE)


class Processes:
    """The workers, the poller and the imports of a site.

    Deaths are added to `deaths`; `say` takes a line of progress.
    """

    def __init__(self, site: SiteHarness, deaths: list[Death], say: Callable[[str], None]) -> None:
        self._site, self._deaths, self._say = site, deaths, say
        self._restarts: dict[str, float] = {}  # what is down, and when it is started again
        self._frozen: dict[str, float] = {}  # who is frozen, and when it thaws
        self._thawed: dict[str, float] = {}  # who must end itself, and by when
        self._broker_away = float("-inf")
        self._began: dict[str, int] = {}  # where in its log a process's present life begins

    def start(self, name: str) -> None:
        """Start a worker, the poller or an import."""
        self._began[name] = len(self._said(name))
        if name == POLLER:
            self._site.poll()
        elif name == IMPORT:
            self._site.spawn(IMPORT, "import", str(self._site.data / "import.csv"))
        else:
            self._site.work(name)

    def supervise_until(self, until: float) -> None:
        """Look after them up to a moment of the monotonic clock, at least once."""
        while True:
            self._supervise()
            if time.monotonic() >= until:
                return
            time.sleep(0.05)

    def supervise_while(self, what: Callable[[], bool], seconds: float) -> None:
        """Look after them as long as something is so, at most so long."""
        deadline = time.monotonic() + seconds
        while what() and time.monotonic() < deadline:
            self._supervise()
            time.sleep(0.05)

    def kill(self, name: str, down: float) -> str:
        """kill -9, once it runs; the other worker in place of one that is frozen.

        Who was killed.
        """
        if name in self._frozen:
            name = next(other for other in WORKERS if other not in self._frozen)
        self.supervise_while(lambda: name not in self._site.children, 20)
        self._site.kill(name)
        self._thawed.pop(name, None)
        self._restarts[name] = time.monotonic() + down
        return name

    def kill_broker(self, down: float) -> None:
        """kill -9 of the broker, which is back when this returns."""
        self._broker_away = float("inf")
        self._site.broker.kill()
        self.supervise_until(time.monotonic() + down)
        self._site.broker.start()
        self._broker_away = time.monotonic()

    def freeze(self, name: str, seconds: float) -> bool:
        """SIGSTOP, and SIGCONT after so many seconds; False if no worker was ready.

        A worker that waits for its vendors or joins has no partitions to guard, and need not end
        when it thaws: it is waited for, then the other one takes its place.
        """
        self.supervise_while(lambda: not self._is_ready(name), 15)
        ready = [
            worker
            for worker in (name, *WORKERS)
            if self._is_ready(worker) and worker not in self._frozen
        ]
        if not ready:
            return False
        self._site.children[ready[0]].send_signal(signal.SIGSTOP)
        self._frozen[ready[0]] = time.monotonic() + seconds
        return True

    def all_live(self) -> bool:
        """Whether nobody is down or frozen, and no import is under way."""
        return not (self._restarts or self._frozen or IMPORT in self._site.children)

    def _is_ready(self, name: str) -> bool:
        return (
            name in self._site.children and "worker ready" in self._said(name)[self._began[name] :]
        )

    def _said(self, name: str) -> str:
        log = self._site.data / f"{name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _supervise(self) -> None:
        now = time.monotonic()
        for name in [n for n, at in self._frozen.items() if now >= at]:
            del self._frozen[name]
            self._site.children[name].send_signal(signal.SIGCONT)
            self._thawed[name] = now + _THAW
        for name in [n for n, by in self._thawed.items() if now >= by]:
            del self._thawed[name]
            self._deaths.append(
                Death(
                    name,
                    0,
                    f"it went on for {_THAW:.0f} s after it had stood still past its session",
                )
            )
        for name, child in list(self._site.children.items()):
            if (code := child.poll()) is not None:
                del self._site.children[name]
                self._note_end(name, code)
        for name in [n for n, at in self._restarts.items() if now >= at]:
            del self._restarts[name]
            self.start(name)

    def _note_end(self, name: str, code: int) -> None:
        if name == IMPORT and not code:
            return
        self._restarts[name] = time.monotonic() + _RESTART
        if name == IMPORT:
            return  # whoever imports sees that it failed, and does it again
        said = self._said(name)[-_SAID:]
        self._deaths.append(Death(name, code, said, self._excuse(name, code, said)))
        self._say(f"          {name} ended by itself with {code}")

    def _excuse(self, name: str, code: int, said: str) -> str:
        if self._thawed.pop(name, None) is not None and code == _FATAL and "stood still" in said:
            return "it had been frozen past its session"
        away = time.monotonic() - self._broker_away < _BROKER_AWAY and _SAYS_AWAY.search(
            said[-600:]
        )
        return "the broker was away" if away else ""

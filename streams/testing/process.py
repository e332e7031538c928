"""A process of the simulation: it may die or freeze at each step by which it reaches the log or a
vendor."""

import asyncio
from collections.abc import Callable
from enum import Enum

from streams.ports import Fatal


class Died(BaseException):
    """Raised at a step that can't wait: the process is no more."""


_ROUNDING = 1e-6  # of times that were added up


class Fate(Enum):
    """What happens to a process at a step."""

    LIVE = "live"
    DIE = "die"
    FREEZE = "freeze"


class Process:
    """One worker's process.

    `fate` is asked at each step; `ended` is called once, with what ended it, None for a kill.

    A process that is dead waits at its next step for ever, so that nothing it had begun goes on.
    One that stood still for longer than `session` finds that out before it acts, as a worker
    does by its pulse.
    """

    def __init__(
        self,
        name: str,
        fate: Callable[[str, str], Fate],
        ended: Callable[[BaseException | None], None],
        session: float = 8.0,
    ) -> None:
        self.name = name
        self._fate, self._ended, self._session = fate, ended, session
        self.dead = False
        self._frozen_at = self._thaws_at = 0.0

    @property
    def frozen(self) -> bool:
        """Whether it stands still, or stood still for so long that it will end when it finds
        out."""
        return self._thaws_at > asyncio.get_running_loop().time() or self._lapsed

    @property
    def _lapsed(self) -> bool:
        return self._thaws_at - self._frozen_at > self._session

    def freeze(self, seconds: float) -> None:
        """Stand still from now on."""
        self._frozen_at = asyncio.get_running_loop().time()
        self._thaws_at = self._frozen_at + seconds

    def check(self) -> None:
        """Raise Fatal when this process's partitions are another's by now."""
        if self._lapsed and asyncio.get_running_loop().time() >= self._thaws_at - _ROUNDING:
            raise Fatal(f"{self.name} stood still; its partitions are another's by now")

    async def step(self, point: str) -> None:
        """Pass, after a standstill if there is one, or never."""
        self._meet(point)
        if not self.dead and self.frozen:
            await asyncio.sleep(max(0.0, self._thaws_at - asyncio.get_running_loop().time()))
            if not self.dead:
                self.check()
        if self.dead:
            await asyncio.get_running_loop().create_future()

    def reached(self, point: str) -> None:
        """A step between two awaits. Raises Died when the process dies here."""
        self._meet(point)
        if self.dead:
            raise Died

    def _meet(self, point: str) -> None:
        if not self.dead and not self.frozen and self._fate(self.name, point) is Fate.DIE:
            self.end(None)

    def end(self, error: BaseException | None) -> None:
        """End the process."""
        if not self.dead:
            self.dead = True
            self._ended(error)

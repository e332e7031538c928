"""A worker whose clock is wrong, by as many seconds as a file says at the moment."""

import sys
import time
from pathlib import Path

from app.base.settings import load_settings
from app.monitoring.logs import set_up_logging
from app.rules.store import load_rules
from app.worker.process import run_worker


class SkewedClock:
    """The machine's clock, put forward or back."""

    def __init__(self, skew: Path) -> None:
        self._skew = skew

    def now(self) -> float:
        """Seconds since the epoch, as a wrong clock shows them."""
        return time.time() + float(self._skew.read_text())


if __name__ == "__main__":
    set_up_logging()
    settings = load_settings()
    sys.exit(
        run_worker(
            settings, load_rules(settings.rules), Path(sys.argv[1]), SkewedClock(Path(sys.argv[2]))
        )
    )

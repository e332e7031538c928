"""The worker processes that the benchmark compares: Leadgate, and the same gates on other engines.

Each engine is imported only where it runs: Quix Streams and confluent-kafka are in an environment
of their own (bench/requirements.in).
"""

import sys
from collections.abc import Callable
from pathlib import Path

from app.base.clock import SystemClock
from app.base.settings import Settings, load_settings
from app.monitoring.logs import set_up_logging
from app.rules.store import load_rules
from leads.rules import Rules


def _leadgate(settings: Settings, rules: Rules, data: Path) -> int:
    from app.worker.process import run_worker
    from bench.vendors import instant

    return run_worker(settings, rules, data, SystemClock(), instant)


def _holding(settings: Settings, rules: Rules, data: Path) -> int:
    """Leadgate where Apollo's own sequences hold some leads for good."""
    from app.worker.process import run_worker
    from bench.vendors import holding

    return run_worker(settings, rules, data, SystemClock(), holding)


def _lead_stages(settings: Settings, rules: Rules, data: Path) -> int:
    """Leadgate without the stage that posts alerts: what the peers do, too."""
    from app.worker.process import run_worker
    from bench.vendors import instant
    from leads.keys import Keys
    from streams.stages.all import make_stages

    names = {stage.name for stage in make_stages(Keys(""))} - {"notify"}
    return run_worker(settings, rules, data, SystemClock(), instant, names)


def _plain(settings: Settings, rules: Rules, data: Path) -> int:
    from bench.plain import run_plain

    return run_plain(settings, rules, data)


def _quix(settings: Settings, rules: Rules, data: Path) -> int:
    from bench.peers.quix import run_quix

    return run_quix(settings, rules, data)


def _loop(settings: Settings, rules: Rules, data: Path) -> int:
    from bench.peers.loop import run_loop

    return run_loop(settings, rules, data)


RUN: dict[str, Callable[[Settings, Rules, Path], int]] = {
    "leadgate": _leadgate,
    "holding": _holding,
    "lead-stages": _lead_stages,
    "plain": _plain,
    "quix": _quix,
    "loop": _loop,
}


def main() -> int:
    """Run the engine named by the first argument until SIGTERM."""
    set_up_logging()
    settings = load_settings()
    return RUN[sys.argv[1]](settings, load_rules(settings.rules), Path(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())

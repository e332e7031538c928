"""Leadgate beside the same gates on Quix Streams, in a bare loop, and as plain Faust agents.

All engines run in turn, so that each meets the same machine; the ratios are medians over the
rounds.
"""

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.throughput import Engine, Throughput, measure_throughput
from leads import topics

ROUNDS = 5
#: Where `make bench` installs what the peers need (bench/requirements.in).
PEERS_PYTHON = os.environ.get(
    "BENCH_PEERS_PYTHON", str(Path(__file__).parents[1] / ".venv-bench" / "bin" / "python")
)
_WITH_ALERTS = (*topics.LEAD_TOPICS, topics.ALERTS)

ENGINES = (
    Engine("leadgate", 5_000, 2_000, "leadgate", reads=_WITH_ALERTS),
    Engine("lead-stages", 5_000, 2_000, "lead-stages"),
    Engine("quix", 5_000, 2_000, "lead-stages", PEERS_PYTHON),
    Engine("loop", 5_000, 2_000, "lead-stages", PEERS_PYTHON),
    Engine("plain", 1_000, 500, "leadgate", reads=_WITH_ALERTS),
)

TITLES = {
    "leadgate": "Leadgate, all stages",
    "lead-stages": "Leadgate, no Slack posts",
    "quix": "Quix Streams",
    "loop": "confluent-kafka loop",
    "plain": "plain Faust agents",
}
#: What Leadgate promises and an engine doesn't, as it is used here.
NOT_PROMISED = {
    "quix": (
        "outputs leave up to 5 s before their rows are in the changelog; a crash has those"
        " seconds decided again, perhaps otherwise, and their tasks and messages made twice; no"
        " batches of calls, no timers, no waiting for signals, no dead letters"
    ),
    "loop": (
        "the state is not restored, and nothing is done at a rebalance; a crash has the batch"
        " decided again, perhaps otherwise, and its tasks and messages made twice; no batches of"
        " calls, no timers, no waiting for signals, no dead letters"
    ),
    "plain": (
        "no acknowledgement is awaited, so a crash loses rows and outputs; no row says what was"
        " decided, so a copy is decided again; no batches of calls, no timers, no waiting for"
        " signals, no dead letters"
    ),
}


def measure_engines(quick: bool) -> dict[str, Any]:
    """Medians of each engine, and how many times its leads per CPU second Leadgate works off at the
    same stages.

    Prints a table on stderr. Raises RuntimeError where the peers' environment is missing.
    """
    if not Path(PEERS_PYTHON).exists():
        raise RuntimeError(f"{PEERS_PYTHON} is missing: run `make bench`")
    rounds = [_round(quick) for _ in range(1 if quick else ROUNDS)]
    report = {engine.name: _summary(engine, rounds) for engine in ENGINES}
    _print(report)
    return report


def _round(quick: bool) -> dict[str, Throughput]:
    found = {}
    for engine in ENGINES:
        run = measure_throughput(engine, engine.quick_leads if quick else engine.leads)
        figures = f"{run.per_cpu_second:.0f} leads a CPU second, {run.per_second:.0f} a second"
        sys.stderr.write(f"{engine.name}: {figures}, load {os.getloadavg()[0]:.1f}\n")
        found[engine.name] = run
    return found


def _summary(engine: Engine, rounds: Sequence[Mapping[str, Throughput]]) -> dict[str, Any]:
    name, beside = engine.name, engine.beside
    ratios = [one[beside].per_cpu_second / one[name].per_cpu_second for one in rounds]
    medians = {
        field: round(statistics.median(getattr(one[name], field) for one in rounds), 1)
        for field in Throughput._fields
    }
    return {
        **medians,
        "leadgate_is_times": round(statistics.median(ratios), 2),
        "each_round": [round(ratio, 2) for ratio in ratios],
    }


def _print(report: Mapping[str, Mapping[str, Any]]) -> None:
    console = Console(stderr=True)
    table = Table()
    for heading in ("engine", "leads a CPU second", "leads a second", "MB", "Leadgate is"):
        table.add_column(heading)
    for name, row in report.items():
        figures = (row["per_cpu_second"], row["per_second"], row["memory_mb"])
        times = f"{row['leadgate_is_times']} times" if name in NOT_PROMISED else ""
        table.add_row(TITLES[name], *(f"{one:.0f}" for one in figures), times)
    console.print(table)
    for name, text in NOT_PROMISED.items():
        console.print(f"Not promised by {TITLES[name]}: {text}.")

"""Metrics that are read from a worker at each scrape: lag by partition, circuits by vendor."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from faust.exceptions import ConsumerNotStarted
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from leads import topics


class WorkerCollector(Collector):
    """Reads the worker at each scrape, so that counting costs its stages nothing.

    `app` is the Faust app on the strict consumer; `effector` shows `circuits`, by vendor, each
    with a `state`.
    """

    def __init__(self, app: Any, effector: Any) -> None:
        self._app, self._effector = app, effector

    def collect(self) -> Iterator[Metric]:
        """Lag where a partition's end is known, and the state of each circuit."""
        lag = GaugeMetricFamily(
            "leadgate_consumer_lag_records",
            "Records of an assigned partition that no stage has settled yet; missing until the"
            " partition was read once",
            labels=["topic", "partition"],
        )
        for topic, partition, records in self._lags():
            lag.add_metric([topic, str(partition)], records)
        yield lag
        circuits = GaugeMetricFamily(
            "leadgate_circuit_state",
            "1 for the state of the vendor's circuit: `closed` all calls pass, `open` none passes,"
            " `half_open` one passes as a test",
            labels=["vendor", "state"],
        )
        for vendor, state in circuit_states(getattr(self._effector, "circuits", {})).items():
            circuits.add_metric([vendor, state], 1)
        yield circuits

    def _lags(self) -> Iterable[tuple[str, int, int]]:
        for tp in assigned(self._app):
            settled, end = self._app.consumer.settled_up_to(tp), self._app.consumer.highwater(tp)
            if settled >= 0 and end is not None:
                yield tp.topic, tp.partition, max(0, end - settled)


def assigned(app: Any) -> list[Any]:
    """The partitions that a worker has, in order; none before its consumer has started."""
    if not app.started:
        return []
    try:
        return sorted(app.consumer.assignment())
    except ConsumerNotStarted:
        return []


async def why_not_ready(app: Any) -> list[str]:
    """Why a worker can't take leads now; empty when it has partitions and its state is restored."""
    if not app.started:
        return ["the worker is starting"]
    reasons = []
    if app.rebalancing:
        reasons.append("the group of workers is rebalancing")
    if not any(tp.topic == topics.CAPTURED.full for tp in assigned(app)):
        reasons.append("no partition is assigned to this worker")
    if not app.tables.recovery.completed.is_set():
        reasons.append("the state is being restored")
    return reasons


def circuit_states(circuits: Mapping[str, object]) -> dict[str, str]:
    """The state of each vendor's circuit that has one, as a word."""
    states: dict[str, str] = {}
    for vendor, circuit in circuits.items():
        state = getattr(circuit, "state", None)
        if state is not None:
            states[vendor] = str(getattr(state, "value", state))
    return states

"""The rules for Prometheus and the dashboard ask for metrics, labels and values that there are, and
each rule has its section in the runbooks."""

from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest

from leads import topics
from leads.audit_kinds import AUDIT_KINDS
from leads.records import Place
from reference.alarms import alarms
from reference.dashboard import read_rows
from reference.metrics import labels_by_sample
from reference.pages import ROOT

EXPRESSIONS = {one.name: one.expr for one in alarms()} | {
    f"{panel.title}: {query.legend}": query.expr
    for row in read_rows()
    for panel in row.panels
    for query in panel.queries
}
KNOWN = labels_by_sample()
VALUES = {
    "topic": {topic.full for topic in topics.TOPICS},
    "kind": {kind.name for kind in AUDIT_KINDS},
    "place": {str(place) for place in Place if place},
    "outcome": {"succeeded", "failed"},
    "state": {"open", "closed", "half_open", "at_risk", "breached"},
}


def nodes(text: str) -> Iterator[Any]:
    """Every part of an expression."""
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(text), found.append)
    return iter(found)


def selectors(text: str) -> list[Any]:
    """What an expression reads."""
    found = [node for node in nodes(text) if isinstance(node, promql_parser.VectorSelector)]
    ranged = [node for node in nodes(text) if isinstance(node, promql_parser.MatrixSelector)]
    return found + [node.vector_selector for node in ranged]


@pytest.mark.parametrize("name", list(EXPRESSIONS))
def test_an_expression_asks_for_what_there_is(name: str) -> None:
    text = EXPRESSIONS[name]
    read = selectors(text)
    assert read, "it reads no metric"
    for one in read:
        assert one.name in KNOWN
        for matcher in one.matchers.matchers:
            assert matcher.name in KNOWN[one.name], f"{one.name} has no label {matcher.name}"
            if matcher.name in VALUES:
                assert {*matcher.value.split("|")} <= VALUES[matcher.name]
    labels = {label for one in read for label in KNOWN[one.name]}
    for node in nodes(text):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            assert {*node.modifier.labels} <= labels, f"no metric of it has {node.modifier}"


@pytest.mark.parametrize("one", alarms(), ids=lambda one: one.name)
def test_a_rule_has_its_section_and_reads_its_metric(one: Any) -> None:
    assert one.severity in {"page", "ticket"}
    path, _, anchor = one.runbook.partition("#")
    headings = [
        line[3:].lower() for line in (ROOT / path).read_text().splitlines() if line[:3] == "## "
    ]
    assert headings.count(anchor) == 1
    assert one.metric in {
        read.name.removesuffix("_bucket") for read in selectors(one.expr)
    }, "the page of metrics names another one"


def test_the_rule_of_partitions_counts_all_of_them() -> None:
    [rule] = [one for one in alarms() if one.name == "LeadgatePartitionWithoutWorker"]
    assert f"< {topics.PARTITIONS} " in rule.expr


def test_every_metric_has_a_rule_and_a_chart() -> None:
    read = {one.name for text in EXPRESSIONS.values() for one in selectors(text)}
    assert read == KNOWN.keys()

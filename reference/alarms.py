"""ops/alerts.yaml in words: docs/runbooks.md, and when each metric is an alarm."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

RULES = Path(__file__).parents[1] / "ops" / "alerts.yaml"
_HEAD = """\
# Runbooks

Generated from `ops/alerts.yaml` by `make reference`; don't edit this file.

A section for each rule: what it means, and what to do. `page` needs a person at once, `ticket` on
a working day. docs/operations.md says what processes print when they end."""


class Alarm(NamedTuple):
    """A rule; `condition` is its expression in words, `lasts` how long it must be so."""

    name: str
    expr: str
    lasts: str
    severity: str
    metric: str
    condition: str
    summary: str
    action: str
    runbook: str


@cache
def alarms() -> tuple[Alarm, ...]:
    """Every rule of the file. Raises KeyError for one that lacks a part."""
    [group] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    found = []
    for rule in group["rules"]:
        annotations, severity = rule["annotations"], rule["labels"]["severity"]
        found.append(Alarm(rule["alert"], rule["expr"], rule["for"], severity, **annotations))
    return tuple(found)


def condition_of(metric: str) -> str:
    """When a metric is an alarm, with the rules' names. Raises KeyError for one without a rule."""
    found = [f"{one.condition} (`{one.name}`)" for one in alarms() if one.metric == metric]
    if not found:
        raise KeyError(f"{metric} has no rule in {RULES.name}")
    return "; ".join(found)


def make_runbooks() -> str:
    """docs/runbooks.md."""
    return "\n\n".join([_HEAD, *map(_section, alarms())]) + "\n"


def _section(one: Alarm) -> str:
    lasting = "" if one.lasts == "0m" else f", for {one.lasts}"
    when = f"`{one.metric}`: {one.condition}{lasting}."
    return (
        f"## {one.name}\n\n**{one.severity}** — {when}\n\n{one.summary.strip()}\n\n"
        f"**Do:** {one.action.strip()}\n\n```promql\n{one.expr.strip()}\n```"
    )

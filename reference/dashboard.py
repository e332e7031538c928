"""ops/dashboard.json: Leadgate's metrics as a Grafana dashboard, of the rows in dashboard.yaml."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

_ROWS = Path(__file__).with_suffix(".yaml")
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS, _WIDTH, _HEIGHT = 3, 8, 7


class Query(NamedTuple):
    """A line of a chart."""

    expr: str
    legend: str


class Panel(NamedTuple):
    """A chart."""

    title: str
    unit: str
    queries: list[Query]


class Row(NamedTuple):
    """A heading with its panels."""

    title: str
    panels: list[Panel]


def read_rows() -> list[Row]:
    """The rows of the file. Raises KeyError or TypeError for one that lacks a part."""
    found = msgspec.yaml.decode(_ROWS.read_bytes(), type=list[dict[str, Any]])
    return [Row(row["title"], [_read_panel(one) for one in row["panels"]]) for row in found]


def _read_panel(one: dict[str, Any]) -> Panel:
    return Panel(one["title"], one["unit"], [Query(**query) for query in one["queries"]])


def make_dashboard() -> str:
    """The file's text, for Grafana's import."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row in read_rows():
        place = {"x": 0, "y": top, "w": _COLUMNS * _WIDTH, "h": 1}
        panels.append({"type": "row", "title": row.title, "gridPos": place, "panels": []})
        top += 1
        for number, panel in enumerate(row.panels):
            below, column = divmod(number, _COLUMNS)
            panels.append(_panel(panel, column * _WIDTH, top + below * _HEIGHT))
        top += -(-len(row.panels) // _COLUMNS) * _HEIGHT
    for number, one in enumerate(panels, 1):
        one["id"] = number
    return json.dumps(_dashboard(panels), indent=1) + "\n"


def _dashboard(panels: list[dict[str, Any]]) -> dict[str, Any]:
    """Around the panels: a choice of the data source, and the last day."""
    variable = {"name": "datasource", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "leadgate",
        "title": "Leadgate",
        "description": "Generated from reference/dashboard.yaml by `make reference`.",
        "schemaVersion": 39,
        "time": {"from": "now-24h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [variable]},
        "panels": panels,
    }


def _panel(panel: Panel, x: int, y: int) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + number), "expr": query.expr, "legendFormat": query.legend}
        for number, query in enumerate(panel.queries)
    ]
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "gridPos": {"x": x, "y": y, "w": _WIDTH, "h": _HEIGHT},
        "targets": targets,
    }

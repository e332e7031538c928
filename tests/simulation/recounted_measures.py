"""The console's measures, counted again from the events of a log without a database: by measure,
day and outcome (and team or list)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]
Counts: TypeAlias = Counter[tuple[int, str, str, str]]  # day, outcome, rules, group
_GATES = {"identity", "company", "write", "routing", "assign", "engage"}
_ENDED = {"suppressed", "merged", "undone", "erased"}


def recount(events: Iterable[Event], latest: dict[str, Event]) -> dict[str, Counts]:
    """What each measure counts. `latest` is the event of each lead's place."""
    stories: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        stories[event["lead"]].append(event)
    found: dict[str, Counts] = defaultdict(Counter)
    for lead, story in stories.items():
        story.sort(key=lambda event: (event["step"], event["at"], event["kind"] != "sla_started"))
        now = latest.get(lead)
        if now is None:
            continue  # a dead letter that is of no lead
        for name, count in _COUNTS.items():
            found[name].update(count(story, now))
    return found


def _exports(story: list[Event], now: Event) -> Iterator[tuple[int, str, str, str]]:
    came = [
        event
        for event in story
        if event["stage"] == "intake"
        and event["kind"] in {"captured", "dead", "quarantined"}
    ]
    if not came or _is_shadow_alone(story):
        return
    yield _day(came[0]), _export(story, now), came[0]["rules"], ""


def _is_shadow_alone(story: list[Event]) -> bool:
    if not any(map(_shadow, story)):
        return False
    return all(_shadow(event) for event in story if event["stage"] in _GATES)


def _export(story: list[Event], now: Event) -> str:
    """Walk the story up to the first write."""
    before, is_written = [], False
    for event in story:
        is_written = event["kind"] == "written" and not _shadow(event)
        if is_written:
            break
        before.append(event)
    kinds = {event["kind"] for event in before}
    if now["place"] == "dead" and not is_written:
        return "unreadable"
    if "invalid" in kinds:
        return "invalid"
    if kinds & {"variant", "shared_address", "merged"}:
        return "duplicate"
    if is_written:
        return "clean"
    if any(event["kind"] == "fallback" and event["stage"] == "write" for event in _live(before)):
        return "refused"
    return "ended" if now["place"] in _ENDED else "waiting"


def _routings(story: list[Event], _: Event) -> Iterator[tuple[int, str, str, str]]:
    route: Event | None = None
    for event in _live(story):
        if event["kind"] == "routed":
            if route is not None:
                break
            if _is_to_rep_by_rules(event):
                route = event
        elif route is not None and event["stage"] == "assign" and (said := _check(route, event)):
            yield _day(route), said, route["rules"], ""
            return
    if route is not None:
        yield _day(route), "unchecked", route["rules"], ""


def _is_to_rep_by_rules(event: Event) -> bool:
    outcome = event["outcome"]
    return (outcome["kind"], outcome["rule"] == "review_decision") == ("rep", False)


def _check(route: Event, event: Event) -> str:
    """What a check of the owner has found, '' for another event."""
    if event["kind"] == "assigned":
        same = event["outcome"]["owner"].lower() == route["outcome"]["owner"].lower()
        return "right" if same else "other"
    if event["kind"] == "unowned":
        return "no_owner"
    if event["kind"] == "another_automation":
        return "automation"
    return "refused" if event["kind"] == "fallback" else ""


def _clocks(story: list[Event], _: Event) -> Iterator[tuple[int, str, str, str]]:
    start: Event | None = None
    for event in story:
        if event["kind"] == "sla_started":
            start = event
        elif event["kind"] in {"sla_met", "breached"} and start is not None:
            if not _shadow(start):
                said = "met" if event["kind"] == "sla_met" else "breached"
                yield _day(event), said, start["rules"], start["outcome"]["team"]
            start = None


def _enrolled(story: list[Event], now: Event) -> Iterator[tuple[int, str, str, str]]:
    live = list(_live(story))
    came = [i for i, event in enumerate(live) if event["kind"] in {"routed", "unrouted"}]
    if not came:
        return
    said = "other"
    if any(event["kind"] == "enrolled" for event in live[came[0] :]):
        said = "enrolled"
    if now["kind"] in {"unrouted", "unowned"} and not _shadow(now):
        said = "held"
    yield _day(live[came[0]]), said, live[came[0]]["rules"], ""


def _bounces(story: list[Event], _: Event) -> Iterator[tuple[int, str, str, str]]:
    live = list(_live(story))
    enrolled = [event for event in live if event["kind"] == "enrolled"]
    if enrolled:
        bounced = any(_is_bounced(event) for event in live[live.index(enrolled[0]) :])
        said = "bounced" if bounced else "kept"
        yield _day(enrolled[0]), said, enrolled[0]["rules"], ""


def _by_list(story: list[Event], now: Event) -> Iterator[tuple[int, str, str, str]]:
    lists = {name for event in story for name in _record(event).get("lists", ())}
    for day, said, rules, _ in _bounces(story, now):
        for name in lists or {""}:
            yield day, said, rules, name


def _is_bounced(event: Event) -> bool:
    seen = ((event.get("inputs") or {}).get("seen") or {}).get("suppression") or {}
    return event["kind"] == "suppressed" and seen.get("kind") == "bounce"


def _record(event: Event) -> Event:
    record = (event.get("inputs") or {}).get("record") or {}
    return record if record.get("lead_id") == event["lead"] else {}


def _live(story: Iterable[Event]) -> Iterator[Event]:
    return (event for event in story if not _shadow(event))


def _shadow(event: Event) -> bool:
    return bool(event.get("shadow", False))


def _day(event: Event) -> int:
    return int(event["at"] // 86_400)


_COUNTS = {
    "import_success": _exports,
    "routing_accuracy": _routings,
    "first_contact": _clocks,
    "breach_rate": _clocks,
    "enrolled": _enrolled,
    "bounces": _bounces,
    "by list": _by_list,
}

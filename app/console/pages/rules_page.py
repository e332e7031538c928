"""The rules in force as people read them, and what an earlier version had otherwise."""

from typing import Annotated, NamedTuple

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.console import figures
from app.console.api.parameters import WITHOUT_NUL
from app.console.api.problems import ProblemError
from app.console.pages.rendering import render
from app.console.pages.signed_in import SignedIn
from app.console.schema import LEADS
from app.console.serving.state import state_of
from app.rules.store import effects_are_live, fetch_rules
from leads.rule_changes import rule_changes
from leads.rules import Rules

router = APIRouter(include_in_schema=False)
Hash = Annotated[str, Query(max_length=100, pattern=WITHOUT_NUL)]


class _Version(NamedTuple):
    """A version; `leads` came to their places by it."""

    hash: str
    number: int
    leads: int


@router.get("/rules")
async def rules_page(request: Request, session: SignedIn, version: Hash = "") -> Response:
    """The version in force, or another one with what differs from that. Raises ProblemError: 404
    for an unknown version, 503 while the broker does not answer."""
    state = state_of(request)
    try:
        found = await fetch_rules(state.settings)
    except KafkaError as error:
        raise ProblemError(503, "the broker does not answer: the rules lie there") from error
    counted = await state.ask(figures.count_leads, LEADS.c.place_rules)
    by_version: dict[str, int] = {}
    for (name, _), leads in counted.items():
        by_version[name or ""] = by_version.get(name or "", 0) + leads
    shown = version or found.in_force
    if shown not in found.known and version:
        raise ProblemError(404, f"no version {version} of the rules is known")
    in_force = found.known.get(found.in_force)
    rules: Rules | None = found.known.get(shown)
    changes = rule_changes(rules, in_force) if rules and in_force else []
    return render(
        "rules.html",
        session=session,
        page="rules",
        rules=rules,
        live=rules is not None and effects_are_live(state.settings, rules),
        by_setting=state.settings.effects != "rules",
        in_force=in_force,
        shown=shown,
        changes=changes,
        versions=_newest_first(found.known, by_version),
    )


def _newest_first(known: dict[str, Rules], leads: dict[str, int]) -> list[_Version]:
    """By the number that people give their versions."""
    found = [_Version(name, one.version, leads.get(name, 0)) for name, one in known.items()]
    return sorted(found, key=lambda one: (-one.number, one.hash))

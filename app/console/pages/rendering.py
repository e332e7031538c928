"""From a template to a response that browsers trust as little as possible."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from app.console.measures import wording
from app.console.pages import words
from app.console.pages.assets import asset_path
from leads.rule_words import condition_words, intent_words
from leads.text import visible
from leads.times import format_duration, format_time

#: Scripts and styles come from this server alone, and HTML reaches the page by one policy of ours.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types leadgate"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def render(
    name: str, status: int = 200, *, headers: Mapping[str, str] | None = None, **shown: Any
) -> Response:
    """A page, of what is `shown`."""
    body = _environment().get_template(name).render(shown)
    return HTMLResponse(body, status, headers={**_HEADERS, **(headers or {})})


def _printed(value: Any) -> Any:
    """What a template prints: no text moves, hides or turns what stands beside it."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("app.console.pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        place=words.place_words,
        reason=words.reason_words,
        imported=words.import_words,
        kind=words.kind_words,
        field=words.field_words,
        condition=condition_words,
        intent=intent_words,
        iso=words.iso,
        exact=format_time,
        percent=wording.percent_words,
        period=wording.period_words,
        time_to=wording.time_words,
    )
    found.globals.update(
        asset=asset_path,
        ago=words.ago,
        duration=format_duration,
        change=words.change,
        waits=words.WAITS,
        week_words=words.WEEK,
        actions=words.ACTIONS,
        keys=words.KEYS,
    )
    return found

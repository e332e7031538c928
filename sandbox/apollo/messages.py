"""Sent messages (docs/design/vendors.md Apollo 4)."""

from typing import Any

from fastapi import Request

from sandbox.apollo.routing import Routes
from sandbox.store import Thing

_KNOWN = {
    "bounced": "bounce",
    "spam_blocked": "spam_blocked",
    "replied": "replied",
    "unsubscribed": "unsubscribed",
}


def serve_messages(routes: Routes) -> None:
    """Add the route."""

    @routes.route("GET POST", "/emailer_messages/search")
    async def messages(request: Request) -> Any:
        params = request.query_params
        stats = set(params.getlist("emailer_message_stats[]"))
        least = params.get("emailer_message_date_range[min]", "")
        page, per_page = int(params.get("page", 1)), int(params.get("per_page", 25))
        found: list[Thing] = []
        for message in routes.store.all("apollo.messages").values():
            if _shows(message, stats) and (message["completed_at"] or "")[:10] >= least:
                found.append(_public(message))
        return {
            "emailer_messages": found[(page - 1) * per_page : page * per_page],
            "emailer_steps": [],
            "breadcrumbs": [],
            "num_fetch_result": None,
        }


def _shows(message: Thing, stats: set[str]) -> bool:
    """Unknown stats filter nothing: the whole set comes."""
    wanted = [_KNOWN[s] for s in stats if s in _KNOWN]
    return not wanted or any(message.get(w) for w in wanted)


def _public(message: Thing) -> Thing:
    """Apollo's message has no `unsubscribed` field: only the filter knows."""
    return {k: v for k, v in message.items() if k != "unsubscribed"}

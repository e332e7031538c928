"""Apollo as its OpenAPI and its recorded answers describe it, on the sandbox's store.

Sources: docs/design/vendors.md Apollo, sections named at each route.
"""

from fastapi import APIRouter

from sandbox.apollo.contacts import serve_contacts
from sandbox.apollo.lookups import serve_lookups
from sandbox.apollo.messages import serve_messages
from sandbox.apollo.routing import KEY, LIMITS, Routes
from sandbox.apollo.sequences import serve_sequences
from sandbox.apollo.shapes import stamp
from sandbox.store import Store

__all__ = ["KEY", "LIMITS", "make_router", "stamp"]


def make_router(store: Store, limits: dict[str, tuple[int, float]] | None = None) -> APIRouter:
    """Every Apollo route, with its key check and its windows' headers."""
    routes = Routes(store, limits or LIMITS)
    for serve in (serve_contacts, serve_lookups, serve_messages, serve_sequences):
        serve(routes)
    return routes.router

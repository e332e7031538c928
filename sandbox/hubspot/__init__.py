"""HubSpot's CRM on the sandbox's store: v3, v4 and date-based paths on one set of objects.

Sources: docs/design/vendors.md HubSpot (sections at each rule) and HubSpot 5 (paths and success
statuses that the official client needs). What is unknown there is answered in the stricter way.
"""

from fastapi import APIRouter

from sandbox.hubspot.account import serve_account
from sandbox.hubspot.associations import serve_associations
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.lists import serve_lists
from sandbox.hubspot.objects import serve_objects
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.sequences import serve_sequences


def make_router(hub: Hub, limit: int = 100, search_limit: int = 5) -> APIRouter:
    """All routes under all spellings of their paths."""
    routes = Routes(limit, search_limit)
    for serve in (serve_objects, serve_associations, serve_account, serve_lists, serve_sequences):
        serve(routes, hub)
    return routes.router

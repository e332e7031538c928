"""Zoho CRM v8 on the sandbox's store.

Sources: docs/design/vendors.md Zoho, by section at each rule, and Zoho's pages, by name; what is
unknown there is answered in the stricter way.
"""

from fastapi import APIRouter

from sandbox.zoho.cadences import serve_cadences
from sandbox.zoho.listings import serve_listings
from sandbox.zoho.metadata import serve_metadata
from sandbox.zoho.org import Org
from sandbox.zoho.records import serve_records
from sandbox.zoho.related import serve_related
from sandbox.zoho.routing import Routes
from sandbox.zoho.search import serve_search
from sandbox.zoho.setup import serve_setup
from sandbox.zoho.tokens import CLIENT_ID, CLIENT_SECRET, GRANT, REFRESH, serve_tokens

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "GRANT", "REFRESH", "make_router"]


def make_router(org: Org, limit: int = 1_000_000) -> APIRouter:
    """The token's path, and everything below /crm/v8."""
    routes = Routes(org, limit)
    # fixed paths before those that begin with a module's name
    for serve in (serve_setup, serve_metadata, serve_cadences, serve_search, serve_listings):
        serve(routes)
    serve_related(routes)
    serve_records(routes)
    serve_tokens(routes.router, org)
    routes.refuse_others()
    return routes.router

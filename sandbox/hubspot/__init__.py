"""HubSpot's CRM on the sandbox's store: v3, v4 and date-based paths on one set of objects.

Sources: docs/design/vendors.md HubSpot (sections at each rule) and HubSpot 5 (paths and success
statuses that the official clients need). What is unknown there is answered in the stricter way.
"""

from fastapi import APIRouter

from sandbox.hubspot.association_labels import serve_association_labels
from sandbox.hubspot.associations import serve_associations
from sandbox.hubspot.associations_v3 import serve_associations_v3
from sandbox.hubspot.communications import serve_communications
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.lists import serve_lists
from sandbox.hubspot.memberships import serve_memberships
from sandbox.hubspot.object_batches import serve_object_batches
from sandbox.hubspot.objects import serve_objects
from sandbox.hubspot.owners import serve_owners
from sandbox.hubspot.pipelines import serve_pipelines
from sandbox.hubspot.properties import serve_properties
from sandbox.hubspot.property_groups import serve_property_groups
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.schemas import serve_schemas
from sandbox.hubspot.searching import serve_search
from sandbox.hubspot.sequences import serve_sequences

#: In the order in which paths are looked up: a fixed name before a name that may be any.
_AREAS = (
    serve_object_batches,
    serve_search,
    serve_associations,
    serve_objects,
    serve_owners,
    serve_property_groups,
    serve_properties,
    serve_lists,
    serve_memberships,
    serve_communications,
    serve_sequences,
    serve_associations_v3,
    serve_association_labels,
    serve_pipelines,
    serve_schemas,
)


def make_router(hub: Hub, limit: int = 100, search_limit: int = 5) -> APIRouter:
    """All routes under all spellings of their paths."""
    routes = Routes(limit, search_limit)
    for serve in _AREAS:
        serve(routes, hub)
    return routes.close()

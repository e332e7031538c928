"""Creating and updating as the API does it: every check, then the save.

Sources: docs/design/vendors.md Salesforce 1.3, 1.4; SOAP API Developer Guide, "Error Handling"
(status codes).
"""

from sandbox.salesforce.checks import checked
from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.org import Org, SaveOptions
from sandbox.salesforce.rules import refuse_duplicate, refuse_twins
from sandbox.salesforce.schema import REQUIRED
from sandbox.store import Thing


def create(org: Org, kind: str, fields: Thing, options: SaveOptions) -> Thing:
    """As the API creates. Raises RefusedError."""
    values = checked(org, kind, fields, None)
    _refuse_missing([name for name in REQUIRED.get(kind, ()) if not values.get(name)])
    refuse_twins(org, kind, values, None)
    refuse_duplicate(org, kind, values, None, options)
    return org.insert(kind, values, options)


def update(org: Org, kind: str, record: Thing, fields: Thing, options: SaveOptions) -> Thing:
    """As the API updates. Raises RefusedError."""
    if record["IsDeleted"]:
        raise RefusedError(404, "ENTITY_IS_DELETED", "entity is deleted")
    if record.get("IsConverted"):
        raise RefusedError(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    values = checked(org, kind, fields, record)
    emptied = [name for name in REQUIRED.get(kind, ()) if name in values and not values[name]]
    _refuse_missing(emptied)
    refuse_twins(org, kind, values, record["Id"])
    if values.get("Email", record.get("Email")) != record.get("Email"):
        refuse_duplicate(org, kind, values, record["Id"], options)
    return org.save(kind, record, values, options)


def _refuse_missing(missing: list[str]) -> None:
    if missing:
        said = f"Required fields are missing: [{', '.join(missing)}]"
        raise RefusedError(400, "REQUIRED_FIELD_MISSING", said, missing)

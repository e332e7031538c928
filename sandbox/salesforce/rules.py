"""Rules over records: unique values, the duplicate rule, owners, rows that can't be locked.

Sources: docs/design/vendors.md Salesforce 1.3 and 1.4; REST API Developer Guide, "Duplicate Rule
Header": an alert is acknowledged by allowSave, a block is not (control `duplicate_rule`:
`blocks`).
"""

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.org import QUEUE, Org, SaveOptions
from sandbox.store import Thing

_PEOPLE = ("Lead", "Contact")


def refuse_twins(org: Org, kind: str, values: Thing, own: str | None) -> None:
    """Raises RefusedError for the value of a unique field that another record has."""
    for name in org.unique(kind):
        twin = org.by_field(kind, name, values[name]) if values.get(name) else []
        if twin and twin[0]["Id"] != own:
            said = (
                f"duplicate value found: {name} duplicates value on record with id: {twin[0]['Id']}"
            )
            raise RefusedError(400, "DUPLICATE_VALUE", said)


def refuse_duplicate(
    org: Org, kind: str, values: Thing, own: str | None, options: SaveOptions
) -> None:
    """Raises RefusedError for a second person of an address."""
    email = values.get("Email")
    if kind not in _PEOPLE or not email:
        return
    blocks = bool((org.store.get("control", "duplicate_rule") or {}).get("blocks"))
    others = [
        (k, r)
        for k in _PEOPLE
        for r in org.by_field(k, "Email", email)
        if r["Id"] != own and not r.get("IsConverted")
    ]
    if not others or (options.allow_save and not blocks):
        return
    said = "You're creating a duplicate record. We recommend you use an existing record instead."
    matches = [
        {"record": {"attributes": {"type": k}, "Id": r["Id"]}, "matchConfidence": 100}
        for k, r in others
    ]
    found = {
        "duplicateRule": "Leads_and_Contacts",
        "allowSave": not blocks,
        "matchResults": [{"matchRecords": matches, "success": True}],
    }
    raise RefusedError(400, "DUPLICATES_DETECTED", said, duplicateResut=found)


def check_owner(org: Org, owner: str | None) -> None:
    """Raises RefusedError for an owner who isn't there or has left."""
    if owner is None or owner == QUEUE:
        return
    user = org.store.get("salesforce.User", owner)
    if user is None:
        said = f"Owner ID: owner cannot be blank: {owner}"
        raise RefusedError(400, "INVALID_CROSS_REFERENCE_KEY", said, ["OwnerId"])
    if not user["IsActive"]:
        said = "operation performed with inactive user"
        raise RefusedError(400, "INACTIVE_OWNER_OR_USER", said, ["OwnerId"])


def refuse_broken(org: Org, kind: str, email: str) -> None:
    """A row that the org can never lock, whatever is tried (control: broken_emails)."""
    if kind in _PEOPLE and email in (org.store.get("control", "broken_emails") or {}):
        said = "unable to obtain exclusive access to this record or 1 records"
        raise RefusedError(400, "UNABLE_TO_LOCK_ROW", said)

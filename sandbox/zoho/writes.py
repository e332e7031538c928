"""Creates and updates as the API makes them: the fields are checked, and automation runs unless the
caller says that it must not.

Sources: docs/design/vendors.md Zoho 2.2. Left unsaid, `trigger` lets a workflow take every new lead
for the company's mailbox user, and `skip_feature_execution` lets a cadence enrol it at once: what
an org does to the careless.
"""

from sandbox.store import Thing
from sandbox.zoho.enrolments import enrol
from sandbox.zoho.field_checks import check_value
from sandbox.zoho.org import GREEDY, Org
from sandbox.zoho.refusals import RefusedError, invalid_id
from sandbox.zoho.schema import REQUIRED


def create(org: Org, module: str, fields: Thing, options: Thing) -> Thing:
    """A new record. `options` is the body around the records. Raises RefusedError."""
    values = _checked(org, module, fields, None)
    for name in REQUIRED.get(module, ()):
        if not values.get(name):
            raise RefusedError(
                400, "MANDATORY_NOT_FOUND", "required field not found", api_name=name
            )
    record = org.put(module, **values)
    if module == "Leads" and "trigger" not in options:
        org.change(module, record, Owner={"id": list(org.store.all("zoho.users"))[-1]})
    skipped = {item.get("name") for item in options.get("skip_feature_execution") or []}
    if module == "Leads" and "cadences" not in skipped:
        enrol(org, record["id"], GREEDY)
    return _settle(org, module, record)


def update(org: Org, module: str, record: Thing, fields: Thing) -> Thing:
    """A changed record. Raises RefusedError."""
    if record.get("$converted"):
        raise RefusedError(400, "ID_ALREADY_CONVERTED", "the id given is already converted")
    return _settle(org, module, org.change(module, record, **_checked(org, module, fields, record)))


def find(org: Org, module: str, ident: object) -> Thing:
    """A record by id. Raises RefusedError for one that isn't there, such as one that was merged
    into another."""
    found = org.all(module).get(str(ident))
    if found is None:
        raise invalid_id("id")
    return found


def _settle(org: Org, module: str, record: Thing) -> Thing:
    """After a write to somebody whom a workflow of the org's takes from its owner (control:
    ownerless)."""
    flows = org.store.get("control", "ownerless") or {}
    if record.get("Email") not in flows:
        return record
    return org.change(module, record, Owner={"id": org.me})


def _checked(org: Org, module: str, fields: Thing, record: Thing | None) -> Thing:
    known, held = org.fields(module), record or {}
    # an unknown field is passed over in silence
    values = {name: value for name, value in fields.items() if name in known and name != "id"}
    email = values.get("Email") or held.get("Email") or ""
    if module in {"Leads", "Contacts"} and email in (
        org.store.get("control", "broken_emails") or {}
    ):
        raise RefusedError(400, "RECORD_LOCKED", "the record is locked")
    for name, value in values.items():
        check_value(org, module, name, value)
    linked = {**held, **values}
    if linked.get("What_Id") and not linked.get("$se_module"):
        said = "required field not found"
        raise RefusedError(400, "MANDATORY_NOT_FOUND", said, api_name="$se_module")
    for name in org.unique_fields(module):
        if values.get(name):
            _refuse_twin(org, module, name, values[name], held.get("id"))
    return values


def _refuse_twin(org: Org, module: str, name: str, value: str, own: str | None) -> None:
    """As Zoho names the record that is in the way (Zoho's pages "Insert Records" and "Upsert
    Records": DUPLICATE_DATA)."""
    twin = next((r for r in org.by_field(module, name, value) if r["id"] != own), None)
    if twin is None:
        return
    other = {
        "id": twin["id"],
        "module": {"api_name": module, "id": "554023000000002175"},
        "Owner": org.user(twin["Owner"]["id"]),
    }
    raise RefusedError(
        400,
        "DUPLICATE_DATA",
        "duplicate data",
        api_name=name,
        id=twin["id"],
        duplicate_record=other,
        more_records=False,
    )

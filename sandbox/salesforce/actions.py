"""Cadences of the sandbox's Salesforce: standard actions in, trackers that can only be read
(docs/design/vendors.md Salesforce 1.6)."""

from collections.abc import Callable

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.org import Org, iso
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.schema import object_of
from sandbox.store import Thing

ENDED = "Complete"
_MOST = 200


def serve_actions(api: Api) -> None:
    """Add the routes."""
    org = api.org

    @api.route("POST", "actions/standard/assignTargetToSalesCadence")
    def enter(call: Call) -> Answer:
        return _each(call, "assignTargetToSalesCadence", lambda one: _enter(org, one))

    @api.route("POST", "actions/standard/removeTargetFromSalesCadence")
    def leave(call: Call) -> Answer:
        return _each(call, "removeTargetFromSalesCadence", lambda one: _leave(org, one))


def _each(call: Call, name: str, act: Callable[[Thing], Thing]) -> Answer:
    """One answer an input; 400 when all of them failed."""
    given = (call.body or {}).get("inputs", [])
    if not given or len(given) > _MOST:
        raise RefusedError(400, "INVALID_ARGUMENT", f"between 1 and {_MOST} inputs")
    rows: list[Thing] = []
    for one in given:
        try:
            rows.append(
                {"actionName": name, "errors": None, "isSuccess": True, "outputValues": act(one)}
            )
        except RefusedError as refused:
            errors = [{"statusCode": refused.code, "message": str(refused), "fields": []}]
            rows.append(
                {"actionName": name, "errors": errors, "isSuccess": False, "outputValues": None}
            )
    return Answer(200 if any(row["isSuccess"] for row in rows) else 400, rows)


def running(org: Org, target: str) -> list[Thing]:
    """Trackers of a person that haven't ended."""
    return [
        t
        for t in org.all("ActionCadenceTracker").values()
        if t["TargetId"] == target and t["State"] != ENDED
    ]


def _person(org: Org, ident: str) -> Thing:
    person = org.record(ident) if object_of(ident) in {"Lead", "Contact"} else None
    if person is None or person["IsDeleted"]:
        raise RefusedError(400, "INVALID_CROSS_REFERENCE_KEY", f"invalid target: {ident}")
    return person


def _enter(org: Org, one: Thing) -> Thing:
    wanted = one.get("salesCadenceNameOrId")
    cadence = next(
        (c for c in org.all("ActionCadence").values() if wanted in {c["Id"], c["Name"]}), None
    )
    if cadence is None or cadence["State"] != "Active":
        raise RefusedError(400, "INVALID_ID_FIELD", f"no active cadence {wanted}")
    person = _person(org, one.get("targetId", ""))
    user = org.record(one.get("userId") or "")
    if user is None or not user["IsActive"]:
        raise RefusedError(400, "INVALID_ID_FIELD", "the cadence's assignee must be an active user")
    if running(org, person["Id"]):
        raise RefusedError(400, "DUPLICATE_VALUE", "the target is already in a cadence")
    fields = {
        "ActionCadenceId": cadence["Id"],
        "TargetId": person["Id"],
        "OwnerId": user["Id"],
        "State": "Active",
    }
    return {"trackerId": org.put("ActionCadenceTracker", **fields)["Id"]}


def _leave(org: Org, one: Thing) -> Thing:
    person = _person(org, one.get("targetId", ""))
    trackers = running(org, person["Id"])
    if not trackers:
        raise RefusedError(400, "INVALID_ID_FIELD", "the target is in no cadence")
    for tracker in trackers:
        reason = one.get("completionReasonCode", "ManuallyRemoved")
        org.change(
            "ActionCadenceTracker", tracker, State=ENDED, CompletionReason=reason, EndedAt=iso()
        )
    return {}

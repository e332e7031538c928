"""What was changed and what was deleted in a span of time.

Source: REST API Developer Guide, "Get a List of Updated Records", "Get a List of Deleted Records":
the span is at most 30 days and at least a minute, and the answer says until when it is complete.
"""

from datetime import UTC, datetime, timedelta

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.org import Org, iso
from sandbox.salesforce.records import known
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.store import Thing

_LONGEST = timedelta(days=30)


def serve_feeds(api: Api) -> None:
    """Add the routes."""
    org = api.org

    @api.route("GET", "sobjects/{kind}/updated")
    def updated(call: Call) -> Answer:
        changed = _changed(org, call, deleted=False)
        ids = [record["Id"] for record in changed]
        return Answer(200, {"ids": ids, "latestDateCovered": call.params["end"]})

    @api.route("GET", "sobjects/{kind}/deleted")
    def deleted(call: Call) -> Answer:
        gone = [
            {"id": record["Id"], "deletedDate": record["SystemModstamp"]}
            for record in _changed(org, call, deleted=True)
        ]
        first = iso(datetime.now(UTC).timestamp() - _LONGEST.total_seconds())
        covered = {"earliestDateAvailable": first, "latestDateCovered": call.params["end"]}
        return Answer(200, {"deletedRecords": gone, **covered})


def _changed(org: Org, call: Call, *, deleted: bool) -> list[Thing]:
    start, end = _moment(call, "start"), _moment(call, "end")
    if not timedelta(minutes=1) <= end - start <= _LONGEST:
        said = "the time span must be between a minute and 30 days"
        raise RefusedError(400, "INVALID_REPLICATION_DATE", said)
    kind = known(call.parts["kind"])
    return [
        record
        for record in org.all(kind).values()
        if record["IsDeleted"] is deleted
        and start <= datetime.fromisoformat(record["SystemModstamp"]) <= end
    ]


def _moment(call: Call, name: str) -> datetime:
    text = call.params.get(name, "").replace(" ", "+").replace("Z", "+00:00")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(400, "INVALID_ARGUMENT", f"{name} is no date: {text}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

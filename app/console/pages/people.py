"""Who some leads are, opened for whoever may see that."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, select

from app.console.access.scopes import Scope
from app.console.schema import EVENTS
from app.console.serving.state import ConsoleState
from leads.records import Audit, AuditPerson

_EVENT = msgspec.json.Decoder(Audit)
_SEALED = b'"sealed":"'  # what names a person is


async def people_of(
    state: ConsoleState, scopes: Collection[Scope], leads: Sequence[str]
) -> dict[str, AuditPerson]:
    """By lead, the person as its last event says that names one; empty without the scope.

    Of most leads one event is opened: the last that has something sealed.
    """
    if Scope.PEOPLE not in scopes or not leads:
        return {}
    found: dict[str, AuditPerson] = {}
    left = await state.ask(_sealed_events, leads)
    while left:
        latest = [_EVENT.decode(records.pop()) for records in left.values()]
        for event in await state.opened(scopes, latest):
            if event.person is not None and is_named(event.person):
                found[event.lead] = event.person
        left = {lead: rest for lead, rest in left.items() if rest and lead not in found}
    return found


def is_named(person: AuditPerson) -> bool:
    """Whether it says who somebody is: an erased person's record stays sealed."""
    return bool(person.email or person.name)


def _sealed_events(connection: Connection, leads: Sequence[str]) -> dict[str, list[bytes]]:
    """By lead, its events in which something is sealed, in order."""
    c = EVENTS.c
    asked = select(c.lead, c.record).where(c.lead.in_(leads))
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for lead, record in connection.execute(asked.order_by(c.lead, c.at, c.step, c.log_offset)):
        if _SEALED in record:
            found[lead].append(record)
    return found

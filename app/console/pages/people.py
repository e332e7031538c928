"""Who some leads are, opened for whoever may see that."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, select

from app.console.access.scopes import Scope
from app.console.schema import EVENTS
from app.console.serving.state import ConsoleState
from leads.records import Audit, AuditPerson

_EVENT = msgspec.json.Decoder(Audit)


async def people_of(
    state: ConsoleState, scopes: Collection[Scope], leads: Sequence[str]
) -> dict[str, AuditPerson]:
    """By lead, the person as its last event says that names one; empty without the scope."""
    if Scope.PEOPLE not in scopes or not leads:
        return {}
    events = [_EVENT.decode(record) for record in await state.ask(_records, leads)]
    found = {}
    for event in await state.opened(scopes, events):
        if event.person is not None and is_named(event.person):
            found[event.lead] = event.person
    return found


def is_named(person: AuditPerson) -> bool:
    """Whether it says who somebody is: an erased person's record stays sealed."""
    return bool(person.email or person.name)


def _records(connection: Connection, leads: Sequence[str]) -> list[bytes]:
    """The events of some leads in order."""
    c = EVENTS.c
    asked = select(c.record).where(c.lead.in_(leads)).order_by(c.at, c.step, c.log_offset)
    return list(connection.scalars(asked))

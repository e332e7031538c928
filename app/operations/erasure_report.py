"""What `leadgate erase` says: before, and from the certificate."""

from dataclasses import dataclass, field
from typing import Any

from leads.erasure_order import ErasureOrder
from leads.records import Audit
from leads.times import format_time


@dataclass(slots=True)
class ErasureReport:
    """What was, or would be, erased. `parts` are the certificate's lines, as the event holds
    them."""

    leads: list[str] = field(default_factory=list)
    addresses: int = 0
    contacts: list[str] = field(default_factory=list)
    alerts: int = 0
    not_ended: list[str] = field(default_factory=list)
    event: str = ""  # the id of the event that is the certificate; '' before the end
    erased_at: float = 0.0
    ordered_by: str = ""
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The places that refused."""
        return [part for part in self.parts if part["outcome"] == "failed"]

    def text(self) -> str:
        """As sentences."""
        if not self.event:
            return (
                f"{len(self.leads)} leads would be erased, with {self.addresses} addresses,"
                f" {len(self.contacts)} contacts in the CRM and {self.alerts} messages"
            )
        said = (
            f"erased on {format_time(self.erased_at)} by order of {self.ordered_by}:"
            f" {len(self.leads)} leads (event {self.event})"
        )
        return "\n".join([said, *map(_line, self.parts)])


def _line(part: dict[str, Any]) -> str:
    ids = ", ".join(filter(None, part.get("ids", ())))
    remains = f": {part['remains']}" if part.get("remains") else ""
    until = f" (until {format_time(part['until'])})" if part.get("until") else ""
    return f"  {part['outcome']:7} {part['system']}, {part['what']} {ids}{remains}{until}"


def report_before(order: ErasureOrder) -> ErasureReport:
    """What an order would erase."""
    person = order.person
    return ErasureReport(
        leads=list(order.lead_ids),
        addresses=len(order.address_keys),
        contacts=list(person.contact_ids),
        alerts=len(person.alerts),
    )


def report_of(event: Audit) -> ErasureReport:
    """What was erased, by the event that is the certificate."""
    said = event.outcome
    return ErasureReport(
        leads=list(said["leads"]),
        addresses=len(said["address_keys"]),
        not_ended=list(said["not_ended"]),
        event=event.id,
        erased_at=said["at"],
        ordered_by=said["ordered_by"],
        parts=list(said["parts"]),
    )

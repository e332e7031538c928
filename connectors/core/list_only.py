"""A CRM whose sequences are entered by lists or cadences only, and whose companies we don't
write."""

from connectors.core.crm import CrmRequirements, EnrolWrite
from connectors.core.errors import RecordRejected
from connectors.core.fields import Field


class ListOnlySequences:
    """What crm.Crm asks of sequences and of companies' properties, for `vendor`."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor

    def unmet(self, wants: CrmRequirements) -> list[str]:
        """A line for each sequence that nobody could enter, and for each property of a company."""
        no = f"{self._vendor} has no"
        lines = []
        for name in wants.sequences:
            lines.append(f"{no} sequence {name} to be entered: use the tool cadence or list")
        for field in wants.company_fields:
            lines.append(
                f"{no} company of a lead's own: map {field.name} to a property of the contact"
            )
        return lines

    async def company_fields(self) -> dict[str, Field]:
        """A lead carries its company itself."""
        return {}

    async def enrol(self, write: EnrolWrite) -> bool:
        raise RecordRejected(
            f"{self._vendor} has no sequence {write.sequence}: its sequences are tools `cadence` or"
            " `list`",
            "refused",
        )

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        """Nobody was ever enrolled."""
        del contact_id, leave
        return True

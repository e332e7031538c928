"""A CRM whose sequences are all entered by its lists or cadences."""

from leadgate.connectors.contract import EnrolWrite, Wants
from leadgate.connectors.errors import RowRejected


class Cadenced:
    """The sequence part of contract.Crm, for `vendor`."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor

    def lacking(self, wants: Wants) -> list[str]:
        """A line for each sequence that rules ask for and nobody could enter."""
        return [f"{self._vendor} has no sequence {name} to be entered: use the tool cadence or list" for name in wants.sequences]

    async def enrol(self, write: EnrolWrite) -> bool:
        raise RowRejected(
            f"{self._vendor} has no sequence {write.sequence}: its sequences are tools `cadence` or `list`", "refused"
        )

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        """Nobody was ever enrolled."""
        del contact_id, leave
        return True

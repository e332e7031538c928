"""A person's rows erased from every sheet of a site."""

from collections.abc import Collection

from app.base.errors import UsageError
from app.base.settings import Settings
from app.review.google_sheet import make_sheets
from app.review.sheets import PersonRows
from connectors.core.errors import AccountLimited
from leads.erasure import Erasure
from leads.keys import Keys


class SheetEraser:
    """See streams.effects.context.ReviewSheets. The sheets are opened for each erasure: few
    processes ever need one."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings, self._keys = settings, keys

    async def erase(
        self, lead_ids: Collection[str], address_keys: Collection[str]
    ) -> list[Erasure]:
        """See the Protocol. Raises AccountLimited while the settings or a file don't permit it."""
        person = PersonRows(frozenset(lead_ids), frozenset(address_keys) - {""}, self._keys.address)
        try:
            sheets, close = make_sheets(self._settings)
            try:
                return [await sheet.erase(person) for sheet in sheets]
            finally:
                await close()
        except (UsageError, OSError, ValueError) as error:
            raise AccountLimited(f"the review sheet can't be erased: {error}") from error

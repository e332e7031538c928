"""The users of a CRM, remembered for ten seconds: each assignment asks for one, and a rep who has
left must be noticed soon."""

from collections.abc import Awaitable, Callable

from connectors.core.crm import Owner
from connectors.core.ttl_cache import TtlCache

SECONDS = 10.0


class UserDirectory:
    """`read` lists every user, deactivated ones too. Raises what it raises."""

    def __init__(
        self, read: Callable[[], Awaitable[list[Owner]]], clock: Callable[[], float]
    ) -> None:
        async def by_ids() -> dict[str, Owner]:
            return {owner.id: owner for owner in await read()}

        self._users = TtlCache(by_ids, SECONDS, clock)

    async def by_id(self, owner_id: str) -> Owner | None:
        """The user of an id."""
        return (await self._users.get()).get(owner_id)

    async def by_email(self, email: str) -> Owner | None:
        """The user of an address; an active one before one who left."""
        found: Owner | None = None
        for owner in (await self._users.get()).values():
            if owner.email != email.casefold():
                continue
            if owner.active:
                return owner
            found = found or owner
        return found

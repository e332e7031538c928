"""The users of a CRM, remembered for ten seconds: each assignment asks for one, and a rep who
leaves must be missed soon."""

from collections.abc import Awaitable, Callable

from connectors.core.crm import Owner
from connectors.core.ttl_cache import TtlCache

KEPT = 10.0


class UserDirectory:
    """`read` lists every user, deactivated ones too. Raises what it raises."""

    def __init__(
        self, read: Callable[[], Awaitable[list[Owner]]], clock: Callable[[], float]
    ) -> None:
        async def by_ids() -> dict[str, Owner]:
            return {o.id: o for o in await read()}

        self._users = TtlCache(by_ids, KEPT, clock)

    async def by_id(self, owner_id: str) -> Owner | None:
        """The user of an id."""
        return (await self._users.get()).get(owner_id)

    async def by_email(self, email: str) -> Owner | None:
        """The user of an address; an active one before one who left."""
        fits = [o for o in (await self._users.get()).values() if o.email == email.casefold()]
        return next((o for o in fits if o.active), fits[0] if fits else None)

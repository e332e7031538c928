"""The users of a CRM, remembered for ten seconds: each assignment asks for one, and a rep who leaves must be missed soon."""

import asyncio
from collections.abc import Awaitable, Callable

from leadgate.connectors.contract import Owner

KEPT = 10.0


class Users:
    """`read` lists every user, deactivated ones too. Raises what it raises."""

    def __init__(self, read: Callable[[], Awaitable[list[Owner]]], clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._users: dict[str, Owner] = {}
        self._at = -KEPT
        self._lock = asyncio.Lock()

    async def by_id(self, owner_id: str) -> Owner | None:
        """The user of an id."""
        return (await self._fresh()).get(owner_id)

    async def by_email(self, email: str) -> Owner | None:
        """The user of an address; an active one before one who left."""
        fits = [o for o in (await self._fresh()).values() if o.email == email.casefold()]
        return next((o for o in fits if o.active), fits[0] if fits else None)

    async def _fresh(self) -> dict[str, Owner]:
        async with self._lock:
            if self._clock() - self._at > KEPT:
                self._users = {o.id: o for o in await self._read()}
                self._at = self._clock()
        return self._users

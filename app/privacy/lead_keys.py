"""The leads' keys as a process uses them: what it has seen stays in memory."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import TypeAlias

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.privacy.key_store import KeyStore
from app.privacy.rotation import WrappingState
from app.privacy.wrapping import WrappedKey, WrappingKeys, wrapping_keys
from leads.sealing import Cipher, KeysUnavailableError, MissingKeyError, Sealing
from streams.ports import Clock

log = structlog.get_logger(__name__)
_Keys: TypeAlias = dict[str, Cipher | None]
_REMEMBERED = 50_000  # leads; a key takes about a kilobyte
_PAUSE = 1.0  # seconds between two tries while the database does not answer
_LOOK_SECONDS = 5.0  # how often a process looks for keys that another one has destroyed
_SKEW = 60.0  # seconds; clocks of the machines differ by less
_COMMANDS_WAIT = 10.0  # seconds; a person waits for the answer


class StoredLeadKeys:
    """See leads.sealing.LeadKeys. `clock` tells when a key was made.

    `patience`: how long to wait for a database that does not answer, in seconds;
    KeysUnavailableError is raised after that.
    """

    def __init__(self, store: KeyStore, wrapping: WrappingKeys, clock: Clock) -> None:
        self._store, self._wrapping, self._clock = store, wrapping, clock
        self.patience = _COMMANDS_WAIT
        self._known: OrderedDict[str, Cipher | None] = OrderedDict()
        #: Whether a caller waits for the database.
        self.is_awaited = False
        self._looked_at = clock.now()

    async def ensure(self, leads: Collection[str]) -> None:
        """See LeadKeys."""
        await self._ask(self._read_or_make, await self._unknown(leads))

    async def load(self, leads: Collection[str]) -> None:
        """See LeadKeys."""
        await self._ask(self._read, await self._unknown(leads))

    async def destroy(self, leads: Collection[str]) -> None:
        """See LeadKeys."""
        await self._ask(self._destroy, leads)

    async def _unknown(self, leads: Collection[str]) -> list[str]:
        """Those of the leads whose keys this process does not know."""
        if self._clock.now() >= self._looked_at + _LOOK_SECONDS:
            await self._forget_destroyed()
        return [lead for lead in leads if lead not in self._known]

    async def _ask(
        self, ask: Callable[[Collection[str]], _Keys], leads: Collection[str]
    ) -> None:
        while leads:
            try:
                self._note(await asyncio.to_thread(ask, leads))
            except KeysUnavailableError:
                await self.wait()
            else:
                break

    async def wait(self) -> None:
        """See LeadKeys."""
        await self.store_id()

    async def store_id(self) -> str:
        """The id of the database, once it answers. Raises UsageError for one without the tables."""
        until = time.monotonic() + self.patience
        while True:
            try:
                ident = await asyncio.to_thread(self._store.ident)
            except KeysUnavailableError as error:
                if time.monotonic() > until:
                    raise
                if not self.is_awaited:
                    log.error("waiting for the database of the keys", why=str(error))
                self.is_awaited = True
                await asyncio.sleep(_PAUSE)
            else:
                if self.is_awaited:
                    log.info("the database of the keys answers again")
                self.is_awaited = False
                return ident

    async def wrapping(self) -> WrappingState:
        """With which keys the leads' keys are wrapped. Waits as `ensure`."""
        while True:
            try:
                counts = await asyncio.to_thread(self._store.count_by_wrapping)
            except KeysUnavailableError:
                await self.wait()
            else:
                return WrappingState(self._wrapping, counts)

    async def wrapped(self, subject: str) -> WrappedKey | None:
        """What is stored for a subject; None if nothing is. Waits as `ensure`."""
        while True:
            try:
                return (await asyncio.to_thread(self._store.read, [subject])).get(subject)
            except KeysUnavailableError:
                await self.wait()

    def cipher(self, subject: str) -> Cipher | None:
        """See LeadKeys. Asks the database for a lead that this process has not met; blocks for as
        long as that takes. Raises MissingKeyError for a lead without a key."""
        if subject not in self._known:
            self._note(self._read([subject]))
        try:
            self._known.move_to_end(subject)
            return self._known[subject]
        except KeyError:
            raise MissingKeyError(subject) from None

    def _read(self, leads: Collection[str]) -> _Keys:
        return self._unwrapped(self._store.read(leads))

    def _read_or_make(self, leads: Collection[str]) -> _Keys:
        found = self._store.read(leads)
        made = {lead: self._wrapping.make(lead) for lead in leads if lead not in found}
        if made:
            found |= self._store.add(made, self._wrapping.current.ident, self._clock.now())
        return self._unwrapped(found)

    def _destroy(self, leads: Collection[str]) -> _Keys:
        self._store.destroy(leads, self._clock.now())
        return dict.fromkeys(leads)

    async def _forget_destroyed(self) -> None:
        """Forget the keys that other processes have destroyed; a database that does not answer is
        asked again the next time."""
        now = self._clock.now()
        try:
            gone = await asyncio.to_thread(self._store.destroyed_since, self._looked_at - _SKEW)
        except KeysUnavailableError:
            return
        self._looked_at = now
        self._known.update(dict.fromkeys(lead for lead in gone if lead in self._known))

    def _unwrapped(self, found: dict[str, WrappedKey | None]) -> _Keys:
        keys: _Keys = {}
        for lead, key in found.items():
            keys[lead] = None if key is None else AESSIV(self._wrapping.unwrap(lead, key))
        return keys

    def _note(self, keys: _Keys) -> None:
        self._known.update(keys)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def open_sealing(settings: Settings) -> Sealing:
    """What this process seals and opens with; the same for the same settings. Nothing is asked of
    the database before it is used."""
    return _sealing(open_lead_keys(settings))


def open_lead_keys(settings: Settings) -> StoredLeadKeys:
    """The leads' keys of this site; one set of them for the same settings."""
    return _open(settings.database_url.get_secret_value(), wrapping_keys(settings))


def wait_without_end(settings: Settings) -> None:
    """Let this process wait for a database that is away for as long as that takes. Called by what
    runs until it is ended; a command tells its user instead."""
    open_lead_keys(settings).patience = math.inf


@lru_cache(maxsize=8)
def _sealing(keys: StoredLeadKeys) -> Sealing:
    return Sealing(keys)


@lru_cache(maxsize=8)
def _open(address: str, wrapping: WrappingKeys) -> StoredLeadKeys:
    return StoredLeadKeys(KeyStore(address), wrapping, SystemClock())

"""The leads' keys in memory."""

import hashlib
from collections.abc import Collection, Iterable

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from leads.sealing import Cipher, MissingKeyError


class MemoryLeadKeys:
    """See leads.sealing.LeadKeys. A lead's key follows from its id, so that a run can be repeated;
    only leads that were given one have it."""

    def __init__(self) -> None:
        self._keys: dict[str, Cipher | None] = {}

    async def ensure(self, leads: Collection[str]) -> None:
        """See LeadKeys."""
        self.make(leads)

    def make(self, leads: Iterable[str]) -> None:
        """The same at once."""
        for lead in leads:
            if lead not in self._keys:
                self._keys[lead] = AESSIV(hashlib.sha512(lead.encode()).digest())

    async def load(self, leads: Collection[str]) -> None:
        """See LeadKeys."""

    async def destroy(self, leads: Collection[str]) -> None:
        """See LeadKeys."""
        self._keys.update(dict.fromkeys(leads))

    async def wait(self) -> None:
        """See LeadKeys."""

    def cipher(self, subject: str) -> Cipher | None:
        """See LeadKeys. Raises MissingKeyError for a lead that was given none."""
        try:
            return self._keys[subject]
        except KeyError:
            raise MissingKeyError(subject) from None

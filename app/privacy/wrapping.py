"""The site's keys that wrap the leads' keys where they are stored: a copy of the database opens
nothing."""

import hashlib
import secrets
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.base.errors import UsageError
from app.base.settings import Settings
from leads.sealing import MissingSecretError

KEY_BYTES = 64  # AES-256 in SIV mode has two keys of 32 bytes
_OTHER = "LEADGATE_OTHER_WRAPPING_SECRET"


class WrappingKeyError(MissingSecretError, UsageError):
    """A stored key can't be unwrapped with what this process knows. The text says which secret is
    missing; a worker ends with it, as with a wrong setting."""


class WrappedKey(NamedTuple):
    """A lead's key as it is stored. `wrapped_by`: the id of the wrapping key."""

    wrapped: bytes
    wrapped_by: str


class WrappingKey:
    """Derived from a secret, for this purpose alone (HKDF, RFC 5869).

    `ident` names it in the database, without saying anything about it.
    """

    def __init__(self, secret: str) -> None:
        kdf = HKDF(SHA512(), KEY_BYTES, salt=None, info=b"leadgate lead keys")
        key = kdf.derive(secret.encode())
        self._cipher = AESSIV(key)
        self.ident = hashlib.sha256(b"leadgate wrapping key\x00" + key).hexdigest()[:16]

    def wrap(self, lead: str, key: bytes) -> bytes:
        """A lead's key, wrapped."""
        return self._cipher.encrypt(key, [lead.encode()])

    def unwrap(self, lead: str, wrapped: bytes) -> bytes:
        """The lead's key. Raises WrappingKeyError for one that was wrapped for another lead, or
        with another key."""
        try:
            return self._cipher.decrypt(wrapped, [lead.encode()])
        except InvalidTag:
            raise WrappingKeyError(
                f"the key of lead {lead} is damaged in the database, or another lead's: restore it"
                " from a copy"
            ) from None


class WrappingKeys:
    """Those that a process knows: new keys are wrapped with `current`, and each is unwrapped with
    the one that wrapped it. `other` unwraps only. `site_secret` is compared, to name it in a text.
    """

    def __init__(self, current: str, other: str = "", *, site_secret: str = "") -> None:
        self.current = WrappingKey(current)
        self.other = WrappingKey(other) if other and other != current else None
        self._site = WrappingKey(site_secret).ident
        known = [key for key in (current and self.current, self.other) if key]
        self._known = {key.ident: key for key in known}

    def make(self, lead: str) -> bytes:
        """A new random key for a lead, wrapped."""
        return self.current.wrap(lead, secrets.token_bytes(KEY_BYTES))

    def unwrap(self, lead: str, key: WrappedKey) -> bytes:
        """The lead's key. Raises WrappingKeyError."""
        known = self._known.get(key.wrapped_by)
        if known is None:
            raise WrappingKeyError(f"the key of lead {lead} {self._missing(key.wrapped_by)}")
        return known.unwrap(lead, key.wrapped)

    def rewrap(self, lead: str, key: WrappedKey) -> bytes:
        """The same key, wrapped with `current`. Raises WrappingKeyError."""
        return self.current.wrap(lead, self.unwrap(lead, key))

    def missing(self, idents: Collection[str]) -> list[str]:
        """A sentence for each of these wrapping keys that is not known: which secret is missing."""
        return [
            f"keys of leads: each {self._missing(ident)}"
            for ident in sorted(idents)
            if ident not in self._known
        ]

    def _missing(self, ident: str) -> str:
        """What is said of a lead's key that an unknown one has wrapped."""
        if ident == self._site:
            return (
                "was wrapped with a key derived from LEADGATE_SITE_SECRET: set"
                f" {_OTHER} to that secret until leadgate keys rewrap has ended"
            )
        if not self._known:
            return (
                "is wrapped: set LEADGATE_SITE_SECRET, and LEADGATE_WRAPPING_SECRET if there is one"
            )
        return (
            f"was wrapped with key {ident}, and this process's secrets give only"
            f" {', '.join(self._known)}: set {_OTHER} to the secret of that key, as the process has"
            " it that wrapped it"
        )


def wrapping_keys(settings: Settings) -> WrappingKeys:
    """The wrapping keys of these settings; the same ones for the same settings."""
    site = settings.site_secret.get_secret_value()
    own = settings.wrapping_secret.get_secret_value()
    return _wrapping_keys(own or site, settings.other_wrapping_secret.get_secret_value(), site)


@lru_cache(maxsize=8)
def _wrapping_keys(current: str, other: str, site: str) -> WrappingKeys:
    return WrappingKeys(current, other, site_secret=site)

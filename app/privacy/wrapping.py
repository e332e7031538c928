"""The site's key that wraps the leads' keys where they are stored: a copy of the database opens
nothing."""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 64  # AES-256 in SIV mode has two keys of 32 bytes


class WrappingKeyError(RuntimeError):
    """A stored key was wrapped with another wrapping key."""


class WrappingKey:
    """Derived from the site secret, for this purpose alone (HKDF, RFC 5869).

    `ident` names it in the database, without saying anything about it.
    """

    def __init__(self, site_secret: str) -> None:
        kdf = HKDF(SHA512(), KEY_BYTES, salt=None, info=b"leadgate lead keys")
        key = kdf.derive(site_secret.encode())
        self._cipher = AESSIV(key)
        self.ident = hashlib.sha256(b"leadgate wrapping key\x00" + key).hexdigest()[:16]

    def make(self, lead: str) -> bytes:
        """A new random key for a lead, wrapped."""
        return self._cipher.encrypt(secrets.token_bytes(KEY_BYTES), [lead.encode()])

    def unwrap(self, lead: str, wrapped: bytes) -> AESSIV:
        """The lead's key. Raises WrappingKeyError for one that was wrapped for another lead, or
        with another key."""
        try:
            return AESSIV(self._cipher.decrypt(wrapped, [lead.encode()]))
        except InvalidTag:
            raise WrappingKeyError(
                f"the key of lead {lead} was wrapped with another LEADGATE_SITE_SECRET"
            ) from None

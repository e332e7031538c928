"""Signatures on records that give orders: who can write to a topic, and does not have the site
secret, is not obeyed.

A signature is a Kafka header over the topic, the key, the value and a number. The number is 0
unless records follow each other under one name: there the highest counts, so that a copy of an
earlier record changes nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

HEADER = "signature"
#: As a consumer gives them: whoever writes a record may leave a header's value out.
Headers = Sequence[tuple[str, bytes | None]]
#: The salt of HKDF-Extract (RFC 5869): no hash that `Keys` makes under the secret is this key.
_PURPOSE = b"leadgate signed orders 1"
_FORM = re.compile(rb"1\.([0-9]{1,15})\.[0-9a-f]{64}")
_UNSIGNED = (
    "it has no signature: it is of a release that didn't sign yet, or of a program without the"
    " site secret"
)
_FORGED = (
    "its signature is not this site's: it was made with another secret, or topic, key or value"
    " are not what was signed"
)


class SignatureError(Exception):
    """A record has no signature of this site. The text says which of the two it is."""


class Signatures:
    """Signs with a key of its own, derived from the secret, and checks in constant time. `others`
    are secrets whose signatures are believed, too, while the secret is replaced."""

    def __init__(self, secret: str, *others: str) -> None:
        self._key, *self._others = map(_key_of, (secret, *others))

    def headers(
        self, topic: str, key: bytes | None, value: bytes | None, number: int = 0
    ) -> list[tuple[str, bytes]]:
        """The headers with which a record is sent to a topic (its full name)."""
        return [(HEADER, _sign(self._key, topic, key, value, number))]

    def number_of(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
    ) -> int:
        """The number under which a record was signed.

        Raises SignatureError for a record that this site has not signed, or not for this topic.
        """
        found = [signature or b"" for name, signature in headers if name == HEADER]
        if not found:
            raise SignatureError(_UNSIGNED)
        form = _FORM.fullmatch(found[0]) if len(found) == 1 else None
        if form is None:
            raise SignatureError(_FORGED)
        number = int(form[1])
        for signing_key in (self._key, *self._others):
            if hmac.compare_digest(found[0], _sign(signing_key, topic, key, value, number)):
                return number
        raise SignatureError(_FORGED)


def _key_of(secret: str) -> bytes:
    return hmac.digest(_PURPOSE, secret.encode(), hashlib.sha256)


def _sign(
    signing_key: bytes, topic: str, key: bytes | None, value: bytes | None, number: int
) -> bytes:
    digest = hmac.new(signing_key, digestmod=hashlib.sha256)
    for part in (topic.encode(), key or b"", value or b"", b"%d" % number):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return b"1.%d.%s" % (number, digest.hexdigest().encode())

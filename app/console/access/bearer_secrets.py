"""Bearer secrets (tokens, session cookies, links), and the digest that is stored of them.

They have 32 random bytes and can't be guessed, so that a plain SHA-256 is stored: whoever reads the
database can do nothing with that.
"""

import hashlib
import secrets

_BYTES = 32


def make_secret() -> str:
    """A new text, of letters, digits, - and _."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(text: str) -> str:
    """What is stored of a text."""
    return hashlib.sha256(text.encode()).hexdigest()

"""Passwords: which are good enough, and what is stored of them (Argon2id, RFC 9106)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: NIST SP 800-63B asks for eight characters or more, and for no mixture of kinds.
SHORTEST = 12
LONGEST = 200
_FEWEST_KINDS = 6  # different characters
#: A shorter local part of an address is in most passwords by chance.
_SHORTEST_NAME = 4
_HASHER = PasswordHasher()  # RFC 9106's second choice: 64 MiB, 3 passes


def why_refused(password: str, email: str) -> str:
    """Why a password is not good enough, '' for a good one."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    if len({*password}) < _FEWEST_KINDS:
        return "this password repeats a few characters"
    name = email.partition("@")[0].casefold()
    if len(name) >= _SHORTEST_NAME and name in password.casefold():
        return "this password contains your address"
    return ""


def hash_password(password: str) -> str:
    """What is stored of it. Takes some 50 ms of CPU time and 64 MiB, for a thread."""
    return _HASHER.hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one. It takes as `hash_password`, and as long for a person
    without one."""
    try:
        right = _HASHER.verify(stored or _placeholder_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


@cache
def _placeholder_hash() -> str:
    """What an unknown person's password is compared with, so that the answer takes as long."""
    return _HASHER.hash("no password")

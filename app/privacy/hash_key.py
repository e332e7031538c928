"""The key of the hashes that stand for addresses. It is stored as the leads' keys are, wrapped, so
that the site secret can be replaced while every hash stays as it is."""

import secrets
from dataclasses import dataclass, field
from typing import Self

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.privacy.key_store import HASH_KEY, open_key_store
from app.privacy.lead_keys import open_lead_keys
from app.privacy.wrapping import WrappingKeyError, wrapping_keys
from leads.keys import Keys


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """What a site's keys are recognised by: the id of the database that holds those of its leads,
    and its hash key."""

    key_store: str
    hash_key: str = field(repr=False)  # it is nothing for a log

    @classmethod
    async def read(cls, settings: Settings) -> Self:
        """Those of this process. Raises as `read_hash_key`, and UsageError for a database without
        the tables."""
        ident = await open_lead_keys(settings).store_id()
        return cls(ident, await read_hash_key(settings))


async def read_hash_key(settings: Settings) -> str:
    """The site's hash key. Waits for the database as every reader of keys does.

    A site of a release that stored none has the site secret as its hash key, until `provision`
    stores it. Raises WrappingKeyError if this process has not the secret that wraps it.
    """
    stored = await open_lead_keys(settings).wrapped(HASH_KEY)
    if stored is None:
        return settings.site_secret.get_secret_value()
    wrapping = wrapping_keys(settings)
    if missing := wrapping.missing([stored.wrapped_by]):
        raise WrappingKeyError(
            f"{_wrapping_setting(settings)} is not the one that this site's keys are wrapped with:"
            f" no known person would be recognised. {missing[0]}"
        )
    return wrapping.unwrap(HASH_KEY, stored).decode()


async def open_keys(settings: Settings) -> Keys:
    """The hashes and signatures of this site. Raises as `read_hash_key`, and SettingsError without
    a site secret."""
    return Keys(await read_hash_key(settings), settings.signatures)


def store_hash_key(settings: Settings, *, begins: bool) -> None:
    """Store the hash key of a site that has stored none: a random one if the site begins, else the
    site secret, by which its people are known. Called by `provision`; durable when it returns."""
    store = open_key_store(settings)
    if HASH_KEY in store.read([HASH_KEY]):
        return
    site = settings.site_secret.get_secret_value()
    key = secrets.token_hex(32) if begins else site
    wrapping = wrapping_keys(settings).current
    wrapped = wrapping.wrap(HASH_KEY, key.encode())
    store.add({HASH_KEY: wrapped}, wrapping.ident, SystemClock().now())


def _wrapping_setting(settings: Settings) -> str:
    own = settings.wrapping_secret.get_secret_value()
    return "LEADGATE_WRAPPING_SECRET" if own else "LEADGATE_SITE_SECRET"

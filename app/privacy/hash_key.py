"""The key of the hashes that stand for addresses. It is stored as the leads' keys are, wrapped, so
that the site secret can be replaced while every hash stays as it is."""

import secrets
from dataclasses import dataclass, field

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.privacy.key_store import KeyStore, open_key_store
from app.privacy.lead_keys import open_lead_keys
from app.privacy.wrapping import WrappingKeyError, wrapping_keys
from leads.keys import Keys

#: Its row among the leads' keys; no lead has this id.
SUBJECT = "hash-key-of-site"


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """What a site's keys are recognised by: the id of the database that holds those of its leads,
    and its hash key."""

    key_store: str
    hash_key: str = field(repr=False)  # it is nothing for a log


async def read_site_keys(settings: Settings) -> SiteKeys:
    """Those of this process. Raises as `read_hash_key`, and UsageError for a database without the
    tables."""
    ident = await open_lead_keys(settings).store_id()
    return SiteKeys(ident, await read_hash_key(settings))


async def read_hash_key(settings: Settings) -> str:
    """The site's hash key. Waits for the database as every reader of keys does.

    A site of a release that stored none has the site secret as its hash key, until `provision`
    stores it. Raises WrappingKeyError if this process has not the secret that wraps it.
    """
    stored = await open_lead_keys(settings).wrapped(SUBJECT)
    if stored is None:
        return settings.site_secret.get_secret_value()
    wrapping = wrapping_keys(settings)
    if missing := wrapping.missing([stored.wrapped_by]):
        raise WrappingKeyError(
            f"{_wrapping_setting(settings)} is not the one that this site's keys are wrapped with:"
            f" no known person would be recognised. {missing[0]}"
        )
    return wrapping.unwrap(SUBJECT, stored).decode()


async def open_keys(settings: Settings) -> Keys:
    """The hashes and signatures of this site. Raises as `read_hash_key`, and SettingsError without
    a site secret."""
    return Keys(await read_hash_key(settings), settings.signatures)


def lacks_hash_key(store: KeyStore) -> bool:
    """Whether `provision` would store one."""
    return bool(store.missing()) or SUBJECT not in store.read([SUBJECT])


def store_hash_key(settings: Settings, *, begins: bool) -> None:
    """Store the hash key of a site that has stored none: a random one if the site begins, else the
    site secret, by which its people are known. Called by `provision`; durable when it returns."""
    store = open_key_store(settings)
    if not lacks_hash_key(store):
        return
    site = settings.site_secret.get_secret_value()
    key = secrets.token_hex(32) if begins else site
    wrapping = wrapping_keys(settings).current
    wrapped = wrapping.wrap(SUBJECT, key.encode())
    store.add({SUBJECT: wrapped}, wrapping.ident, SystemClock().now())


def _wrapping_setting(settings: Settings) -> str:
    own = settings.wrapping_secret.get_secret_value()
    return "LEADGATE_WRAPPING_SECRET" if own else "LEADGATE_SITE_SECRET"

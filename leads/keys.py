"""Ids and keys, all derived: a replay repeats them, so at-least-once delivery never makes a new
fact."""

import hashlib
import hmac
import re
import uuid
from functools import lru_cache
from operator import itemgetter

from publicsuffixlist import PublicSuffixList

from leads.mail_domains import MAIL_PROVIDERS
from leads.signatures import Signatures

_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "leadgate").bytes
_VARIANT = {digit: f"{int(digit, 16) & 3 | 8:x}" for digit in "0123456789abcdef"}
_GROUPS = itemgetter(slice(8), slice(8, 12), slice(13, 16), 16, slice(17, 20), slice(20, 32))
# the list in the package: no network
_SUFFIXES = PublicSuffixList(accept_unknown=False, only_icann=True)

#: Domains under which one mailbox is reached: proton.me/support/addresses-and-aliases,
#: support.apple.com/102540, support.google.com/mail/answer/10313.
_TWINS = {
    "googlemail.com": "gmail.com",
    "protonmail.com": "proton.me",
    "pm.me": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_PLUS_TAGS = _DOTLESS | {
    "pm.me",
    "me.com",
    "mac.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "fastmail.com",
    "proton.me",
    "protonmail.com",
    "icloud.com",
}


def derive(*parts: object) -> str:
    """A uuid5 of the parts, in order."""
    return _uuid5("\x1f".join(map(str, parts)))


def _uuid5(name: str) -> str:
    """Written out: the standard library's takes three times as long, and each decision needs a
    handful."""
    a, b, c, variant, d, e = _GROUPS(
        hashlib.sha1(_SPACE + name.encode(), usedforsecurity=False).hexdigest()
    )
    return f"{a}-{b}-5{c}-{_VARIANT[variant]}{d}-{e}"


#: A later revision of a lead begins so many steps further on: no lead takes more between two of
#: them.
STEPS_A_REVISION = 1 << 10


def lead_id(source: str, source_id: str) -> str:
    """The lead's id: one for each record of a source, whatever revision (promise P1)."""
    return _derive_lead(source, source_id)


# asked for three times: for the stage's own row, the source's row, and the lead
@lru_cache(maxsize=8192)
def _derive_lead(source: str, source_id: str) -> str:
    return derive("lead", source, source_id)


def event_id(lead: str, stage: str, cause: str, kind: str, ordinal: int = 0) -> str:
    """The id of what a stage does about a lead because of `cause`
    (docs/design/interleavings.md 12)."""
    return _derive_event(lead, stage, cause, kind, ordinal)


# asked for twice: by the gate, as the next stage's cause, and for the event itself
@lru_cache(maxsize=8192)
def _derive_event(lead: str, stage: str, cause: str, kind: str, ordinal: int) -> str:
    return _uuid5(f"event\x1f{lead}\x1f{stage}\x1f{cause}\x1f{kind}\x1f{ordinal}")


def version(*values: object) -> str:
    """A short hash of mapped fields: the same fields are the same revision."""
    return hashlib.sha256("\x1f".join(repr(value) for value in values).encode()).hexdigest()[:20]


@lru_cache(maxsize=16384)
def fold_email(address: str) -> str:
    """The address as a key: lower case, IDNA, tag and dots folded only where the provider does so.

    '' if it is none.
    """
    local, at, domain = address.strip().lower().rpartition("@")
    if not at or not local or not domain:
        return ""
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    if domain in _PLUS_TAGS:
        local = local.split("+", 1)[0]
    if domain in _DOTLESS:
        local = local.replace(".", "")
    return f"{local}@{_TWINS.get(domain, domain)}"


_SCHEME = re.compile(r"^[a-z]+://")
_AFTER_HOST = re.compile(r"[/?#:,;\s]")  # of several in one cell, the first counts
_LONGEST_HOST = 2000


@lru_cache(maxsize=16384)
def registrable(host: str) -> str:
    """The registrable domain of a host, an address or a web address, by the public suffix list; ''
    if there is none."""
    text = _SCHEME.sub("", host[:_LONGEST_HOST].strip().lower())
    bare = _AFTER_HOST.split(text.rpartition("@")[2], maxsplit=1)[0]
    return _SUFFIXES.privatesuffix(bare.lstrip(".")) or ""


def is_company_domain(domain: str) -> bool:
    """False for free-mail and throw-away domains, which say nothing about an employer."""
    return bool(domain) and domain not in MAIL_PROVIDERS


class Keys:
    """Keyed hashes of addresses, so that topics' keys name nobody
    (docs/design/interleavings.md 19).

    `secret` is the site's hash key; with another one nothing matches what was stored. `signatures`
    are those of the site's orders, by default with a key of their own, derived from the secret.
    """

    def __init__(self, secret: str, signatures: Signatures | None = None) -> None:
        self._secret = secret.encode()
        self.signatures = signatures or Signatures(secret)
        self._of = lru_cache(maxsize=16384)(self._hash)

    def address(self, email: str) -> str:
        """The key of an address, '' for something that is none."""
        folded = fold_email(email)
        return self._of(folded) if folded else ""

    def contact(self, kind: str, value: str) -> str:
        """The key of what names a person besides addresses; its kind is readable."""
        return f"{kind}:{self._of(value)}"

    def record(self, *parts: str) -> str:
        """The id of a source's record that has none of its own, from what it says."""
        return self._hash("\x1f".join(("record", *parts)))

    def domain(self, domain: str) -> str:
        """The key of a company's registrable domain. Companies aren't people: it is readable."""
        return registrable(domain)

    def _hash(self, value: str) -> str:
        return hmac.new(self._secret, value.encode(), hashlib.sha256).hexdigest()[:24]

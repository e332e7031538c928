"""What a site is recognised by, and what is wrong with one whose secrets, state and audit don't
belong together: keys made with another secret match no known person.

Topic `cursors` holds the site's mark under a key of its own: a random id, and an HMAC of it with
the site's hash key. When a site begins, the same mark becomes the first row of each partition of
the state's changelog, so that a changelog that was created later is recognised by its missing mark.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from app.base.settings import Settings
from app.privacy.hash_key import SiteKeys
from leads import topics
from leads.records import Record

#: The mark's row in the changelog; no kind of row has this prefix.
ROW = b"site\x00"

ANOTHER_HASH_KEY = (
    "LEADGATE_SITE_SECRET is not the one that this site's keys were made with: "
    "no known person would be recognised. Set the secret that it was provisioned with"
)
_ANOTHER_DATABASE = (
    "LEADGATE_DATABASE_URL names another database than the one that holds the keys of this site's"
    " leads: their personal data could not be read. Set the address of that database, or restore it"
    " from a copy"
)
_OTHER_STATE = (
    f"the state in topic {topics.CHANGELOG} is empty or was created again, while topic "
    f"{topics.AUDIT.full} holds decisions: leads would be decided and people contacted again. "
    "Restore that topic from a copy; without one, stop every worker, move its state away and run "
    "leadgate rebuild-state (docs/operations.md)"
)
_REBUILDING = (
    f"the state in topic {topics.CHANGELOG} is being rebuilt, or a rebuild was cut off: run"
    " leadgate rebuild-state to its end"
)


class Mark(Record, frozen=True, kw_only=True):
    """Identifies a site. `stated`: its state's changelog begins with this mark. `rebuilt` counts
    how often the state was rebuilt from the audit; while `rebuilding` it is not whole."""

    id: str
    check: str
    stated: bool = False
    key_store: str = ""  # the id of the database that holds its leads' keys
    rebuilt: int = 0
    rebuilding: bool = False


@dataclass(slots=True)
class SiteState:
    """What the topics hold.

    `stored` is the mark in `cursors`, `mark` is that one or else the one in the changelog, `first`
    is the first row of each partition of the changelog, `audited` says whether there are audit
    events.
    """

    mark: Mark | None = None
    first: dict[int, tuple[bytes, bytes] | None] = field(default_factory=dict)
    audited: bool = False
    stored: Mark | None = None

    @property
    def unmarked(self) -> list[int]:
        """Partitions of the changelog that don't begin with a mark."""
        return [p for p, row in sorted(self.first.items()) if row is None or row[0] != ROW]

    @property
    def stateless(self) -> bool:
        """Whether the changelog is empty."""
        return not any(self.first.values())

    @property
    def begins(self) -> bool:
        """Whether nothing was hashed yet: any hash key will do."""
        return self.mark is None and self.stateless and not self.audited


def make_mark(hash_key: str, *, stated: bool) -> Mark:
    """The mark of a new site."""
    ident = secrets.token_hex(8)
    return Mark(id=ident, check=_check(hash_key, ident), stated=stated)


def judge_hash_key(mark: Mark | None, hash_key: str) -> list[str]:
    """A sentence if the mark was made with another hash key."""
    if mark is None or hmac.compare_digest(mark.check, _check(hash_key, mark.id)):
        return []
    return [ANOTHER_HASH_KEY]


def judge_key_store(mark: Mark | None, key_store: str) -> list[str]:
    """A sentence if the site's leads have their keys in another database than this one."""
    if mark is None or mark.key_store in {"", key_store}:
        return []
    return [_ANOTHER_DATABASE]


def judge_new_site(found: SiteState, weakness: str) -> list[str]:
    """A sentence if a site would begin with a secret that can be guessed, for this reason. One that
    runs goes on: `secret_notes` says what to do."""
    return [f"LEADGATE_SITE_SECRET {weakness}"] if found.begins and weakness else []


def secret_notes(settings: Settings) -> list[str]:
    """A sentence about the secret of a site that runs, if it can be guessed, and about a second
    secret of orders, if there is one."""
    notes = []
    if settings.other_signing_secret.get_secret_value():
        notes.append(
            "orders that were signed with LEADGATE_OTHER_SIGNING_SECRET are believed, too: remove"
            " it once none of them is needed (docs/operations.md, Rotation)"
        )
    if not settings.site_secret_weakness():
        return notes
    note = (
        "LEADGATE_SITE_SECRET is weak: who reads the topics can guess it, and with it give orders;"
        " with a copy of the database, too, they can read all personal data. Replace it"
        " (docs/operations.md, Rotation)"
    )
    return [*notes, note]


def judge_state(found: SiteState) -> list[str]:
    """A sentence if state and audit can't belong together."""
    if found.mark is not None and found.mark.rebuilding:
        return [_REBUILDING]
    recreated = found.mark is not None and found.mark.stated and found.unmarked
    if found.audited and (recreated or found.stateless):
        return [_OTHER_STATE]
    return []


def judge_site(found: SiteState, settings: Settings, keys: SiteKeys) -> list[str]:
    """A sentence for the first fault."""
    return (
        judge_key_store(found.mark, keys.key_store)
        or judge_hash_key(found.mark, keys.hash_key)
        or judge_state(found)
        or judge_new_site(found, settings.site_secret_weakness())
    )


def _check(hash_key: str, ident: str) -> str:
    text = f"leadgate site {ident}".encode()
    return hmac.new(hash_key.encode(), text, hashlib.sha256).hexdigest()[:32]

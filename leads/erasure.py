"""What became of one person's data at one place outside: the lines of a certificate."""

from typing import Literal, NamedTuple, TypeAlias

from leads.records import Record

#: erased: it was deleted or blanked by this call.
#: gone: it was not there (any more); an earlier attempt may have deleted it.
#: kept: the rules say that it stays.
#: failed: it is still there, and `remains` says why.
ErasureOutcome: TypeAlias = Literal["erased", "gone", "kept", "failed"]
_DAY = 86_400.0


class Erasure(Record, frozen=True, kw_only=True):
    """One kind of thing at one place outside, and what became of it.

    `system` and `what` are for people ("HubSpot", "contact"); `ids` are the vendor's own.
    `remains` is a sentence on what the place still holds, or on what a person must do; '' where
    nothing is known to be left. `until` is when what remains ends at the latest by the vendor's
    documents, in seconds since the epoch; 0 where it doesn't end, or nothing remains.
    """

    system: str
    what: str
    outcome: ErasureOutcome
    ids: tuple[str, ...] = ()
    remains: str = ""
    until: float = 0.0


class Retention(NamedTuple):
    """What a system says that it keeps after a deletion, and for how many days; 0 for no end."""

    says: str
    days: float

    def until(self, deleted_at: float) -> float:
        """When that ends, for something deleted at a time or earlier."""
        return deleted_at + self.days * _DAY if self.days else 0.0


#: Nothing is kept.
NOTHING = Retention("", 0.0)

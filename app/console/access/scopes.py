"""What the holder of a token may do."""

from enum import StrEnum


class Scope(StrEnum):
    """One right. No right contains another."""

    READ = "read"  # figures, and leads without what is personal of them
    PEOPLE = "people"  # who the leads are
    DECIDE = "decide"  # to decide about leads that wait

    @property
    def allows(self) -> str:
        """What it allows, as people read it."""
        return _ALLOWS[self]


_ALLOWS = {
    Scope.READ: "figures, queues and leads, without who they are",
    Scope.PEOPLE: "also who the leads are, and their stories in sentences",
    Scope.DECIDE: "decisions about leads that wait",
}

"""What people who sign in may do."""

from enum import StrEnum

from app.console.access.scopes import Scope


class Role(StrEnum):
    """What a person does with the console."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"

    @property
    def allows(self) -> str:
        """What it allows, as people read it."""
        return _ALLOWS[self]


#: Whoever signs in works with the leads, and sees who they are.
GRANTS: dict[Role, frozenset[Scope]] = {
    Role.VIEWER: frozenset({Scope.READ, Scope.PEOPLE}),
    Role.REVIEWER: frozenset({Scope.READ, Scope.PEOPLE, Scope.DECIDE}),
}

_ALLOWS = {
    Role.VIEWER: "sees figures, queues and leads, with who they are",
    Role.REVIEWER: "also decides about leads that wait",
}

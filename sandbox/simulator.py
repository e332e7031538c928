"""A CRM's stand-in as its own users see it: what the generator fills, what happens later, and what
an auditor reads.

Each CRM of the sandbox has one. So the same week, with the same truth, lies in whichever CRM is
asked for.
"""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Held:
    """A person that the CRM holds before Leadgate comes.

    `owner` is a user's address, '' for nobody.
    """

    email: str
    first_name: str
    last_name: str
    company: str
    other_email: str = ""
    owner: str = ""
    customer: bool = False


Row = dict[str, Any]


class CrmSimulator(Protocol):
    """People are named by any of their addresses, users by theirs."""

    calls_at: str  # the path under which the CRM's calls are counted

    def add_user(self, email: str, *, active: bool) -> None:
        """A user, who may have left."""
        ...

    def add_person(self, held: Held) -> None:
        """A person who is there already."""
        ...

    def add_company(self, name: str, domain: str, owner: str = "", parent: str = "") -> None:
        """A company that is there already; `owner` is a user's address, `parent` another company's
        domain, '' for none."""
        ...

    def activate(self, email: str) -> None:
        """A user who had left comes back."""
        ...

    def bounce(self, email: str) -> None:
        """A mail to the person came back."""
        ...

    def opt_out(self, email: str) -> None:
        """The person wants no more mail."""
        ...

    def reply(self, email: str) -> None:
        """The person answered a mail of the CRM's."""
        ...

    def call(self, email: str) -> None:
        """The person's owner calls, and logs it."""
        ...

    def own(self, email: str, owner: str) -> None:
        """Somebody sets the person's owner by hand, or takes it away with ''."""
        ...

    def delete(self, email: str) -> None:
        """Somebody deletes the person."""
        ...

    def people(self) -> list[Row]:
        """Of each person that is not deleted: id, email, emails, key, owner, status, opted_out."""
        ...

    def users(self) -> list[Row]:
        """Of each user: email, active."""
        ...

    def tasks(self) -> list[Row]:
        """Of each task of ours: effect, person, owner, subject."""
        ...

    def enrolments(self) -> list[Row]:
        """Of each time somebody was put into the nurture sequence: person, entered, left (null
        while it runs)."""
        ...

    def reindex(self) -> None:
        """Take notice of objects that were put into the store from outside."""
        ...

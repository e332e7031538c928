"""The types of objects that the sandbox's account has, and how a path may name them.

Sources: HubSpot's page "Understanding the CRM" (ids of types); its pages of each object (what is
shown when nothing is asked for); a third party's measurements of August 2026 (singular, plural and
id name the same type, and an unknown one is a 400 without a category).
"""

import re
from dataclasses import dataclass

from sandbox.hubspot.errors import RefusedError


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One type of object."""

    plural: str
    singular: str
    ident: str
    shown: tuple[str, ...]  # properties that are shown when none are asked for
    is_activity: bool = False

    @property
    def changed(self) -> str:
        """The property with the time of the last change."""
        return "lastmodifieddate" if self.plural == "contacts" else "hs_lastmodifieddate"

    @property
    def created(self) -> str:
        """The property with the time of creation."""
        return "hs_createdate" if self.is_activity else "createdate"

    @property
    def stamps(self) -> tuple[str, ...]:
        """Properties that are shown with every object."""
        return ("hs_object_id", self.created, self.changed)


_ALL = (
    ObjectType("contacts", "contact", "0-1", ("email", "firstname", "lastname")),
    ObjectType("companies", "company", "0-2", ("name", "domain")),
    ObjectType(
        "deals", "deal", "0-3", ("amount", "closedate", "dealname", "dealstage", "pipeline")
    ),
    ObjectType("tasks", "task", "0-27", (), is_activity=True),
    ObjectType("notes", "note", "0-46", (), is_activity=True),
    ObjectType("meetings", "meeting", "0-47", (), is_activity=True),
    ObjectType("calls", "call", "0-48", (), is_activity=True),
    ObjectType("emails", "email", "0-49", (), is_activity=True),
)
TYPES = {one.plural: one for one in _ALL}
_SPELLINGS = {spelling: one.plural for one in _ALL for spelling in (one.plural, one.singular)}
_IDS = {one.ident: one.plural for one in _ALL}


def type_named(text: str) -> str:
    """The plural name of a type that a path names by name or id. Raises RefusedError."""
    if re.fullmatch(r"\d+-\d+", text):
        if text not in _IDS:
            raise RefusedError(400, "", f"Invalid object or event type id: {text}")
        return _IDS[text]
    if text.lower() not in _SPELLINGS:
        raise RefusedError(400, "", f"Unable to infer object type from: {text}")
    return _SPELLINGS[text.lower()]

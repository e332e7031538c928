"""What a batch of writes asks of a CRM's look-ups, and which values a write may replace."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from connectors.core.crm import ContactWrite
from connectors.core.fields import names_in


def known_ids(writes: Iterable[ContactWrite]) -> list[str]:
    """The CRM's ids that are known already, in the order of the writes."""
    return [write.known_id for write in writes if write.known_id]


def addresses(writes: Iterable[ContactWrite]) -> list[str]:
    """All addresses, each once, in the order of the writes."""
    emails: dict[str, None] = {}
    for write in writes:
        emails.update(dict.fromkeys(filter(None, write.emails)))
    return [*emails]


def mapped_names(writes: Iterable[ContactWrite]) -> list[str]:
    """The names of the mapped properties, sorted."""
    return names_in(write.more for write in writes)


def of_contact(write: ContactWrite, contact_id: str) -> ContactWrite:
    """The write as it is meant for a contact that was found: on any other than the one that we have
    written, nothing is ours."""
    return write if write.ours_on == contact_id else replace(write, ours={})


def replaceable(
    write: ContactWrite, wanted: Mapping[str, str], there: Mapping[str, Any]
) -> set[str]:
    """The properties out of `wanted` that still are as we wrote them: no one else has changed
    them."""
    ours = write.ours
    return {name for name in wanted if name in ours and there.get(name) == ours[name]}


def kept(
    write: ContactWrite, wanted: Mapping[str, str], there: Mapping[str, Any]
) -> tuple[str, ...]:
    """A line for each property out of `wanted` in which a contact that we have written before has
    a value of the CRM's own, which stays."""
    if not write.ours:
        return ()
    lines = []
    for name in wanted.keys() - replaceable(write, wanted, there):
        if wanted[name] and there.get(name) not in {None, "", wanted[name]}:
            lines.append(f"{name}: the CRM's own value stays")
    return tuple(sorted(lines))

"""What a batch of writes asks of a CRM's look-ups."""

from collections.abc import Iterable

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

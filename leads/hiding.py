"""Texts of others without the person that they are about."""

import re

from leads.records import Person

HIDDEN = "(hidden)"
_SHORTEST = 3  # letters of a name: shorter ones are found in other words


def hide_person(text: str, person: Person) -> str:
    """The text with each address, number and name of the person replaced. Names as they are
    written, so that a word like them stays."""
    reaching = filter(None, (*person.emails, person.email, person.phone, person.linkedin))
    named = (person.name, person.last_name, person.first_name)
    for value in sorted(set(reaching), key=len, reverse=True):
        text = re.sub(re.escape(value), HIDDEN, text, flags=re.IGNORECASE)
    for name in (one for one in named if len(one) >= _SHORTEST):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text)
    return text

"""Which people of a company are compared: those who share a block.

A block is the first letter of one name and the consonants of another, so that a short form, another
spelling, swapped names and most typing errors meet, and 50,000 colleagues don't.
"""

from leads.keys import fold_email
from leads.matching.fold import consonants
from leads.matching.local_parts import name_from_address
from leads.matching.nicknames import forms_of
from leads.matching.person_name import PersonName
from leads.matching.profile import read_name
from leads.records import Fingerprint

#: The people of one block who are remembered, the latest.
LARGEST_BLOCK = 50
_CONSONANTS = 4
_SOUNDS_LIKE = {"j": "i", "y": "i", "c": "k", "q": "k", "w": "v", "z": "s", "x": "s"}
_MOST = 12  # blocks of one person


def blocks_of(seen: Fingerprint) -> tuple[str, ...]:
    """The blocks that a person is in, in order; none without a name."""
    told = name_from_address(fold_email(seen.email))
    name = read_name(seen, told)
    family = tuple(filter(None, dict.fromkeys((*name.family, _without_article(name.glued)))))
    pairs = [(name.given, family), (told.given, told.family)]
    if _may_be_swapped(name):
        pairs.append((family, name.given))
    found: dict[str, None] = {}
    for first, second in pairs:
        for word in first[:2]:
            for initial in _initials(word):
                found.update(dict.fromkeys(f"{initial}/{end}" for end in _ends(second)))
    return tuple(found)[:_MOST]


def _may_be_swapped(name: PersonName) -> bool:
    """Whether nothing says which of the two is the given name: Wei Chen may be Chen Wei, and
    Kovalenko Yulia is in the blocks of Yulia Kovalenko."""
    known = [any(map(forms_of, words)) for words in (name.given, name.family)]
    return known != [True, False]


def _without_article(family: str) -> str:
    return family[2:] if family.startswith(("al", "el")) and len(family) > _CONSONANTS else family


def _ends(words: tuple[str, ...]) -> list[str]:
    return [consonants(word)[:_CONSONANTS] for word in words[:3] if len(word) > 1]


def _initials(word: str) -> list[str]:
    """The first letter of a name, and of the names that it may be short for."""
    return sorted({_SOUNDS_LIKE.get(form[0], form[0]) for form in (word, *forms_of(word))})

"""Is it the same person, is it a related company?

Stated likeness thresholds; what isn't sure is a person's question.
"""

import re
from enum import Enum

from rapidfuzz.fuzz import ratio, token_set_ratio

from leads.normalise import normalise_title
from leads.records import Person, Record
from leads.rule_models import Matching

_PLACES = re.compile(
    r"\b(germany|deutschland|france|uk|us|usa|emea|apac|europe|international|global|americas|asia|iberia|nordics|"
    r"benelux|dach|canada|india|labs|digital|services|solutions|cloud)\b",
    re.IGNORECASE,
)


class Fingerprint(Record, frozen=True, kw_only=True):
    """What a company remembers of a person, to recognise another address of the same one."""

    lead_id: str
    person_key: str
    first_name: str
    last_name: str
    title: str


class MatchConfidence(Enum):
    """How sure it is that two addresses are one person's."""

    SURE = "sure"
    UNSURE = "unsure"
    OTHER = "other"


def fingerprint(lead_id: str, person_key: str, person: Person) -> Fingerprint:
    """The fingerprint of a lead's person."""
    return Fingerprint(
        lead_id=lead_id,
        person_key=person_key,
        first_name=person.first_name.casefold(),
        last_name=person.last_name.casefold(),
        title=normalise_title(person.title).casefold(),
    )


def compare(a: Fingerprint, b: Fingerprint, limits: Matching) -> tuple[MatchConfidence, str]:
    """Compare two people of one company. Names decide; the title must agree before it is sure."""
    if not (a.last_name and b.last_name):
        return MatchConfidence.OTHER, "a name is missing"
    if initials := _initial_of(a.first_name, b.first_name):
        likeness = ratio(a.last_name, b.last_name)
    else:
        likeness = min(ratio(a.first_name, b.first_name), ratio(a.last_name, b.last_name))
    title = ratio(a.title, b.title)
    why = f"names {likeness:.0f} alike{' by initial' if initials else ''}, titles {title:.0f}"
    if likeness >= limits.sure_name and title >= limits.sure_title and not initials:
        return MatchConfidence.SURE, why
    if likeness >= limits.unsure_name:
        return MatchConfidence.UNSURE, why
    return MatchConfidence.OTHER, why


def _initial_of(a: str, b: str) -> bool:
    short, long = sorted((a.rstrip("."), b.rstrip(".")), key=len)
    return len(short) == 1 and long.startswith(short) and len(long) > 1


def domain_stem(domain: str) -> str:
    """The stem of a domain: what it shares with its sister companies' domains ('acme-germany.de' ->
    'acme').

    Companies meet in one partition by it, since likeness can't be asked across partitions.
    """
    return domain.split(".", 1)[0].split("-", 1)[0]


def related(name: str, other: str, limits: Matching) -> bool:
    """Whether two companies of one brand stem look like parent and subsidiary."""
    a, b = _without_place(name), _without_place(other)
    return bool(a and b) and token_set_ratio(a, b) >= limits.subsidiary_name


def _without_place(name: str) -> str:
    return _PLACES.sub("", name).strip().casefold()

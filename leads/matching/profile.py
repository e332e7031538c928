"""A fingerprint, read for comparing."""

import re
from functools import lru_cache

from msgspec.structs import asdict

from leads.countries import country_code
from leads.keys import fold_email
from leads.matching.companies import employer_domain
from leads.matching.contact_keys import is_mobile, linkedin_profile, phone_digits
from leads.matching.fold import fold
from leads.matching.local_parts import (
    generation_in,
    given_hint,
    is_placeholder,
    is_role,
    local_words,
    name_from_address,
)
from leads.matching.person_name import PersonName, read_person_name
from leads.normalise import normalise_title
from leads.rawvalues import read_apollo_id
from leads.records import Fingerprint, Record
from leads.titles.rank_words import SENIORITIES
from leads.titles.read import OTHER, read_title

_LONGEST = 200
_SMALL = frozenset("of and the for de la del di du von der und et y e".split())
_WOMAN = re.compile(
    r"\b(\w{3,}(leiterin|ärztin|inhaberin|direktorin|managerin|chefin|führerin|vorständin|referentin)"
    r"|leiterin|gründerin|directora|jefa|gerenta|fundadora|dueña|presidenta|diretora|directrice|fondatrice"
    r"|direttrice|ředitelka|manažerka|dyrektorka|kierowniczka)\b"
)
_MAN = re.compile(
    r"\b(\w*(leiter|inhaber|direktor|führer|referent)|gründer|maestro|jefe|dueño|fundador|financiero"
    r"|presidente|diretor|directeur|fondateur|direttore|ředitel|dyrektor|kierownik)\b"
)


_ENGLISH = frozenset(
    "manager director head officer lead engineer president partner owner chief analyst consultant"
    " specialist coordinator executive supervisor representative planner developer counsel".split()
)


class Profile(Record, frozen=True, kw_only=True):
    """Empty fields are unknown."""

    name: PersonName
    fuller_given: str = ""  # told by the address or the LinkedIn profile: Christina of Chris
    generation: str = ""
    email: str = ""
    title: str = ""
    title_words: str = ""
    english: bool = False  # the title's language, as far as a word of rank tells
    gender: str = ""  # of the title's grammar, f or m
    seniority: str = ""
    function: str = ""
    company: str = ""
    domain: str = ""
    linkedin: str = ""
    phone: tuple[str, str] = ("", "")
    mobile: bool = False
    person_id: str = ""
    crm_id: str = ""
    city: str = ""
    country: str = ""


@lru_cache(maxsize=4096)
def read_profile(seen: Fingerprint) -> Profile:
    """The profile of a fingerprint, of which the beginnings of its fields count."""
    seen = _cut(seen)
    email = fold_email(seen.email)
    if is_placeholder(email):
        email = ""
    name = read_name(seen, name_from_address(email))
    linkedin = linkedin_profile(seen.linkedin)
    seniority, function = _position(seen)
    country = country_code(seen.country)
    return Profile(
        name=name,
        fuller_given=_fuller_given(email, linkedin, name),
        generation=name.generation or generation_in(email),
        email=email,
        title="".join(fold(seen.title)),
        title_words=" ".join(word for word in fold(normalise_title(seen.title)) if _counts(word)),
        english=not _ENGLISH.isdisjoint(fold(seen.title)),
        gender=_gender(seen.title.lower()),
        seniority=seniority,
        function=function,
        company=seen.company,
        domain=employer_domain(email, seen.domain),
        linkedin=linkedin,
        phone=phone_digits(seen.phone),
        mobile=bool(seen.phone) and is_mobile(seen.phone, country),
        person_id=read_apollo_id(seen.person_id),
        crm_id=seen.crm_id,
        city=" ".join(fold(seen.city)),
        country=country,
    )


def read_name(seen: Fingerprint, told: PersonName) -> PersonName:
    """The name of a fingerprint; `told`, which its address tells, where it has none or none that
    can be read."""
    name = read_person_name(seen.first_name[:_LONGEST], seen.last_name[:_LONGEST])
    if (name.unreadable and told.given) or not (name.given or name.family):
        return told
    return name


def _cut(seen: Fingerprint) -> Fingerprint:
    """Nothing that is compared word by word is longer than a field is in earnest."""
    values = asdict(seen)
    if max(map(len, values.values())) <= _LONGEST:
        return seen
    return Fingerprint(**{name: value[:_LONGEST] for name, value in values.items()})


def _position(seen: Fingerprint) -> tuple[str, str]:
    """As the lead has it; read once more where the site's rules have a word of their own for it,
    which has no place in the scale."""
    if not seen.title or seen.seniority in SENIORITIES:
        return seen.seniority, seen.function
    title = read_title(seen.title).or_else(OTHER)
    return title.seniority, title.function


def _fuller_given(email: str, linkedin: str, name: PersonName) -> str:
    words = local_words(email)
    if len(words) > 1 and not is_role(email) and (hint := given_hint(words, name)):
        return hint
    return given_hint(fold(linkedin), name)


def _counts(word: str) -> bool:
    return len(word) > 1 and word not in _SMALL


def _gender(title: str) -> str:
    if _WOMAN.search(title):
        return "f"
    return "m" if _MAN.search(title) else ""

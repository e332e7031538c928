"""What the part of an address before the @ says of whose it is."""

import re
from functools import lru_cache

from leads.matching.fold import fold
from leads.matching.names import RANK, NameLevel, compare_words
from leads.matching.person_name import GENERATIONS, PersonName

#: Mailboxes of a post, a team or a household.
_ROLES = frozenset(
    """info office sales contact kontakt hello hi mail admin support service team marketing hr jobs
    career careers press media presse ventas comercial direccion gerencia contacto administracion
    secretaria secretariat sekretariat sekretaris vertrieb einkauf verkauf buchhaltung zentrale
    empfang reception geschaeftsfuehrung gf gm ceo cfo cto coo cio cmo md director direktion
    direction directeur commercial compta accueil bonjour contacts informazioni commerciale
    amministrazione segreteria direzione export import procurement purchasing billing accounts
    accounting finance invoice invoices legal it helpdesk webmaster postmaster noreply no-reply
    enquiries enquiry inquiries general biuro handlowy zarzad firma obchod podpora iroda
    ertekesites satis bilgi muhasebe muteferrika kantoor verkoop inkoop administratie salg
    firmapost post kundeservice myynti toimisto faktura order orders shop store booking
    reservations events partners partnerships newsletter clinic praxis kanzlei studio familie
    family home geral vendas financeiro diretoria""".split()
)
#: What forms are filled with in place of an address.
_PLACEHOLDERS = frozenset("noemail none unknown test na noreply no-reply nomail email".split())
_PARTS = re.compile(r"[._\-+]+")
_DIGITS = re.compile(r"\d+$")
_SHORTEST_HINT = 3


@lru_cache(maxsize=4096)
def local_words(email: str) -> tuple[str, ...]:
    """'john.smith2+x@acme.com' -> ('john', 'smith2')."""
    local = email.partition("@")[0].partition("+")[0]
    return tuple(filter(None, _PARTS.split(local.lower())))


def is_role(email: str) -> bool:
    """Whether an address is a post's, a team's or a household's rather than one person's."""
    words = [_DIGITS.sub("", word) for word in local_words(email)]
    return bool(words) and (words[0] in _ROLES or "-".join(words) in _ROLES)


def is_placeholder(email: str) -> bool:
    """Whether it stands in place of an address."""
    return email.partition("@")[0] in _PLACEHOLDERS


def is_numbered_twin(a: str, b: str) -> bool:
    """Whether one address is the other's with a number or a word at the end, as a namesake's is:
    john.smith2@, john.smith.it@."""
    mine, other = sorted((local_words(a), local_words(b)), key=len)
    if len(mine) > 1 and len(other) == len(mine) + 1 and other[:-1] == mine:
        return True
    short, long = "".join(mine), "".join(other)
    return short != long and _DIGITS.sub("", short) == _DIGITS.sub("", long)


def given_hint(words: tuple[str, ...], name: PersonName) -> str:
    """A fuller given name among the words of an address or of a profile's name: 'alexandra' of
    alexandra.vogt@ for Alex Vogt, '' for none."""
    for told in words:
        word = _before_family(_DIGITS.sub("", told), name)
        if len(word) >= _SHORTEST_HINT and word not in name.family:
            for mine in name.given:
                if len(word) > len(mine) and _may_be(mine, word):
                    return word
    return ""


def _before_family(word: str, name: PersonName) -> str:
    """What stands in a word before the family name."""
    for family in (name.glued, *name.family):
        if len(family) >= _SHORTEST_HINT and family in word[1:]:
            return word[: word.index(family, 1)]
    return word


def _may_be(short: str, long: str) -> bool:
    level = compare_words(short, long, given=True)
    return RANK[level] <= RANK[NameLevel.INITIAL] or long.startswith(short)


@lru_cache(maxsize=4096)
def name_from_address(email: str) -> PersonName:
    """Given and family name as an address of the form given.family@ tells them, blank otherwise."""
    if not email or is_placeholder(email) or is_role(email):
        return PersonName()
    words = [_DIGITS.sub("", word) for word in local_words(email)]
    words = [word for word in words if word.isalpha()]
    if len(words) < 2:
        return PersonName()
    return PersonName(given=fold(words[0]), family=fold(words[-1]), glued="".join(words[1:]))


def generation_in(email: str) -> str:
    """'jr' of lars.nilsson.jr@, '' where an address has no such word."""
    for word in local_words(email)[1:]:
        if word in GENERATIONS:
            return GENERATIONS[word]
    return ""

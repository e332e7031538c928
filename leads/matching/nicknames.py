"""Which given names are one: short and pet forms, and a name's forms in other languages."""

from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from nicknames import NickNamer

from leads.matching.fold import fold

_TABLE = Path(__file__).with_name("nicknames.txt")
#: Rows of the package that make two names of one: it has Billy among the short forms of Robert.
_LEFT_OUT = frozenset({"robert"})
_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def _names_by_form() -> dict[str, frozenset[str]]:
    """Each form with the names that it may stand for; a name stands for itself.

    The table is ours, with the package `nicknames` for English: it knows 1,100 names.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        name, colon, forms = line.partition(":")
        if colon and not line.startswith("#"):
            for form in (name, *forms.split()):
                found["".join(fold(form))].add(name)
    for name, short in NickNamer().nickname_lookup.items():
        if name not in _LEFT_OUT:
            for form in (name, *short):
                found[form].add(name)
    return {form: frozenset(names) for form, names in found.items()}


def forms_of(word: str) -> frozenset[str]:
    """The names that a folded given name may stand for, none for one that isn't known."""
    return _names_by_form().get(word, _NONE)


def is_one_name(a: str, b: str) -> bool:
    """Whether two folded given names may be one person's: 'bob' and 'robert', 'kasia' and
    'katarzyna'."""
    return not forms_of(a).isdisjoint(forms_of(b))

"""Companies asked for by id or domain, where a CRM keeps the web address that somebody typed and
not the domain."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from connectors.core.crm import Account, CompanyAsked
from connectors.core.literals import literal
from leads.keys import registrable

_DOMAINS = 8  # a query: COQL's lists are short, and SOQL's go in a web address


def conditions(asked: Sequence[CompanyAsked], ident: str) -> list[str]:
    """What SOQL and COQL find them by, a condition a query; `ident` is the id's field, the web
    address's is Website in both."""
    ids = dict.fromkeys(a.id for a in asked if a.id)
    by_id = [f"{ident} in {literal(ids)}"] if ids else []
    return by_id + [
        f"Website in {literal(some)}"
        for some in _websites(a.domain for a in asked if a.domain and not a.id)
    ]


def _websites(domains: Iterable[str]) -> Iterator[list[str]]:
    """How people write the addresses of some domains, in parts that one query takes.

    By equality: a prefix is not indexed.
    """
    unique = [*dict.fromkeys(domains)]
    for start in range(0, len(unique), _DOMAINS):
        some = unique[start : start + _DOMAINS]
        yield [
            f"{a}{b}{d}{c}"
            for d, a, b, c in product(some, ("", "http://", "https://"), ("", "www."), ("", "/"))
        ]


def answer(asked: Sequence[CompanyAsked], found: Iterable[Account]) -> list[Account | None]:
    """What was found, in the order of the questions. `found` is oldest first."""
    by_id: dict[str, Account] = {}
    by_domain: dict[str, Account] = {}
    for company in found:
        by_id.setdefault(company.id, company)
        by_domain.setdefault(registrable(company.domain), company)
    by_domain.pop("", None)  # whoever asks without a domain asks for nobody
    return [by_id.get(a.id) if a.id else by_domain.get(a.domain) for a in asked]

"""Companies looked up by id or domain.

Salesforce and Zoho hold the web address that a user typed, not the domain.
"""

from collections.abc import Iterable, Sequence
from itertools import product

from connectors.core.crm import Account, CompanyAsked
from connectors.core.literals import literal
from leads.keys import registrable

_DOMAINS = 8  # a query: SOQL's lists go in a web address


def conditions(asked: Sequence[CompanyAsked], ident: str) -> list[str]:
    """Conditions of SOQL that find companies, each for a query of its own.

    `ident` is the name of the id's field; the web address's is Website.
    """
    found: list[str] = []
    ids, domains = ids_and_domains(asked)
    if ids:
        found.append(f"{ident} in {literal(ids)}")
    for start in range(0, len(domains), _DOMAINS):
        found.append(f"Website in {literal(websites(domains[start : start + _DOMAINS]))}")
    return found


def ids_and_domains(asked: Sequence[CompanyAsked]) -> tuple[list[str], list[str]]:
    """The ids that are asked for, and the domains of questions without an id; each once."""
    ids: dict[str, None] = {}
    domains: dict[str, None] = {}
    for question in asked:
        if question.id:
            ids[question.id] = None
        elif question.domain:
            domains[question.domain] = None
    return [*ids], [*domains]


def websites(domains: Sequence[str]) -> list[str]:
    """How people write the addresses of some domains.

    By equality: a prefix is not indexed.
    """
    spellings = product(domains, ("", "http://", "https://"), ("", "www."), ("", "/"))
    return [f"{scheme}{www}{domain}{slash}" for domain, scheme, www, slash in spellings]


def answer(asked: Sequence[CompanyAsked], found: Iterable[Account]) -> list[Account | None]:
    """What was found, in the order of the questions. `found` is oldest first."""
    by_id: dict[str, Account] = {}
    by_domain: dict[str, Account] = {}
    for company in found:
        by_id.setdefault(company.id, company)
        by_domain.setdefault(registrable(company.domain), company)
    by_domain.pop("", None)  # a question without a domain asks for no company
    answers: list[Account | None] = []
    for question in asked:
        if question.id:
            answers.append(by_id.get(question.id))
        else:
            answers.append(by_domain.get(question.domain))
    return answers

"""What a snapshot of the CRM finds that a person may want to correct before the first import."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Counts and findings."""

    contacts: int
    addresses: int
    companies: int
    twice: list[list[str]]  # ids of contacts that share an address
    domains: dict[str, list[str]]  # ids of companies that share a domain; the first one is used
    unowned: int  # contacts whose owner has left

    def report(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "contacts": self.contacts,
            "addresses": self.addresses,
            "companies": self.companies,
            "duplicates": self.twice,
            "shared_domains": self.domains,
            "of_inactive_owners": self.unowned,
        }

    def text(self) -> str:
        """As sentences: the counts, and the first of each kind of finding."""
        lines = [
            f"{self.contacts} contacts, {self.addresses} addresses, {self.companies} companies"
        ]
        for ids in self.twice[:_SHOWN]:
            lines.append(f"the same person twice: contacts {', '.join(ids)}")
        for domain, ids in islice(self.domains.items(), _SHOWN):
            lines.append(f"{domain}: companies {', '.join(ids)}; the oldest, {ids[0]}, is used")
        left = max(0, len(self.twice) - _SHOWN) + max(0, len(self.domains) - _SHOWN)
        if left:
            lines.append(f"and {left} more of these; --json shows all")
        if self.unowned:
            lines.append(
                f"{self.unowned} contacts belong to users who have left: they are routed again"
            )
        return "\n".join(lines)


@dataclass(slots=True)
class ReportBuilder:
    """The addresses and domains read so far; noting one again changes nothing."""

    _holders: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _sites: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note_address(self, address: str, contact_id: str) -> None:
        """A contact has an address."""
        self._holders[address].add(contact_id)

    def note_site(self, domain: str, company_id: str) -> None:
        """A company has a domain."""
        self._sites[domain].add(company_id)

    def site(self, domain: str) -> list[str]:
        """The companies of a domain, the oldest first."""
        return _oldest_first(self._sites[domain])

    def snapshot(
        self, contacts: int, companies: int, owners: Mapping[str, int], active: AbstractSet[str]
    ) -> SyncReport:
        """The findings; `owners` counts contacts by owner id, `active` has the ids of the owners
        who have not left."""
        return SyncReport(
            contacts=contacts,
            addresses=sum(map(len, self._holders.values())),
            companies=companies,
            twice=self._duplicates(),
            domains=self._shared_domains(),
            unowned=sum(n for owner, n in owners.items() if owner and owner not in active),
        )

    def _duplicates(self) -> list[list[str]]:
        """The contacts that share an address, each group once."""
        groups = set()
        for ids in self._holders.values():
            if len(ids) > 1:
                groups.add(tuple(_oldest_first(ids)))
        return list(map(list, sorted(groups)))

    def _shared_domains(self) -> dict[str, list[str]]:
        shared = {}
        for domain, ids in self._sites.items():
            if len(ids) > 1:
                shared[domain] = _oldest_first(ids)
        return shared


def _oldest_first(ids: AbstractSet[str]) -> list[str]:
    """By length, then by text: ids are growing numbers, or growing texts of one length."""
    return sorted(ids, key=lambda ident: (len(ident), ident))

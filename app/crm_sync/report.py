"""What a snapshot of the CRM finds that a person may want to mend before the first import."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Counts and findings."""

    contacts: int
    addresses: int
    companies: int
    twice: list[list[str]]  # ids of contacts that share an address
    domains: dict[str, list[str]]  # of several companies; the first is the one that is used
    unowned: int  # contacts whose owner has left

    def report(self) -> dict[str, Any]:
        """For programs."""
        counts = {
            "contacts": self.contacts,
            "addresses": self.addresses,
            "companies": self.companies,
        }
        return {
            **counts,
            "duplicates": self.twice,
            "shared_domains": self.domains,
            "of_inactive_owners": self.unowned,
        }

    def text(self) -> str:
        """For a person: the counts, and the first of each finding."""
        lines = [
            f"{self.contacts} contacts, {self.addresses} addresses, {self.companies} companies"
        ]
        lines += [
            f"the same person twice: contacts {', '.join(ids)}" for ids in self.twice[:_SHOWN]
        ]
        lines += [
            f"{d}: companies {', '.join(ids)}; the oldest, {ids[0]}, is used"
            for d, ids in [*self.domains.items()][:_SHOWN]
        ]
        left = max(0, len(self.twice) - _SHOWN) + max(0, len(self.domains) - _SHOWN)
        lines += [f"and {left} more of these; --json shows all"] if left else []
        lines += (
            [f"{self.unowned} contacts belong to users who have left: they are routed anew"]
            if self.unowned
            else []
        )
        return "\n".join(lines)


@dataclass(slots=True)
class ReportBuilder:
    """What was seen so far, whoever read it: noting the same again changes nothing."""

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
        """The findings; `owners` counts contacts by the ids of their owners, `active` are those who
        haven't left."""
        return SyncReport(
            contacts=contacts,
            addresses=sum(map(len, self._holders.values())),
            companies=companies,
            twice=[
                list(ids)
                for ids in sorted(
                    {tuple(_oldest_first(i)) for i in self._holders.values() if len(i) > 1}
                )
            ],
            domains={d: _oldest_first(ids) for d, ids in self._sites.items() if len(ids) > 1},
            unowned=sum(n for owner, n in owners.items() if owner and owner not in active),
        )


def _oldest_first(ids: AbstractSet[str]) -> list[str]:
    """By length, then by text: ids are numbers, or texts of one length that grow."""
    return sorted(ids, key=lambda ident: (len(ident), ident))

"""Where a CRM shows the lawful basis of a contact and the source of its data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from connectors.core.fields import Field

#: As the bases are written where a CRM has no words of its own.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "legitimate_interest": "Legitimate interest",
        "existing_customer": "Legitimate interest: existing customer",
        "contract": "Performance of a contract",
        "consent": "Consent",
        "not_applicable": "Not applicable",
    }
)


class BasisProperties(NamedTuple):
    """The property of the basis and that of the source in one CRM.

    `words` are the basis's values by the rules' words. `basis_is_ours`: Leadgate made the property,
    so that it is written whatever is there; the CRM's own is filled if it is blank.
    """

    basis: Field
    source: Field
    words: Mapping[str, str]
    basis_is_ours: bool

    @property
    def made(self) -> tuple[Field, ...]:
        """The properties that `provision` makes."""
        return (self.basis, self.source) if self.basis_is_ours else (self.source,)

    @property
    def overwritten(self) -> tuple[str, ...]:
        """The properties that are written whatever is there."""
        return tuple(field.name for field in self.made)

    def values(self, basis: str, source: str) -> dict[str, Any]:
        """What is written for a basis by the rules' word for it and a source; nothing for ''."""
        if not basis:
            return {}
        return {self.basis.name: self.words[basis], self.source.name: source}

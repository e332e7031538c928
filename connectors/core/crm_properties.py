"""The properties that Leadgate adds to a person in every CRM: what they are, what an assignment
sets, what a write changed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from connectors.core.crm import ContactWrite, OwnerWrite
from connectors.core.fields import Field
from leads.records import Change

# of a text of ours, in Salesforce and Zoho: a webhook's visit may carry a longer address
_MOST_TEXT = 255


class LeadgateProperties(NamedTuple):
    """Names of our properties in one CRM, and the CRM's own name of the owner."""

    owner: str
    key: str
    lead: str
    score: str
    status: str
    intent: str
    engagement: str
    sequence: str
    reasons: str
    title: str
    seniority: str
    function: str
    company: str
    sequence_label: str = "Leadgate: Apollo's sequence"

    def fields(self) -> tuple[Field, ...]:
        """As `provision` makes them."""
        return (
            Field(name=self.key, label="Leadgate key", type="text", unique=True),
            Field(name=self.lead, label="Leadgate lead", type="text"),
            Field(name=self.score, label="Leadgate score", type="number"),
            Field(name=self.status, label="Leadgate status", type="text"),
            Field(name=self.intent, label="Leadgate intent", type="text"),
            Field(name=self.engagement, label="Leadgate engagement score", type="number"),
            Field(name=self.sequence, label=self.sequence_label, type="text"),
            Field(name=self.reasons, label="Leadgate reasons", type="long"),
            Field(name=self.title, label="Leadgate title", type="text"),
            Field(name=self.seniority, label="Leadgate seniority", type="text"),
            Field(name=self.function, label="Leadgate function", type="text"),
            Field(name=self.company, label="Leadgate company", type="text"),
        )

    def changed(self) -> tuple[str, ...]:
        """What an upsert and an assignment may change: read before, so that it can be put back."""
        return (
            self.owner,
            self.lead,
            self.score,
            self.status,
            self.intent,
            self.engagement,
            self.sequence,
            self.reasons,
            self.title,
            self.seniority,
            self.function,
            self.company,
        )

    def description(self, write: ContactWrite) -> dict[str, Any]:
        """What an upsert sets whatever is there: which lead it is, and how it was read."""
        return {
            self.lead: write.lead_id,
            self.title: write.plain_title[:_MOST_TEXT],
            self.seniority: write.seniority,
            self.function: write.function,
            self.company: write.plain_company[:_MOST_TEXT],
        }

    def assignment(self, write: OwnerWrite) -> dict[str, Any]:
        """What an assignment sets in addition to the owner."""
        return {
            self.score: write.score,
            self.status: write.status,
            self.intent: write.intent[:_MOST_TEXT],
            self.engagement: write.engagement,
            self.sequence: write.sequence,
            self.reasons: write.reasons,
        }

    def change(
        self, contact_id: str, wrote: dict[str, Any], held: Mapping[str, Any] | None
    ) -> Change:
        """What a write did to a person. `held` was read before; None for a new person."""
        before = dict.fromkeys((*wrote, *self.changed()))
        for name in before:
            value = (held or {}).get(name)
            if value != "":
                before[name] = value
        return Change(contact_id=contact_id, wrote=wrote, before=before)

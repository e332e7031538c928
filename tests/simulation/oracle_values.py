"""Which of several records' values is the best, as docs/matching.md has it: the oracle's own words
for it."""

from typing import Any, NamedTuple


class Saying(NamedTuple):
    """What one record says, and how old that is. Ordered by what survives."""

    changed_at: float
    captured_at: float
    lead: str
    title: str
    phone: str

    @classmethod
    def of(cls, event: dict[str, Any]) -> "Saying":
        """Out of an event of the record's lead."""
        record, person = event["inputs"]["record"], event["person"]
        captured = record["captured_at"]
        changed = min(record.get("updated_at") or captured, captured)
        texts = person.get("title", ""), person.get("phone", "")
        return cls(changed, captured, event["lead"], *texts)


def survivor(name: str, sayings: list[Saying]) -> str:
    """The value of the newest record that has one, '' if none has."""
    newest = sorted(sayings, reverse=True)
    return next((value for one in newest if (value := getattr(one, name))), "")

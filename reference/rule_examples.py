"""The examples of docs/reference/rules.md: parts of rules.yaml, by hand."""

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """Some keys of a rules file, and what they are good for."""

    title: str
    text: str
    file: str

    @property
    def yaml(self) -> str:
        """The keys as they stand in the file."""
        return (_FOLDER / self.file).read_text(encoding="utf-8")


EXAMPLES = (
    Example(
        "Five reps by territory",
        "The first route that fits counts, so the narrow ones come first. The last route has no"
        " condition: no lead is left without a rep.",
        "territories.yaml",
    ),
    Example(
        "By vertical",
        "Industries are grouped under names of your own, and routes ask for the group. Large"
        " financial companies go to another rep than small ones.",
        "verticals.yaml",
    ),
    Example(
        "Named accounts",
        "Who owns a company in the CRM gets its leads, before any route is asked. Only owners of"
        " these teams count: a customer manager gets no new leads. Assign the named accounts to"
        " their reps in the CRM; the rules hold no list of companies.",
        "named-accounts.yaml",
    ),
    Example(
        "Two languages",
        "Titles in ten languages are read; a rule says where yours differ. German-speaking"
        " countries have a rep and a sequence of their own, and everybody else gets the English"
        " ones.",
        "languages.yaml",
    ),
    Example(
        "Lawful basis",
        "The CRM's contact shows on which basis the person is processed, and where the data comes"
        " from. Leads of a country without a basis, and those of no known country, wait for a"
        " person before anything is written to the CRM; `without: end` ends them. An erased"
        " person's contact is deleted.",
        "lawful-basis.yaml",
    ),
)

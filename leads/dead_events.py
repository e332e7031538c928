"""Which events of dead records are about leads."""

from leads import topics


def is_of_no_lead(kind: str, cause: str) -> bool:
    """Whether an event of this kind and cause is the dead letter of a topic on which no leads are
    captured: its subject is the letter, and no lead."""
    captured = cause.startswith(f"{topics.CAPTURED.full}/")
    return kind == "dead" and cause.startswith(topics.PREFIX) and not captured

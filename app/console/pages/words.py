"""How pages name what the log names by ids: places, reasons, decisions, times."""

import re
from datetime import UTC, datetime

from leads.audit_kinds import AUDIT_KINDS
from leads.records import Place
from leads.times import format_duration

#: Where a lead is, in the order in which pages show places.
PLACES: dict[str, str] = {
    Place.IN_FLIGHT: "On the way",
    Place.REVIEW: "Waits for people",
    Place.HELD: "Held",
    Place.FALLBACK: "Not written to the CRM",
    Place.ENGAGED: "With a rep",
    Place.NURTURED: "In nurture",
    Place.SUPPRESSED: "Not to be contacted",
    Place.MERGED: "Merged",
    Place.DEAD: "Unreadable",
    Place.UNDONE: "Taken back",
    Place.ERASED: "Erased",
}
#: Where a lead waits, as tabs name it.
WAITS = {Place.REVIEW: "For people", Place.HELD: "Held", Place.FALLBACK: "Not in the CRM"}
#: What leads came to in a week.
WEEK = {
    "captured": "came in",
    "written": "written to the CRM",
    "engaged": "given to a rep",
    "nurtured": "entered nurture",
    "merged": "merged with a known person",
    "suppressed": "not to be contacted any more",
    "fallback": "refused by the CRM",
    "breached": "not contacted in time",
}
#: Decisions as the buttons of the review page name them.
ACTIONS = {
    "set": "Correct it",
    "merge": "Merge them",
    "separate": "Keep them separate",
    "route": "Give it to a rep",
    "redrive": "Look again",
    "approve": "Approve it",
    "suppress": "Never contact them",
}
#: The key that chooses a decision.
KEYS = {
    "set": "e",
    "merge": "m",
    "separate": "s",
    "route": "r",
    "redrive": "l",
    "approve": "a",
    "suppress": "n",
}
_SAYS = {kind.name: kind.says for kind in AUDIT_KINDS}
#: What comes without an end.
_STEADY = {"poll": "Apollo, by the poller", "webhook": "Webhooks of Zapier and Apollo"}
_HASH = re.compile(r":[0-9a-f]{8}$")
_FIELDS = {
    "email": "E-mail",
    "email_status": "E-mail status",
    "linkedin": "LinkedIn",
}


def place_words(place: str) -> str:
    """A place in words."""
    return PLACES.get(place, place)


def kind_words(kind: str) -> str:
    """A kind of event in words, as the rest of a sentence about the lead."""
    return _SAYS.get(kind, kind.replace("_", " "))


def reason_words(kind: str) -> str:
    """What a lead waits for, as a title."""
    words = kind_words(kind)
    return words[:1].upper() + words[1:]


def import_words(ident: str) -> str:
    """What came in by an import: the file's name without the hash of its content."""
    return _STEADY.get(ident) or _HASH.sub("", ident)


def field_words(name: str) -> str:
    """A field of a person or company as a form's label."""
    words = _FIELDS.get(name) or name.removeprefix("company.").replace("_", " ").capitalize()
    return f"Company: {words.lower()}" if name.startswith("company.") else words


def ago(at: float, now: float) -> str:
    """How long ago a time was, or in how long it comes; in its largest unit."""
    length = format_duration(round(abs(now - at)))
    if length == "0 s":
        return "now"
    length = " ".join(length.split()[:2])
    return f"{length} ago" if at <= now else f"in {length}"


def iso(at: float) -> str:
    """A time for <time datetime>."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def change(now: int, before: int) -> str:
    """How a figure differs from the one before, with its sign; ±0 where it does not."""
    if now == before:
        return "±0"
    return f"+{now - before:,}" if now > before else f"−{before - now:,}"  # noqa: RUF001  a minus

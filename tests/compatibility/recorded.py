"""The recorded formats, and how the declared ones may differ from them: by additions alone."""

from pathlib import Path

from tests.compatibility.declared import Formats

FILE = Path(__file__).with_name("formats.txt")
#: What a name begins with, and what a line of its kind says when it is gone.
_GONE = {
    "field": "bytes in the log and in the state have this field: keep it, and read it as before",
    "record": "records of this name lie in the log or the state: keep it",
    "event": "consumers know this event, and old ones lie in the log: keep the kind, and write"
    " another one beside it",
    "place": "old events have this place: keep it",
    "file": "an earlier commit has written it: take it back from there",
    "key": "add another derivation beside it; with this one leads and people are found",
}
_OTHERWISE = "what was written under this name must stay readable: keep it"


def recorded() -> Formats:
    """The formats that earlier commits wrote."""
    return parse(FILE.read_text()) if FILE.exists() else {}


def parse(text: str) -> Formats:
    """The lines `NAME: FORM`."""
    parts = (line.partition(": ") for line in text.splitlines())
    return {name: form for name, _, form in parts}


def faults(now: Formats, before: Formats) -> list[str]:
    """Every change that old bytes don't bear, each with what to do instead."""
    return [*_lost(now, before), *_changed(now, before), *_without_default(now, before)]


def additions(now: Formats, before: Formats) -> Formats:
    """What is new; and what has more alternatives, in its new form."""
    return {name: form for name, form in now.items() if before.get(name) != form}


def _lost(now: Formats, before: Formats) -> list[str]:
    return [
        f"{name} was removed or renamed ({form}): {_GONE.get(name.split()[0], _OTHERWISE)}"
        for name, form in before.items()
        if name not in now
    ]


def _changed(now: Formats, before: Formats) -> list[str]:
    return [
        f"{name} was `{form}` and is `{now[name]}`: add another name, and read both"
        for name, form in before.items()
        if name in now and not _reads(now[name], form)
    ]


def _reads(now: str, before: str) -> bool:
    """Whether a form has all alternatives of the old one, and the same default."""
    (types, default), (old, old_default) = (_parts(now), _parts(before))
    return old <= types and default == old_default


def _parts(form: str) -> tuple[set[str], str]:
    types, _, default = form.partition(" = ")
    return set(types.split(" | ")), default


def _without_default(now: Formats, before: Formats) -> list[str]:
    return [
        f"{name} is new and has no default: old bytes do not have it, so give it one"
        for name, form in now.items()
        if name.startswith("field ") and name not in before and " = " not in form
        if f"record {name.split()[1].rpartition('.')[0]}" in before
    ]


def to_text(formats: Formats) -> str:
    """The file's text, in the order of the names."""
    return "".join(f"{name}: {form}\n" for name, form in sorted(formats.items()))

"""What can't be meant in a file of rules, and what is perhaps not meant.

Only a file is judged so: versions that were published earlier stay readable.
"""

from collections.abc import Iterator
from typing import NamedTuple

from leads.countries import all_countries, country_code, is_country
from leads.regions import state_code
from leads.rule_models import Condition
from leads.rules import Rules

Location = tuple[int | str, ...]
_LONGEST_CODE = 3  # letters
_BACKSPACE = "\b"


class RuleFault(NamedTuple):
    """A fault, and the key that it is about."""

    location: Location
    message: str


def rule_faults(rules: Rules) -> list[RuleFault]:
    """Conditions and patterns that no lead can meet."""
    return [*_backspaces(rules), *_country_faults(rules), *_matching_faults(rules)]


def rule_notes(rules: Rules) -> list[str]:
    """A sentence for each thing that is allowed, and perhaps not meant."""
    notes = (_foreign_countries, _unknown_states, _size_gaps, _open_routes)
    return [line for find in notes for line in find(rules)]


def _backspaces(rules: Rules) -> Iterator[RuleFault]:
    for number, title in enumerate(rules.titles):
        if _BACKSPACE in title.pattern:
            yield RuleFault(
                ("titles", number, "pattern"),
                "it has a backspace, which no title has: in double quotes \\b is one, in single"
                " quotes the edge of a word",
            )


def _matching_faults(rules: Rules) -> Iterator[RuleFault]:
    limits = rules.matching
    for name in ("sure_name", "sure_title", "unsure_name"):
        if getattr(limits, name) is not None:
            yield RuleFault(
                ("matching", name),
                "it decides nothing any more: remove it; matching.merge and matching.ask do"
                " (docs/matching.md)",
            )
    if limits.ask > limits.merge:
        yield RuleFault(
            ("matching", "ask"),
            f"it is above matching.merge ({limits.merge:g}), so nobody would be asked",
        )


def _countries(rules: Rules) -> Iterator[tuple[Location, str]]:
    """Every country that the rules name, with its place."""
    for code in rules.icp.country:
        if code != "*":
            yield ("icp", "country", code), code
    if rules.lawful_basis is not None:
        for code in rules.lawful_basis.countries:
            yield ("lawful_basis", "countries", code), code
    for location, when in _conditions(rules):
        for position, code in enumerate(when.countries):
            yield (*location, "countries", position), code


def _conditions(rules: Rules) -> Iterator[tuple[Location, Condition]]:
    """Every condition, with its place."""
    for number, route in enumerate(rules.routes):
        yield ("routes", number, "when"), route.when
    for number, sequence in enumerate(rules.sequences):
        yield ("sequences", number, "when"), sequence.when


def _country_faults(rules: Rules) -> Iterator[RuleFault]:
    for location, text in _countries(rules):
        code = country_code(text.strip())
        if code != text and is_country(code):
            yield RuleFault(location, f"{text!r} matches no lead: write {code}")


def _foreign_countries(rules: Rules) -> Iterator[str]:
    for location, text in _countries(rules):
        if not is_country(text) and not is_country(country_code(text.strip())):
            yield f"rules: {dotted(location)}: {text!r} is no country of ISO 3166"


def _unknown_states(rules: Rules) -> Iterator[str]:
    """States that none of the condition's countries has, or none at all."""
    for location, when in _conditions(rules):
        countries = when.countries or tuple(all_countries())
        for text in when.states:
            where = f"{dotted(location)}.states"
            if not when.countries and len(text) <= _LONGEST_CODE:
                yield f"rules: {where}: {text!r} may be of several countries: say `countries`"
            elif not any(state_code(text, country) for country in countries):
                yield f"rules: {where}: {text!r} is no state or region of {_list(when)}"


def _list(when: Condition) -> str:
    return ", ".join(when.countries) or "any country"


def _size_gaps(rules: Rules) -> Iterator[str]:
    """Between sizes, not below the least or above the largest."""
    reached = 0
    for size in sorted(rules.sizes, key=lambda size: size.least):
        if reached and size.least > reached + 1:
            yield f"rules: sizes: {reached + 1} to {size.least - 1} employees are of no size"
        reached = max(reached, size.most)


def _open_routes(rules: Rules) -> Iterator[str]:
    if not any(route.when == type(route.when)() for route in rules.routes):
        yield (
            "rules: routes: none is without a condition, so a lead that fits none of them waits"
            " for a person as unrouted"
        )


def dotted(location: Location) -> str:
    """A place in the file as messages name it."""
    return ".".join(map(str, location))

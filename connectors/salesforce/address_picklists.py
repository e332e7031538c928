"""Countries and states as an org takes them: as text, or by code where its State and
Country/Territory Picklists are on.

With the picklists on, `CountryCode` and `StateCode` are among a lead's fields, and a text that
is none of the org's labels costs the whole row (Salesforce Help, "State and Country/Territory
Picklists"; new orgs have them).
"""

import time
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.core.answers import sound
from connectors.core.crm import ContactWrite
from connectors.core.fields import FIELDS_SECONDS
from connectors.core.ttl_cache import TtlCache
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import Described, Entry, FieldRow, field_of


class Picklists(NamedTuple):
    """An org's countries, code to label, and its states, by the country's code and their folded
    label or code."""

    countries: Mapping[str, str]
    states: Mapping[tuple[str, str], str]


class Place(NamedTuple):
    """The blanks of a person's address that can be filled, and a line for each that can't."""

    fields: dict[str, str]
    dropped: tuple[str, ...] = ()


def cached_picklists(http: SalesforceHttp) -> TtlCache[Picklists | None]:
    """Whether this org has the picklists, None for one that takes text, by a description that is at
    most ten minutes old."""

    async def read() -> Picklists | None:
        described = await http.call(Described, "GET", "sobjects/{}/describe", "Lead")
        return picklists_of({f.name: f for f in sound("Salesforce", described.fields, field_of)})

    return TtlCache(read, FIELDS_SECONDS, time.monotonic)


def picklists_of(fields: Mapping[str, FieldRow]) -> Picklists | None:
    """Out of a lead's description, None for an org without the picklists."""
    if "CountryCode" not in fields:
        return None
    countries = fields["CountryCode"].entries
    labels = {c.value: c.label or c.value for c in countries if c.active}
    if "StateCode" not in fields:
        return Picklists(labels, {})
    states: dict[tuple[str, str], str] = {}
    for state in fields["StateCode"].entries:
        if not state.active:
            continue
        for country in _countries_of(state, countries):
            for name in (state.value, state.label or state.value):
                states[country, name.casefold()] = state.value
    return Picklists(labels, states)


def _countries_of(state: Entry, countries: Sequence[Entry]) -> Iterator[str]:
    """The values of a state's countries: `validFor` has a bit for each country, in the order of
    their entries."""
    bits = _bits(state.validFor or "")
    for number, country in enumerate(countries[: 8 * len(bits)]):
        if bits[number >> 3] & 0x80 >> (number & 7):
            yield country.value


def _bits(text: str) -> bytes:
    """Of a text that isn't base64, none: the state is then of no country, and isn't written."""
    try:
        return b64decode(text)
    except ValueError:
        return b""


def place_of(
    write: ContactWrite, kind: str, held: Mapping[str, Any], picklists: Picklists | None
) -> Place:
    """What to write of the person's city, state and country on a lead or contact; what `held` says
    stays."""
    prefix = "" if kind == "Lead" else "Mailing"
    texts = {"City": write.city, "State": write.state, "Country": write.country}
    blanks: dict[str, str] = {}
    for name, text in texts.items():
        if held.get(f"{prefix}{name}") in (None, ""):
            blanks[f"{prefix}{name}"] = text
    if picklists is None:
        return Place(blanks)
    return _by_code(write, prefix, held, blanks, picklists)


def _by_code(
    write: ContactWrite,
    prefix: str,
    held: Mapping[str, Any],
    blanks: Mapping[str, str],
    picklists: Picklists,
) -> Place:
    city, state, country = f"{prefix}City", f"{prefix}State", f"{prefix}Country"
    fields: dict[str, str] = {}
    dropped: list[str] = []
    if city in blanks:
        fields[city] = write.city
    label = picklists.countries.get(write.country_code, "")
    if write.country and not label:
        dropped.append(f"{country}Code: the org's picklist has no such country")
    if label and country in blanks:
        fields[f"{country}Code"] = write.country_code
    is_same = country in blanks or held.get(country) == label
    if write.state and label and is_same and state in blanks:
        if code := picklists.states.get((write.country_code, write.state.casefold())):
            fields[f"{state}Code"] = code
        else:
            dropped.append(f"{state}Code: the org's picklist has no such state of that country")
    return Place(fields, tuple(dropped))

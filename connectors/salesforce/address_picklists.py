"""Countries and states as an org takes them: as text, or by code where its State and
Country/Territory Picklists are on.

With the picklists on, `CountryCode` and `StateCode` are among a lead's fields, and a text that
is none of the org's labels costs the whole row (Salesforce Help, "State and Country/Territory
Picklists"; new orgs have them).
"""

import time
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple

from connectors.core.answers import sound
from connectors.core.crm import ContactWrite
from connectors.core.fields import FIELDS_KEPT
from connectors.core.ttl_cache import TtlCache
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import Described, FieldRow, field_of


class Picklists(NamedTuple):
    """An org's countries, code to label, and its states, by the country's code and their folded
    label or code."""

    countries: Mapping[str, str]
    states: Mapping[tuple[str, str], str]


class Place(NamedTuple):
    """Of a person's place, the blanks that can be filled, and a line for each that can't."""

    fields: dict[str, str]
    dropped: tuple[str, ...] = ()


def kept_picklists(http: SalesforceHttp) -> TtlCache[Picklists | None]:
    """Whether this org has the picklists, None for one that takes text, by a description that is at
    most ten minutes old."""

    async def read() -> Picklists | None:
        described = await http.call(Described, "GET", "sobjects/{}/describe", "Lead")
        return picklists_of({f.name: f for f in sound("Salesforce", described.fields, field_of)})

    return TtlCache(read, FIELDS_KEPT, time.monotonic)


def picklists_of(fields: Mapping[str, FieldRow]) -> Picklists | None:
    """Out of a lead's description.

    A state's `validFor` has a bit for each country, in the order of their values.
    """
    if "CountryCode" not in fields:
        return None
    values = fields["CountryCode"].picklistValues or []
    states: dict[tuple[str, str], str] = {}
    for state in (fields["StateCode"].picklistValues or []) if "StateCode" in fields else []:
        bits = _bits(state.validFor or "")
        for number, country in enumerate(values):
            if (
                state.active
                and number >> 3 < len(bits)
                and bits[number >> 3] & 0x80 >> (number & 7)
            ):
                for name in (state.value, state.label or state.value):
                    states[country.value, name.casefold()] = state.value
    return Picklists({c.value: c.label or c.value for c in values if c.active}, states)


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
    blank = {
        name: held.get(f"{prefix}{name}") in (None, "") for name in ("City", "State", "Country")
    }
    fields = {f"{prefix}City": write.city} if blank["City"] else {}
    if picklists is None:
        texts = {"State": write.state, "Country": write.country}
        return Place(
            fields | {f"{prefix}{name}": text for name, text in texts.items() if blank[name]}
        )
    dropped: list[str] = []
    shown = picklists.countries.get(write.country_code, "")
    if write.country and not shown:
        dropped.append(f"{prefix}CountryCode: the org's picklist has no such country")
    if shown and blank["Country"]:
        fields[f"{prefix}CountryCode"] = write.country_code
    same = blank["Country"] or held.get(f"{prefix}Country") == shown
    if write.state and shown and same and blank["State"]:
        if code := picklists.states.get((write.country_code, write.state.casefold())):
            fields[f"{prefix}StateCode"] = code
        else:
            dropped.append(
                f"{prefix}StateCode: the org's picklist has no such state of that country"
            )
    return Place(fields, tuple(dropped))

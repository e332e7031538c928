"""An org whose State and Country/Territory Picklists are on (control: `salesforce_picklists`):
codes, labels, dependence."""

from base64 import b64encode
from typing import Any

from sandbox.store import Store, Thing

CONTROL = "salesforce_picklists"
_COUNTRIES: dict[str, tuple[str, dict[str, str]]] = {
    # so that a state's bits are in a second byte
    **{f"X{c}": (f"Nowhere {c}", {}) for c in "ABCDEFGH"},
    "AU": ("Australia", {"WA": "Western Australia"}),
    "CA": ("Canada", {"ON": "Ontario"}),
    "DE": ("Germany", {}),
    "GB": ("United Kingdom", {}),
    "US": (
        "United States",
        {"CA": "California", "NY": "New York", "TX": "Texas", "WA": "Washington"},
    ),
}
_PREFIXES = {"Lead": "", "Contact": "Mailing"}


class MisplacedError(ValueError):
    """A place that the picklists refuse: the message, and the field."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def is_on(store: Store) -> bool:
    """Whether somebody has switched them on."""
    return bool((store.get("control", CONTROL) or {}).get("on"))


def code_fields(store: Store, kind: str) -> set[str]:
    """The fields that an object has with the picklists on."""
    if kind not in _PREFIXES or not is_on(store):
        return set()
    return {f"{_PREFIXES[kind]}{name}" for name in ("CountryCode", "StateCode")}


def described(name: str) -> list[Thing]:
    """A code field's values."""
    if name.endswith("CountryCode"):
        return [
            {"value": code, "label": label, "active": True}
            for code, (label, _) in _COUNTRIES.items()
        ]
    return [
        {"value": code, "label": label, "active": True, "validFor": _bits(number)}
        for number, (_, states) in enumerate(_COUNTRIES.values())
        for code, label in states.items()
    ]


def _bits(number: int) -> str:
    size = (len(_COUNTRIES) + 7) // 8
    return b64encode((1 << (size * 8 - 1 - number)).to_bytes(size, "big")).decode()


def placed(kind: str, values: dict[str, Any], record: Thing) -> dict[str, Any]:
    """Values with code and label in step. Raises MisplacedError."""
    prefix = _PREFIXES[kind]
    country, code = f"{prefix}Country", f"{prefix}CountryCode"
    state, state_code = f"{prefix}State", f"{prefix}StateCode"
    found: dict[str, Any] = {}
    if values.get(code) or values.get(country):
        given = values.get(code) or values.get(country)
        name = next((c for c, (label, _) in _COUNTRIES.items() if given in {c, label}), None)
        if name is None or (values.get(code) and name != values[code]):
            raise MisplacedError(
                "There's a problem with this country, even though it may appear correct.", country
            )
        found |= {code: name, country: _COUNTRIES[name][0]}
    if values.get(state_code) or values.get(state):
        within = found.get(code) or record.get(code)
        if not within:
            raise MisplacedError(
                "A country/territory must be specified before specifying a state value", state
            )
        given = values.get(state_code) or values.get(state)
        name = next((c for c, label in _COUNTRIES[within][1].items() if given in {c, label}), None)
        if name is None:
            raise MisplacedError(
                "There's a problem with this state, even though it may appear correct.", state
            )
        found |= {state_code: name, state: _COUNTRIES[within][1][name]}
    for one, other in ((code, country), (state_code, state)):
        if one in values and values[one] is None:
            found[other] = None
    return {**values, **found}

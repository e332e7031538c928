"""Values of properties: what HubSpot takes, and how it keeps them.

Sources: HubSpot's page "Properties" (types and their values); its changelog of April 2025 (no
blanks around values that aren't text); docs/design/vendors.md HubSpot 1.5 (longest text).
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from sandbox.hubspot.definitions import Definition
from sandbox.hubspot.errors import Misfit, iso

MOST_TEXT = 65_536
_ADDRESS = re.compile(r"[^@\s;]+@[^@\s;]+\.[^@\s;]+")
_DAY_MS = 86_400_000
_ADDRESSES = frozenset({"email", "hs_additional_emails"})


class _MisfitError(ValueError):
    """A value that a property doesn't take: HubSpot's code and its text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def kept_value(definition: Definition, value: object, owners: Collection[str]) -> str | Misfit:
    """A value as HubSpot keeps it, '' if it clears the property; or what is wrong with it.

    `owners` are the ids that an owner's property takes.
    """
    name, text = str(definition["name"]), _text(value)
    if not text:
        return ""
    try:
        if name in _ADDRESSES:
            return _addresses([text] if name == "email" else text.split(";"))
        if name == "hubspot_owner_id":
            return _one_of(text, owners)
        return _typed(definition, text)
    except _MisfitError as misfit:
        return Misfit(name, misfit.code, str(misfit))


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed(definition: Definition, text: str) -> str:
    form = definition["type"]
    if form == "string":
        if len(text) > MOST_TEXT:
            raise _MisfitError(
                "PROPERTY_VALUE_TOO_LONG",
                f"Property value is too long: {len(text)} of {MOST_TEXT} characters",
            )
        return text
    if text != text.strip():
        raise _MisfitError("INVALID_VALUE", f"'{text}' has blanks before or after its value")
    if form == "number":
        return _number(text)
    if form == "date":
        return _date(text)
    if form == "datetime":
        return _moment(text)
    return _options(definition, text)


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not text.isascii() or "_" in text:
        raise _MisfitError("INVALID_INTEGER", f"{text} was not a valid number.")
    return text


def _date(text: str) -> str:
    """A day, or the milliseconds of its beginning in UTC."""
    if re.fullmatch(r"-?\d{1,15}", text) and not re.fullmatch(r"\d{8}", text):
        if int(text) % _DAY_MS:
            raise _MisfitError("INVALID_DATE", f"{text} is not at midnight UTC.")
        return iso(int(text) / 1000)[:10]
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        pass
    raise _MisfitError("INVALID_DATE", f"{text} was not a valid date.")


def _moment(text: str) -> str:
    """A time in ISO 8601 with its zone, a day, or milliseconds."""
    try:
        if re.fullmatch(r"-?\d{1,15}", text):
            return iso(int(text) / 1000)
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if at.tzinfo is None and not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError(text)
        return iso((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise _MisfitError("INVALID_DATE", f"{text} was not a valid datetime.") from error


def _options(definition: Definition, text: str) -> str:
    """A choice; several are separated by semicolons where the field is a list of checkboxes."""
    if definition["externalOptions"] or not definition["options"]:
        return text
    allowed = [str(option["value"]) for option in definition["options"]]
    several = definition["fieldType"] == "checkbox"
    for part in text.split(";") if several else [text]:
        _one_of(part, allowed)
    return text


def _one_of(text: str, allowed: Collection[str]) -> str:
    if text not in allowed:
        raise _MisfitError(
            "INVALID_OPTION",
            f"{text} was not one of the allowed options: [{', '.join(allowed)}]",
        )
    return text


def is_address(text: str) -> bool:
    """Whether a text has the form of an e-mail address."""
    return bool(_ADDRESS.fullmatch(text.strip()))


def _addresses(listed: list[str]) -> str:
    for address in listed:
        if not is_address(address):
            raise _MisfitError("INVALID_EMAIL", f"Email address {address} is invalid")
    return ";".join(address.strip().lower() for address in listed)

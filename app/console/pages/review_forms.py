"""The form by which a person answers: its fields, and what was changed in them."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from starlette.datastructures import FormData

from app.console.decisions import Answer, SharedAnswer
from app.console.pages.words import ACTIONS
from app.console.queue_rows import Waiting
from leads.addresses import is_address
from leads.corrections import COMPANY, PERSON
from leads.records import ReviewItem

_PREFIX = "set."
_SHOWN = "was."  # what the form had before anything was typed
_ORDER = (
    *("first_name", "last_name", "title", "email", "email_status", "phone", "linkedin"),
    *("city", "state", "country"),
    *("company.name", "company.domain", "company.industry", "company.employees"),
    *("company.country", "company.state"),
)
assert {*_ORDER} == PERSON | COMPANY


class Fact(NamedTuple):
    """A field of a lead as it is now."""

    name: str
    value: str


def facts_of(item: ReviewItem) -> list[Fact]:
    """Every field that a person may correct, in the order of the form."""
    return [Fact(name, _value(item, name)) for name in _ORDER]


def fields_of(form: FormData, action: str, row: Waiting) -> dict[str, str]:
    """What a decision says: of `set` the fields that were changed, of `route` the rep."""
    if action == "route":
        return {"to": str(form.get("to", "")).strip()}
    if action != "set" or row.item is None:
        return {}
    return changed_in(form)


def changed_in(form: Mapping[str, object]) -> dict[str, str]:
    """The fields that differ from what the form showed: the lead's own may have changed since."""
    changed = {}
    for name in _ORDER:
        value, before = str(form.get(_PREFIX + name, "")).strip(), form.get(_SHOWN + name)
        if before is not None and value != str(before).strip():
            changed[name] = value
    return changed


def decision_key(key: str, action: str, fields: Mapping[str, str]) -> str:
    """The key of a decision: the form's, which is random, with what was decided. The same form sent
    twice is one decision; sent again with another answer it is another one, which is refused."""
    content = msgspec.json.encode((key, action, sorted(fields.items())))
    return hashlib.sha256(content).hexdigest() if key else ""


def typed_in(form: Mapping[str, object]) -> dict[str, str]:
    """What a person has entered, to be shown again: without the fields left as they were."""
    typed = {
        name: str(value)
        for name, value in form.items()
        if not name.startswith((_PREFIX, _SHOWN))
    }
    return typed | {_PREFIX + name: value for name, value in changed_in(form).items()}


def fault(answer: Answer | SharedAnswer) -> str:
    """What is missing in an answer, '' if nothing is."""
    if answer.action not in ACTIONS:
        return "Choose what is to be done with this lead."
    if not answer.reason.strip():
        return "Say why: your reason stands in the audit beside the decision."
    if answer.action == "set" and not answer.fields:
        return "No field is changed: correct one, or choose “Look again”."
    if answer.action == "route" and not is_address(answer.fields["to"]):
        return "Name the rep by e-mail address, as the CRM knows it."
    return ""


def _value(item: ReviewItem, name: str) -> str:
    of_company = name.startswith("company.")
    record = item.company if of_company else item.person
    value = getattr(record, name.removeprefix("company."))
    return str(value) if value else ""

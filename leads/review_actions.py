"""Which decisions answer what a lead waits for.

A decision that can't be carried out is refused before it is taken.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from leads.addresses import is_address
from leads.corrections import COMPANY, PERSON
from leads.fields import convert
from leads.numbers import parse_count
from leads.records import ReviewItem
from leads.rule_models import FieldRule
from leads.rules import Rules

#: Every decision, in the order in which help and messages name them.
ACTIONS = ("set", "merge", "separate", "route", "redrive", "approve", "suppress")
#: What approving means, by what is asked (ReviewItem.reason_kind).
APPROVES = {
    "invalid": "it goes on although required fields are missing or not good enough",
    "job_change": "it goes on with the new employer",
    "subsidiary": "the companies are unrelated, which is remembered",
    "variant": "they are two people",
    "deleted": "the contact is made again",
    "replied": "it goes on although the person has answered",
}
#: What the other decisions do, as people read it before they decide.
_EFFECTS = {
    "set": "What you correct is set, and the lead is judged again from the start, by the rules in"
    " force now.",
    "merge": "It becomes one with the lead that it resembles: better values go there, and this one"
    " ends as merged.",
    "route": "It goes to the rep whom you name, whatever its score: the rep becomes the owner in"
    " the CRM, and is told.",
    "redrive": "It is looked at again, by the rules in force now. If nothing has changed it comes"
    " back here.",
    "suppress": "Nothing is written to this person again: what runs is stopped, here, in the CRM"
    " and in Apollo.",
}
_SEPARATE = {
    "variant": "They are two people, which is remembered: this pair is not asked about again.",
    "subsidiary": "The companies are unrelated, which is remembered.",
}
#: Why approving is refused, where a promise or the question itself forbids it.
_NOT_APPROVED = {
    "sequence_active": (
        "nothing of ours starts while an Apollo sequence is active: end it in Apollo, then look"
        " again (redrive)"
    ),
    "sequence_unknown": (
        "nothing of ours starts while Apollo's sequences are unknown: look again (redrive), which"
        " asks Apollo"
    ),
    "unowned": (
        "nothing starts before the CRM shows an active owner: set one in the CRM, or give the lead"
        " to a rep (route)"
    ),
    "unrouted": (
        "it needs a rep: give it to one (route), or look again by the rules in force (redrive)"
    ),
    "another_automation": (
        "it needs a rep: give it to one (route), or look again, which writes our owner again"
        " (redrive)"
    ),
    "shared_address": (
        "the CRM knows one contact by an address: merge them if it is one person (merge), correct"
        " the address if this one has another (set email=…), look again once the address was taken"
        " off the other's contact in the CRM (redrive), or never contact them (suppress)"
    ),
    "no_lawful_basis": (
        "a lawful basis can't be approved: correct the country if it is wrong (set country=…), name"
        " a basis in the rules and look again (redrive), or never contact them (suppress)"
    ),
    "fallback": (
        "a refusal of the CRM can't be approved away: correct the lead (set), or look again"
        " (redrive)"
    ),
}
_MERGED = frozenset({"variant", "shared_address"})
_ROUTED = frozenset(
    "job_change subsidiary variant unrouted unowned another_automation sequence_active"
    " sequence_unknown replied not_enrolled unenrol_failed fallback".split()
)


def refusal(item: ReviewItem, action: str, fields: Mapping[str, str], rules: Rules) -> str:
    """Why `action` can't be carried out on a waiting lead, '' if it can.

    `rules` are those in force.
    """
    if action == "set":
        faults = [_wrong_field(name, value, rules) for name, value in fields.items()]
        return "; ".join(filter(None, faults))
    return _no_answer(item, action)


def refusal_of_several(item: ReviewItem, action: str) -> str:
    """Why this decision is not made about several leads at once, '' if it may be: whether two
    companies belong together is remembered for all their people, and asked of each pair."""
    if item.reason_kind == "subsidiary" and action in {"approve", "separate"}:
        return "whether companies belong together is decided for one lead at a time: look at both"
    return ""


def effects_of(item: ReviewItem) -> dict[str, str]:
    """What each decision does that can be made about a waiting lead, in a sentence; in the order of
    ACTIONS."""
    return {
        action: _effect(item, action)
        for action in ACTIONS
        if action == "set" or not _no_answer(item, action)
    }


def _effect(item: ReviewItem, action: str) -> str:
    if action == "approve":
        meant = APPROVES[item.reason_kind]
        return f"You overrule what stopped it: {meant}. The audit names you."
    if action == "separate":
        return _SEPARATE[item.reason_kind]
    return _EFFECTS[action]


def _no_answer(item: ReviewItem, action: str) -> str:
    """Why this decision is none about what the lead waits for, '' if it is one."""
    asked = item.reason_kind
    if action == "merge" and asked not in _MERGED:
        return f"there is nobody to merge it with: it waits as {asked}"
    if action == "separate" and asked not in {"variant", "subsidiary"}:
        if asked == "shared_address":
            return _NOT_APPROVED[asked]
        return f"there is nothing to keep separate: it waits as {asked}"
    if action == "route" and asked not in _ROUTED:
        return f"naming a rep doesn't answer what it waits for ({asked}): settle that first"
    if action == "approve":
        return _not_approved(item)
    return ""


def _not_approved(item: ReviewItem) -> str:
    asked = item.reason_kind
    if asked not in APPROVES:
        return _NOT_APPROVED.get(asked, f"there is nothing to approve: it waits as {asked}")
    if asked == "invalid" and not is_address(item.person.email):
        return (
            "without a usable e-mail address the person can't be recognised or reached: correct it"
            " (set email=…)"
        )
    return ""


def settable(rules: Rules) -> list[str]:
    """The names of all fields that a person may set."""
    return sorted({*PERSON, *COMPANY, "company", *(rule.name for rule in rules.mapping)})


def _wrong_field(name: str, value: str, rules: Rules) -> str:
    known = settable(rules)
    if name not in known:
        near = get_close_matches(name, known, n=3)
        hint = f"near it: {', '.join(near)}" if near else f"there are {', '.join(known)}"
        return f"no field is called {name}; {hint}"
    if name == "email" and not is_address(value.strip()):
        return "email: that is no e-mail address"
    if name == "company.employees" and parse_count(value) is None:
        return "company.employees: it is not a number"
    for rule in rules.mapping:
        if rule.name == name:
            return _wrong_value(value, rule)
    return ""


def _wrong_value(value: str, rule: FieldRule) -> str:
    """Why a mapped property can't take a value, '' if it can."""
    try:
        convert(value, rule)
    except ValueError as error:
        return f"{rule.name}: {error}"
    return ""

"""What the `outcome` of an audit event holds, by kind: one record for each kind that has fields.

A field that may be missing is `UNSET` then; all others are always written.
"""

from typing import Annotated, Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Meta, UnsetType

from leads.erasure import ErasureOutcome

Email: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "email"})]
Action: TypeAlias = Literal[
    "set", "merge", "separate", "route", "redrive", "approve", "suppress", "undo", "erase"
]
Tool: TypeAlias = Literal["list", "cadence", "apollo", "hubspot", "none"]
_WOULD = "whether this was only said, in shadow"
_ELSEWHERE = "; since there is sealing the values stand in `details` alone"


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An `outcome` without fields, and the base of all others."""


class Details(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event's `details` hold: of its outcome, what may name the person. Sealed with the
    person."""

    text: Annotated[str | UnsetType, Meta(description="of `noticed`: the message")] = UNSET
    dropped: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(
            description="of `captured`, `revised` and `not_set`: values that could not be taken"
            " along, with the reason; missing if there are none"
        ),
    ] = UNSET
    fields: Annotated[
        dict[str, str] | UnsetType,
        Meta(description="of `reviewed`: what was set, or the rep that gets it"),
    ] = UNSET


class Source(Outcome, frozen=True, kw_only=True):
    """Of `captured` and `revised`."""

    source: Annotated[str, Meta(description="apollo, csv, zapier or workflow")]
    imported: Annotated[
        str | UnsetType,
        Meta(
            description="the import's id, `poll` from the poller;"
            " missing of a record that could not be mapped"
        ),
    ] = UNSET
    dropped: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(description=f"values that could not be taken along{_ELSEWHERE}"),
    ] = UNSET


class NotSet(Outcome, frozen=True, kw_only=True):
    """Of `not_set`."""

    dropped: Annotated[tuple[str, ...], Meta(description=f"empty{_ELSEWHERE}")]


class Written(Outcome, frozen=True, kw_only=True):
    """Of `written`."""

    contact: Annotated[str, Meta(description="the contact's id in the CRM")]
    company: Annotated[str, Meta(description="the company's id in the CRM")]
    existed: Annotated[bool, Meta(description="whether the contact was there before")]
    would: Annotated[bool, Meta(description=_WOULD)]
    dropped: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(description="properties that the CRM did not take; missing if it took all"),
    ] = UNSET


class ValuesCompared(Outcome, frozen=True, kw_only=True):
    """Of `values_left` and `values_waiting`."""

    into: Annotated[str, Meta(description="the id of the lead that it was merged into")]


class ValuesTaken(Outcome, frozen=True, kw_only=True):
    """Of `values_taken`."""

    into: Annotated[str, Meta(description="the id of the lead that it was merged into")]
    contact: Annotated[str, Meta(description="the id of that lead's contact in the CRM")]
    fields: Annotated[
        tuple[str, ...], Meta(description="the fields of which its value is the best")
    ]
    dropped: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(description="properties that the CRM did not take; missing if it took all"),
    ] = UNSET


class ValuesWithdrawn(Outcome, frozen=True, kw_only=True):
    """Of `values_withdrawn`."""

    set_back: Annotated[
        tuple[str, ...], Meta(description="properties of the contact that were set back")
    ]
    left: Annotated[tuple[str, ...], Meta(description="properties that somebody has changed since")]


class Scored(Outcome, frozen=True, kw_only=True):
    """Of `scored`."""

    points: Annotated[int, Meta(description="of 100")]
    parts: Annotated[dict[str, int], Meta(description="points by part")]
    missing: Annotated[tuple[str, ...], Meta(description="parts that nobody could judge")]


class Routed(Outcome, frozen=True, kw_only=True):
    """Of `routed`."""

    kind: Annotated[
        Literal["rep", "existing", "nurture"],
        Meta(description="rep, existing (the contact's owner keeps it) or nurture"),
    ]
    owner: Annotated[Email, Meta(description="e-mail address")]
    rule: Annotated[str, Meta(description="the route, or what came before all routes")]
    points: Annotated[int, Meta(description="of 100")]


class Assigned(Outcome, frozen=True, kw_only=True):
    """Of `assigned`."""

    owner: Annotated[Email, Meta(description="e-mail address")]
    owner_id: Annotated[str, Meta(description="the owner's id in the CRM")]


class Noticed(Outcome, frozen=True, kw_only=True):
    """Of `noticed`."""

    to: Annotated[Email, Meta(description="e-mail address")]
    text: Annotated[str, Meta(description=f"empty{_ELSEWHERE}")]


class Enrolled(Outcome, frozen=True, kw_only=True):
    """Of `enrolled`."""

    sequence: Annotated[str, Meta(description="its name in the rules")]
    tool: Annotated[Tool, Meta(description="what runs it")]
    steps: Annotated[int, Meta(description="how many steps it has, by the rules")]
    would: Annotated[bool, Meta(description=_WOULD)]


class Fallback(Outcome, frozen=True, kw_only=True):
    """Of `fallback`."""

    why: Annotated[str, Meta(description="in the CRM's words")]


class NotEnrolled(Outcome, frozen=True, kw_only=True):
    """Of `not_enrolled` about a lead that has a rep."""

    sequence: Annotated[str, Meta(description="its name in the rules; missing if a person looks")]
    why: Annotated[str, Meta(description="in the tool's words; missing if a person looks")]


class Merged(Outcome, frozen=True, kw_only=True):
    """Of `merged`."""

    into: Annotated[str, Meta(description="the other lead's id")]


class Suppressed(Outcome, frozen=True, kw_only=True):
    """Of `suppressed`."""

    at: Annotated[
        float | UnsetType,
        Meta(description="when the signal came, seconds since 1970; missing if a person decided"),
    ] = UNSET
    crm: Annotated[
        str | UnsetType, Meta(description="how the call to the CRM ended; only at engage")
    ] = UNSET
    apollo: Annotated[
        str | UnsetType, Meta(description="how the call to Apollo ended; only at engage")
    ] = UNSET


class LeadErased(Outcome, frozen=True, kw_only=True):
    """Of `erased`."""

    crm: Annotated[
        str | UnsetType, Meta(description="how the call to the CRM ended; only at engage")
    ] = UNSET
    apollo: Annotated[
        str | UnsetType, Meta(description="how the call to Apollo ended; only at engage")
    ] = UNSET


class Unreadable(Outcome, frozen=True, kw_only=True):
    """Of `dead`, for a record that can't be decoded."""

    why: Annotated[str, Meta(description="the reason; missing where the trace has it")]


class Reviewed(Outcome, frozen=True, kw_only=True):
    """Of `reviewed`."""

    action: Annotated[
        Action,
        Meta(description="set, merge, separate, route, redrive, approve, suppress, undo or erase"),
    ]
    reason: Annotated[str, Meta(description="in the person's words")]
    fields: Annotated[
        dict[str, str], Meta(description=f"the names of what was set{_ELSEWHERE}")
    ]
    rules: Annotated[
        str | UnsetType,
        Meta(description="the rules in force then; missing if they stayed the lead's own"),
    ] = UNSET


class SlaStarted(Outcome, frozen=True, kw_only=True):
    """Of `sla_started`."""

    deadline: Annotated[float, Meta(description="seconds since 1970")]
    team: Annotated[str, Meta(description="the owner's, by `teams` of the rules")]


class SlaMet(Outcome, frozen=True, kw_only=True):
    """Of `sla_met`."""

    seconds: Annotated[float, Meta(description="from the start to the act")]


class Breached(Outcome, frozen=True, kw_only=True):
    """Of `breached`."""

    late: Annotated[float, Meta(description="seconds after the deadline")]
    to: Annotated[str, Meta(description="e-mail address")]


class Restored(Outcome, frozen=True, kw_only=True):
    """Of `restored`."""

    contact: Annotated[str, Meta(description="the contact's id in the CRM")]
    set_back: Annotated[
        tuple[str, ...], Meta(description="properties that have their former value again")
    ]
    left: Annotated[tuple[str, ...], Meta(description="properties that somebody has changed since")]
    refused: Annotated[str, Meta(description="why the CRM did not take it, empty if it did")]


class ErasedPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of one kind of thing at one place."""

    system: Annotated[str, Meta(description="whose place it is")]
    what: Annotated[str, Meta(description="contact, message, row, key, …")]
    outcome: Annotated[
        ErasureOutcome,
        Meta(description="erased, gone (it was not there), kept (by the rules) or failed"),
    ]
    ids: Annotated[tuple[str, ...] | UnsetType, Meta(description="the system's own ids")] = UNSET
    remains: Annotated[
        str | UnsetType, Meta(description="what is left there, or what a person must do")
    ] = UNSET
    until: Annotated[
        float | UnsetType, Meta(description="when what is left ends, seconds since 1970")
    ] = UNSET


class PersonErased(Outcome, frozen=True, kw_only=True):
    """Of `person_erased`: the certificate."""

    leads: Annotated[tuple[str, ...], Meta(description="the leads whose keys are destroyed")]
    address_keys: Annotated[
        tuple[str, ...],
        Meta(description="keyed hashes of the addresses that are never taken in again"),
    ]
    parts: Annotated[
        tuple[ErasedPart, ...], Meta(description="what became of the person at each place")
    ]
    reason: Annotated[str, Meta(description="in the words of who ordered it")]
    ordered_by: Annotated[str, Meta(description="who ordered it")]
    ordered_at: Annotated[float, Meta(description="seconds since 1970")]
    not_ended: Annotated[
        tuple[str, ...], Meta(description="leads that had not ended when it was forced")
    ]
    at: Annotated[float, Meta(description="when it was over, seconds since 1970")]


class PersonExported(Outcome, frozen=True, kw_only=True):
    """Of `person_exported`."""

    captured: Annotated[int, Meta(description="how many captured records were given out")]
    events: Annotated[int, Meta(description="how many events")]


class Unmerged(Outcome, frozen=True, kw_only=True):
    """Of `unmerged`."""

    merged: Annotated[str, Meta(description="the id of the lead that had been merged")]
    into: Annotated[str, Meta(description="the id of the lead that it had been merged into")]
    reason: Annotated[str, Meta(description="in the person's words")]
    set_back: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description="by contact, the properties that have their former value again"),
    ]
    left: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description="by contact, the properties that somebody has changed since"),
    ]
    refused: Annotated[dict[str, str], Meta(description="by contact, why the CRM did not take it")]
    stays: Annotated[tuple[str, ...], Meta(description="what can't be taken back, a line each")]


def meanings(outcome: type[Outcome]) -> dict[str, str]:
    """The meaning of each field of an outcome, in the order of its declaration."""
    hints = get_type_hints(outcome, include_extras=True)
    return {name: _meaning(hints[name]) for name in outcome.__struct_fields__}


def _meaning(hint: object) -> str:
    if get_origin(hint) is not Annotated:
        return ""
    return next(
        (m.description for m in get_args(hint)[1:] if isinstance(m, Meta) and m.description), ""
    )

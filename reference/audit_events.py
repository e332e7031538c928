"""docs/reference/audit-events.md: every kind of audit event."""

from leads.audit_kinds import AUDIT_KINDS, NO_EVENT, AuditKind
from leads.audit_kinds.model import LEAD_STAGES, STAGES
from leads.audit_kinds.outcomes import meanings
from reference.example_event import example_event
from reference.markdown import code, page, sentence, table

_HEAD = """\
Each decision about a lead is one event on the topic `leadgate.audit`, with what it was made from.
`docs/audit.schema.json` is the events' JSON Schema; `leadgate why LEAD` tells a lead's events in
order, `leadgate audit tail` follows them. [A program in Node](../../examples/audit-consumer) shows
how to read and validate the topic.

**Version.** An event's `schema` is the version of its format; an event without the field is of
version 1. Later releases add fields and kinds within a version, and remove none
([compatibility](../design/compatibility.md)).

**Order.** All events of a lead lie in one partition. `leadgate why` sorts them by `at`, then by
`step`. `step` counts what the lead has passed: a new revision of a source record begins at a
higher step than any event before it. Within one decision a person's `reviewed` comes first, then
`captured` and other events beside the decision, then the decision itself. Where a lead is says the
event with a `place` and the highest step; of one step the one whose place is not `in_flight`.

**Repeats.** An event's `id` is made from the lead, the stage, the cause and the kind. A replay or
a second delivery writes the same event again, under the same id and with the same bytes: count
ids, not records. The column *may repeat* says whether a kind may come again in a lead's story
under another id.

**Shadow.** `shadow: true` says that effects were not live for the lead: what the event tells was
not done."""
_KINDS = """\
## Kinds

In the order in which a lead may meet them. *any gate* stands for all stages that decide about
leads ({gates}), *any stage* for these, {others}."""
_OUTCOMES = """\
## Fields of `outcome`

Kinds that are not here have an empty `outcome`."""
_NO_EVENT = """\
## Decisions without an event

Decisions about no lead are counted in the metric `leadgate_decisions_total`, and leave no event."""

_EXAMPLE = """\
## An event

The gate for scoring and routing has made it."""


def make_page() -> str:
    """The page's text."""
    columns = ("kind", "stages", "places", "the lead …", "may repeat", "meaning")
    others = "signals, sla, sla_windows and notify"
    kinds = _KINDS.format(gates=", ".join(LEAD_STAGES), others=others)
    outcomes = [
        [code(kind.name), code(field), said]
        for kind in AUDIT_KINDS
        for field, said in meanings(kind.outcome).items()
    ]
    none = [[code(kind), stage, said] for (stage, kind), said in NO_EVENT.items()]
    return page(
        "Audit events",
        "`leads/audit_kinds/`",
        _HEAD,
        f"{kinds}\n\n{table(columns, map(_row, AUDIT_KINDS))}",
        f"{_OUTCOMES}\n\n{table(('kind', 'field', 'meaning'), outcomes)}",
        f"{_NO_EVENT}\n\n{table(('kind', 'stage', 'meaning'), none)}",
        f"{_EXAMPLE}\n\n```json\n{example_event()}\n```",
    )


def _row(kind: AuditKind) -> list[str]:
    stages = {LEAD_STAGES: "any gate", STAGES: "any stage"}.get(kind.stages)
    return [
        code(kind.name),
        stages or ", ".join(kind.stages),
        " or ".join(code(place) or "none" for place in kind.places or [""]),
        kind.says,
        str(kind.repeats),
        sentence(kind.meaning),
    ]

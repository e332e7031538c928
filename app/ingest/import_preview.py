"""What the rows of a file would become, by the rules alone: neither the broker nor the CRM is
asked.

What needs them is left open: whether the person is known, has an owner in the CRM, or is in a
sequence.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from app.ingest.csv_file import FileForm, Row, read_rows
from app.ingest.importer import to_captured
from leads.decision import Decision
from leads.gates.common import Guarded
from leads.gates.intake import Intake, IntakeState
from leads.gates.routing import Routing
from leads.keys import Keys
from leads.records import Lead, Place, Signal
from leads.rules import Rules
from leads.text import visible
from leads.waits import STOPPING

_SHOWN = 20


class RowPreview(msgspec.Struct):
    """One row: who it is, how it is read, and what it would become: `rep`, `nurture`, `review`
    (with why), `suppressed`, `unrouted` or `dead`. `dropped`: a line for each value that is left
    out."""

    name: str
    email: str
    company: str
    title: str
    seniority: str = ""
    function: str = ""
    becomes: str = ""
    owner: str = ""
    points: int = 0
    why: str = ""
    dropped: tuple[str, ...] = ()

    def text(self) -> str:
        """As one line."""
        who = ", ".join(filter(None, (self.name, self.title, self.company, self.email)))
        read = "/".join(filter(None, (self.seniority, self.function)))
        line = f"{who}{f' [{read}]' if read else ''}: {self.becomes}"
        line += f" {self.owner}" if self.owner else ""
        line += f", {self.points} points" if self.becomes in {"rep", "nurture"} else ""
        return visible(line + (f" ({self.why})" if self.why else ""))


def preview_rows(form: FileForm, rules: Rules, keys: Keys, now: float) -> Iterator[RowPreview]:
    """Each row of a file that is no exact copy of an earlier one."""
    for row in read_rows(form):
        yield _preview(row, rules, keys, now)


def _preview(row: Row, rules: Rules, keys: Keys, now: float) -> RowPreview:
    captured = to_captured(row, "preview", now, "fresh")
    decision = Intake(keys).decide(captured, IntakeState(), {}, rules, now)
    assert isinstance(decision, Decision)
    lead = decision.lead
    assert lead is not None
    found = RowPreview(
        name=lead.person.name,
        email=lead.person.email,
        company=lead.company.name or lead.company.domain,
        title=lead.person.title,
        seniority=lead.seniority,
        function=lead.function,
        dropped=tuple(line for note in decision.notes for line in note.details.get("dropped", ())),
    )
    if decision.place != Place.IN_FLIGHT:
        found.becomes = str(decision.place)
        found.why = "; ".join(reason.why for reason in decision.trace if reason.decisive)
        return found
    stops = {one.record.kind for one in decision.outputs if isinstance(one.record, Signal)}
    if stop := ", ".join(sorted(stops & STOPPING)):
        found.becomes, found.why = str(Place.SUPPRESSED), f"the row says {stop}"
        return found
    return _route(found, lead, rules, now)


def _route(found: RowPreview, lead: Lead, rules: Rules, now: float) -> RowPreview:
    """By territory and vertical alone: the company's owner is in the CRM."""
    alone = rules.model_copy(update={"account_owner": None})
    routed = Routing().decide(lead, Guarded(), {}, alone, now)
    assert isinstance(routed, Decision)
    assert routed.lead is not None
    if routed.lead.score is not None:
        found.points = routed.lead.score.points
    if (chosen := routed.lead.route) is None:
        found.becomes = routed.kind
        found.why = routed.trace[-1].why
        return found
    if lead.replied and chosen.kind == "nurture":
        found.becomes, found.why = str(Place.REVIEW), "it has answered in Apollo"
        return found
    found.becomes, found.owner, found.why = chosen.kind, chosen.owner_email, f"by {chosen.rule}"
    return found


def preview_text(rows: list[RowPreview]) -> str:
    """The numbers, what is left out, and the first rows."""
    ends = Counter(row.becomes for row in rows)
    said = ", ".join(f"{n} {end}" for end, n in ends.most_common())
    lines = [f"{len(rows)} {_rows(len(rows))}: {said}"]
    left_out = Counter(line for row in rows for line in row.dropped)
    lines += [f"  {n} {_rows(n)}: {line}" for line, n in left_out.most_common()]
    lines += [f"  {row.text()}" for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        lines.append(f"  and {len(rows) - _SHOWN} more; --json prints all")
    return "\n".join(map(visible, lines))


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"

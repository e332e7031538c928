"""Which value of a person's records survives, field by field.

A value that a person has set beats one that a source gives, and a newer value an older one; then
the rules' order of sources decides, and at last the lead's id. So the order in which records are
merged says nothing. Names, places and mapped properties only fill blanks, and an e-mail address
stays: only its status is replaced, a guessed one by a verified one of the same address.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from leads.corrections import CORRECTED, fields_set
from leads.mapping import is_phone
from leads.matching.companies import CompanyLevel, compare_companies
from leads.records import KnownValues, Lead, Person, Reason
from leads.rules import Rules
from leads.times import format_time

#: So many merged records are remembered beside those whose values survive.
MOST_LOSERS = 8
_PLACE = ("country", "state", "city")
_NAMES = ("first_name", "last_name")


class Taken(NamedTuple):
    """One field whose value is another record's: whose, and why, without the value."""

    field: str
    lead_id: str
    why: str


class Survivors(NamedTuple):
    """A lead's values with those of other records that are better, and which were taken."""

    values: KnownValues
    taken: tuple[Taken, ...] = ()

    def reasons(self) -> tuple[Reason, ...]:
        """A line of the trace for each value taken."""
        lines = []
        for field, lead_id, why in self.taken:
            said = f"{field} is that of lead {lead_id}: {why}"
            lines.append(Reason(rule=f"survivorship.{field}", decisive=True, why=said))
        return tuple(lines)


def known_values(lead: Lead, rules: Rules) -> KnownValues:
    """What a lead's record says of its person."""
    kept = {name: getattr(lead.person, name) for name in Person.__struct_fields__}
    return KnownValues(
        lead_id=lead.lead_id,
        version=lead.version,
        source=lead.source,
        at=_changed_at(lead),
        captured_at=lead.captured_at,
        person=Person(**kept),
        address_key=lead.address_key,
        company=lead.company.name,
        domain=lead.company.domain,
        seniority=lead.seniority,
        function=lead.function,
        do_not_call=lead.do_not_call,
        set_by_people=_set_by_people(lead),
        email_verified=_is_verified(lead, rules),
    )


def with_values(lead: Lead, values: KnownValues) -> Lead:
    """The lead with the values that have survived."""
    person = values.person
    kept = {name: getattr(person, name) for name in Person.__struct_fields__ if name != "emails"}
    return replace(
        lead,
        person=replace(lead.person, **kept),
        seniority=values.seniority,
        function=values.function,
    )


def survive(own: KnownValues, merged: Iterable[KnownValues], rules: Rules) -> Survivors:
    """A lead's own values, each replaced by a better one of the records merged into it. The order
    of the records and how often one is given change nothing."""
    others = [one for one in merged if one.lead_id != own.lead_id]
    if not others:
        return Survivors(own)
    choice = _choose(own, others, rules)
    return Survivors(choice.values, tuple(choice.taken))


def _choose(own: KnownValues, others: Sequence[KnownValues], rules: Rules) -> "_Choice":
    choice = _Choice(own, others, rules)
    choice.take_title()
    for field in _NAMES:
        choice.take_value(field, fills_only=True)
    if not choice.is_not_called:
        choice.take_value("phone")
    choice.take_value("linkedin")
    choice.take_place()
    choice.take_mapped()
    choice.take_status()
    return choice


def prune(own: KnownValues, merged: Sequence[KnownValues], rules: Rules) -> tuple[KnownValues, ...]:
    """The merged records that are remembered: those with a value that survives, or that keeps
    another from surviving, and the newest of the others, which count again once a better one is
    withdrawn."""
    if not merged:
        return ()
    winners = _choose(own, [one for one in merged if one.lead_id != own.lead_id], rules).winners
    losers = [one for one in merged if one.lead_id not in winners]
    losers.sort(key=lambda one: (one.at, one.captured_at, one.lead_id))
    forgotten = {one.lead_id for one in losers[:-MOST_LOSERS]}
    return tuple(one for one in merged if one.lead_id not in forgotten)


class _Choice:
    """The values chosen so far."""

    def __init__(self, own: KnownValues, others: Sequence[KnownValues], rules: Rules) -> None:
        self._own, self._others, self._rules = own, others, rules
        self._order: dict[str, int] = {}
        for place, source in enumerate(rules.survivorship.sources):
            self._order[source] = place
        self.values = own
        self.taken: list[Taken] = []
        # whoever is best in a field, also where the lead's own value is the same
        quiet = sorted(one.lead_id for one in others if one.do_not_call)
        self.winners = set(quiet[:1])
        self.is_not_called = own.do_not_call or bool(quiet)

    def take_title(self) -> None:
        """The title with what was read of it. One at another employer is no news of this job: a
        changed employer is a person's decision."""
        colleagues = [one for one in self._others if _is_of_one_employer(one, self._own)]
        if (best := self._best("title", colleagues)) is not None:
            self.values = replace(self.values, seniority=best.seniority, function=best.function)
            self._take("title", best, title=best.person.title)

    def take_value(self, field: str, *, fills_only: bool = False) -> None:
        """One value of the person."""
        if fills_only and getattr(self._own.person, field):
            return
        if (best := self._best(field, self._others)) is not None:
            self._take(field, best, **{field: getattr(best.person, field)})

    def take_place(self) -> None:
        """Country, state and city of one record, where the lead has none of them: a city of one
        record and a country of another are no place."""
        said = [one for one in self._others if any(_place_of(one))]
        if said and not any(_place_of(self._own)):
            best = max(said, key=self._rank("place"))
            self._take("place", best, **dict(zip(_PLACE, _place_of(best), strict=True)))

    def take_mapped(self) -> None:
        """Properties of the rules' mapping that the lead has no value for."""
        phones = {rule.to for rule in self._rules.mapping if is_phone(rule)}
        names = sorted({name for one in self._others for name in one.person.more})
        for name in names:
            if name in self._own.person.more or (self.is_not_called and name in phones):
                continue
            said = [one for one in self._others if name in one.person.more]
            best = max(said, key=self._rank(name))
            more = {**self.values.person.more, name: best.person.more[name]}
            self._take(f"more.{name}", best, more=more)

    def take_status(self) -> None:
        """That the lead's own address is verified, where another record of it says so."""
        own = self._own
        if own.email_verified:
            return
        alike = [one for one in self._others if one.address_key == own.address_key]
        verified = [one for one in alike if one.email_verified and one.person.email_status]
        if verified:
            best = max(verified, key=self._rank("email_status"))
            self.values = replace(self.values, email_verified=True)
            why = "the address is the same, and verified there"
            self._take("email_status", best, why, email_status=best.person.email_status)

    def _best(self, field: str, others: Sequence[KnownValues]) -> KnownValues | None:
        """The record with a better value than the lead's own, None if there is none."""
        own = self._own
        said = [one for one in (own, *others) if getattr(one.person, field)]
        best = max(said, key=self._rank(field), default=own)
        self.winners.add(best.lead_id)
        return None if getattr(best.person, field) == getattr(own.person, field) else best

    def _rank(self, field: str) -> Callable[[KnownValues], tuple[Any, ...]]:
        """How good a record is for a field; no two leads are equal."""
        last = len(self._order)

        def rank(one: KnownValues) -> tuple[Any, ...]:
            source = self._order.get(one.source, last)
            return (field in one.set_by_people, one.at, one.captured_at, -source, one.lead_id)

        return rank

    def _take(self, field: str, best: KnownValues, why: str = "", **values: Any) -> None:
        self.values = replace(self.values, person=replace(self.values.person, **values))
        self.winners.add(best.lead_id)
        self.taken.append(Taken(field, best.lead_id, why or self._why(field, best)))

    def _why(self, field: str, best: KnownValues) -> str:
        own = self._own
        if not getattr(own.person, field, ""):
            return "the lead has none"
        if field in best.set_by_people and field not in own.set_by_people:
            return "a person has set it"
        if best.at != own.at:
            mine = format_time(own.at) if own.at else "an unknown time"
            return f"it is newer, of {format_time(best.at)}; the lead's own is of {mine}"
        if best.captured_at != own.captured_at:
            return "it was captured later"
        return "both are of one time, and the order of sources or of ids decides"


def _place_of(one: KnownValues) -> tuple[str, ...]:
    return tuple(getattr(one.person, part) for part in _PLACE)


def _changed_at(lead: Lead) -> float:
    """When the record last changed: no later than it was captured, whatever the source's clock
    says. How old the rows of a file are isn't known from when it was read."""
    if lead.updated_at:
        return min(lead.updated_at, lead.captured_at)
    return 0.0 if lead.source == "csv" else lead.captured_at


def _set_by_people(lead: Lead) -> tuple[str, ...]:
    return tuple(sorted({*fields_set(lead, "set."), *fields_set(lead, CORRECTED)}))


def _is_verified(lead: Lead, rules: Rules) -> bool:
    good = rules.verified.get(lead.source, ())
    by_people = lead.review_decisions.get("email_status") == "verified"
    return by_people or lead.person.email_status in good


def _is_of_one_employer(one: KnownValues, other: KnownValues) -> bool:
    level = compare_companies((one.company, one.domain), (other.company, other.domain))
    return level is not CompanyLevel.DIFFERENT

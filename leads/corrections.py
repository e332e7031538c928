"""What a person has set on a lead, applied to its person and company."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from leads.addresses import read_address
from leads.countries import country_code
from leads.fields import Fields, convert
from leads.matching.kept_apart import others_of
from leads.numbers import parse_count
from leads.records import Captured, Company, Lead, Person, Record, to_plain
from leads.rules import Rules
from leads.text import clean_text, squeeze

#: What can be set, by these names; a mapped property by its rule's.
PERSON = frozenset(Person.__struct_fields__) - {"emails", "more"}
COMPANY = frozenset(
    {
        "company.name",
        "company.domain",
        "company.industry",
        "company.employees",
        "company.country",
        "company.state",
    }
)

#: Begins the names under which a lead notes which fields a person had set before it came in again;
#: the values are among its own.
CORRECTED = "corrected."

#: How a value that a person writes is normalised, as a source's would be.
_NORMALISE: dict[str, Callable[[str], str]] = {
    "title": clean_text,
    "country": country_code,
}


class CarriedOver(Record, frozen=True, kw_only=True):
    """What a lead's new revision takes over from the one before."""

    seniority: str = ""
    function: str = ""
    apollo_id: str = ""
    apollo_person_id: str = ""
    linked: str = ""
    unplaced_phone: str = ""
    do_not_call: bool = False
    replied: bool = False
    apart: tuple[str, ...] = ()  # leads and persons that it is kept apart from


class Resubmitted(Record, frozen=True, kw_only=True):
    """The content of `raw` in a captured record whose format is `resubmitted`."""

    person: Person
    company: Company
    carried_over: CarriedOver
    corrections: dict[str, str]


class Corrected(NamedTuple):
    """Person and company with what a person has set, and a line for each value that its field
    can't take: that field stays as it was."""

    person: Person
    company: Company
    dropped: tuple[str, ...] = ()


def apply_corrections(
    person: Person, company: Company, fields: Mapping[str, str], rules: Rules
) -> Corrected:
    """Both with the fields set: a person's by name, `company` or `company.…`, mapped ones by their
    rules' names.

    Raises nothing: unknown fields are left out.
    """
    mapped = _set_mapped(person, company, fields, rules)
    dropped = list(mapped.dropped)
    of_person = _set_values(fields, PERSON)
    if "email" in of_person:
        of_person["email"] = read_address(of_person["email"])
    of_company: dict[str, Any] = _set_values(fields, COMPANY, "company.")
    if name := fields.get("company", of_company.get("name", "")):
        of_company["name"] = clean_text(name)
    if "employees" in of_company:
        count = parse_count(of_company.pop("employees"))
        if count is None:
            dropped.append("company.employees: it is not a number")
        else:
            of_company["employees"] = count
    return Corrected(
        replace(person, **of_person, more=mapped.contact),
        replace(company, **of_company, more=mapped.company),
        tuple(dropped),
    )


def _set_values(
    fields: Mapping[str, str], names: frozenset[str], prefix: str = ""
) -> dict[str, str]:
    """The values of those fields that are among `names`, by the names without `prefix`."""
    values = {}
    for field, value in fields.items():
        if field in names:
            name = field.removeprefix(prefix)
            values[name] = _NORMALISE.get(name, squeeze)(value)
    return values


def _set_mapped(
    person: Person, company: Company, fields: Mapping[str, str], rules: Rules
) -> Fields:
    """The mapped properties of both, with those that a person has set."""
    more = {"contact": dict(person.more), "company": dict(company.more)}
    dropped = []
    for rule in rules.mapping:
        if rule.name not in fields:
            continue
        try:
            more[rule.object][rule.to] = convert(fields[rule.name], rule)
        except ValueError as error:
            dropped.append(f"{rule.name}: {error}")
    return Fields(more["contact"], more["company"], tuple(dropped))


def fields_set(lead: Lead, prefix: str) -> dict[str, str]:
    """The fields that people have set on a lead, by name.

    `prefix` is "set." for those set at the first gate, "fix." for those set at a later one.
    """
    return {
        name.removeprefix(prefix): value
        for name, value in lead.review_decisions.items()
        if name.startswith(prefix)
    }


def resubmit(lead: Lead, fields: dict[str, str], ident: str, now: float) -> Captured:
    """The lead as it comes in once more with what a person has set on it: a new revision, for the
    first gate.

    `ident` names the decision. What is personal lies in `raw`, as in every captured record.
    """
    carried = CarriedOver(
        seniority=lead.seniority,
        function=lead.function,
        apollo_id=lead.apollo_id,
        apollo_person_id=lead.apollo_person_id,
        linked=lead.source_crm_id,
        unplaced_phone=lead.unplaced_phone,
        do_not_call=lead.do_not_call,
        replied=lead.replied,
        apart=others_of(lead),
    )
    return Captured(
        source=lead.source,
        source_id=lead.source_id,
        captured_at=now,
        raw=to_plain(
            Resubmitted(
                person=lead.person, company=lead.company, carried_over=carried, corrections=fields
            )
        ),
        format="resubmitted",
        imported=lead.imported,
        lists=lead.lists,
        priority=lead.priority,
        intents=lead.intents,
        reimport_id=ident,
    )

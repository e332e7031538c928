"""What a person has set on a lead, applied to whom and for whom it is."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from leads.addresses import read_address
from leads.fields import convert
from leads.normalise import normalise_company, normalise_country, normalise_title
from leads.numbers import parse_count
from leads.records import Captured, Company, Lead, Person, Record, to_plain
from leads.rules import Rules

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

#: What a person writes as any source might.
_AS_SAID: dict[str, Callable[[str], str]] = {"title": normalise_title, "country": normalise_country}


class Kept(Record, frozen=True, kw_only=True):
    """What a lead keeps when it comes in once more."""

    seniority: str = ""
    apollo_id: str = ""
    linked: str = ""
    do_not_call: bool = False
    replied: bool = False


class Resubmitted(Record, frozen=True, kw_only=True):
    """What lies in `raw` of a captured record of the shape `resubmitted`."""

    person: Person
    company: Company
    kept: Kept
    fix: dict[str, str]


class Mended(NamedTuple):
    """Who and for whom, with what a person has set; a line for each value that can't be what its
    field takes: it stays unset."""

    person: Person
    company: Company
    dropped: tuple[str, ...] = ()


def apply_corrections(
    person: Person, company: Company, fields: Mapping[str, str], rules: Rules
) -> Mended:
    """Both with the fields set: a person's by name, `company` or `company.…`, mapped ones by their
    rules' names.

    Raises nothing: fields that there aren't are left out.
    """
    dropped: list[str] = []
    who: dict[str, Any] = {
        n: _AS_SAID.get(n, str.strip)(v) for n, v in fields.items() if n in PERSON
    }
    if "email" in who:
        who["email"] = read_address(who["email"])
    said = {n.removeprefix("company."): v for n, v in fields.items() if n in COMPANY}
    firm: dict[str, Any] = {n: _AS_SAID.get(n, str.strip)(v) for n, v in said.items()}
    for rule in rules.mapping:
        if rule.name in fields:
            place, before = (who, person.more) if rule.object == "contact" else (firm, company.more)
            try:
                place["more"] = {
                    **place.get("more", before),
                    rule.to: convert(fields[rule.name], rule),
                }
            except ValueError as error:
                dropped.append(f"{rule.name}: {error}")
    if name := fields.get("company", firm.get("name", "")):
        firm["name"] = normalise_company(name)
    if "employees" in firm:
        count = parse_count(firm.pop("employees"))
        firm |= {"employees": count} if count is not None else {}
        dropped += ["company.employees: it is no number"] if count is None else []
    return Mended(replace(person, **who), replace(company, **firm), tuple(dropped))


def resubmit(lead: Lead, fields: dict[str, str], ident: str, now: float) -> Captured:
    """The lead as it comes in once more with what a person has set on it: a new revision, to be
    judged from the first gate.

    `ident` names the decision. What is personal lies in `raw`, as in every captured record.
    """
    kept = Kept(
        seniority=lead.seniority,
        apollo_id=lead.apollo_id,
        linked=lead.source_crm_id,
        do_not_call=lead.do_not_call,
        replied=lead.replied,
    )
    return Captured(
        source=lead.source,
        source_id=lead.source_id,
        captured_at=now,
        raw=to_plain(Resubmitted(person=lead.person, company=lead.company, kept=kept, fix=fields)),
        format="resubmitted",
        imported=lead.imported,
        lists=lead.lists,
        priority=lead.priority,
        intents=lead.intents,
        reimport_id=ident,
    )

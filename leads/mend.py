"""What a person has set on a lead, applied to whom and for whom it is."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from leads.fields import convert
from leads.normalise import normalise_company, normalise_country, normalise_title
from leads.records import Captured, Company, Lead, Person, to_plain
from leads.rules import Rules

#: What can be set, by these names; a mapped property by its rule's.
PERSON = frozenset(Person.__struct_fields__) - {"emails", "more"}
COMPANY = frozenset(
    {"company.name", "company.domain", "company.industry", "company.employees", "company.country", "company.state"}
)

#: What a person writes as any source might.
_AS_SAID: dict[str, Callable[[str], str]] = {"title": normalise_title, "country": normalise_country}


def mend(person: Person, company: Company, fields: Mapping[str, str], rules: Rules) -> tuple[Person, Company]:
    """Both with the fields set: a person's by name, `company` or `company.…`, mapped ones by their rules' names.

    What can't be read as its property's type stays unset, so that whoever set it sees that it still lacks.
    """
    who: dict[str, Any] = {n: _AS_SAID.get(n, str.strip)(v) for n, v in fields.items() if n in PERSON}
    if "email" in who:
        who["email"] = who["email"].lower()
    said = {n.removeprefix("company."): v for n, v in fields.items() if n in COMPANY}
    firm: dict[str, Any] = {n: _AS_SAID.get(n, str.strip)(v) for n, v in said.items()}
    for rule in rules.mapping:
        if rule.name in fields:
            place, before = (who, person.more) if rule.object == "contact" else (firm, company.more)
            with suppress(ValueError):
                place["more"] = {**place.get("more", before), rule.to: convert(fields[rule.name], rule)}
    if name := fields.get("company", firm.get("name", "")):
        firm["name"] = normalise_company(name)
    if "employees" in firm:
        digits = firm.pop("employees").replace(",", "")
        firm |= {"employees": int(digits)} if digits.isdigit() else {}
    return replace(person, **who), replace(company, **firm)


def resubmit(lead: Lead, fields: dict[str, str], ident: str, now: float) -> Captured:
    """The lead as it comes in once more with what a person has set on it: a new revision, to be judged from the first gate.

    `ident` names the decision. What is personal lies in `raw`, as in every captured record.
    """
    kept = {"seniority": lead.seniority, "apollo_id": lead.apollo_id, "linked": lead.linked}
    raw = {"person": to_plain(lead.person), "company": to_plain(lead.company), "kept": kept, "fix": fields}
    return Captured(
        source=lead.source,
        source_id=lead.source_id,
        captured_at=now,
        raw=raw,
        shape="resubmitted",
        imported=lead.imported,
        lists=lead.lists,
        lane=lead.lane,
        intents=lead.intents,
        again=ident,
    )

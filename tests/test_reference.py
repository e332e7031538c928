"""docs/reference/ says what the code says."""

import json
from fnmatch import fnmatch
from importlib.resources import files
from typing import Any

import pytest
import yaml
from msgspec.structs import replace
from pydantic import Field

from leads import topics
from leads.audit_kinds import AUDIT_KINDS, FORMER, NO_EVENT, AuditKind
from leads.audit_kinds.model import LEAD_STAGES
from leads.records import Company, Lead, Score
from leads.route import route, sequence
from leads.rule_file import parse_rules
from leads.rule_models import RuleModel
from leads.rules import Rules
from reference.markdown import EmptyCellError
from reference.pages import FILES, FOLDER, PAGES, ROOT
from reference.rule_examples import EXAMPLES
from reference.rules import describe
from tests.kinds_in_source import kinds_of_gates, kinds_outside
from tests.simulation.plan import make_plan
from tests.simulation.simulate import be_quiet, simulate

LEAD = Lead(
    lead_id="l",
    source="apollo",
    source_id="s",
    version="",
    step=0,
    cause="",
    rules="",
    captured_at=0.0,
    score=Score(points=80, parts={}),
)


@pytest.mark.parametrize("name", list(PAGES))
def test_the_page_is_what_the_code_says(name: str) -> None:
    file = FOLDER / name
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    if written != PAGES[name]():
        pytest.fail(f"docs/reference/{name} is not what the code says: run `make reference`")


@pytest.mark.parametrize("name", list(FILES))
def test_a_file_elsewhere_is_what_the_code_says(name: str) -> None:
    file = ROOT / name
    if not file.exists() or file.read_text(encoding="utf-8") != FILES[name]():
        pytest.fail(f"{name} is not what the code says: run `make reference`")


def test_no_page_is_there_that_nothing_makes() -> None:
    assert {path.name for path in FOLDER.iterdir()} == PAGES.keys()


def test_a_field_without_a_meaning_is_refused() -> None:
    class Told(RuleModel):
        told: int = Field(1, description="is told")

    class Untold(Told):
        untold: int = 2

    assert "Is told." in describe("one", Told)
    with pytest.raises(EmptyCellError, match="untold"):
        describe("one", Untold)


def loaded(file: str) -> Rules:
    """An example's keys in place of the same ones of the rules that `leadgate init` begins from."""
    shipped = yaml.safe_load((files("app.rules") / "demo-rules.yaml").read_text())
    [example] = [one for one in EXAMPLES if one.file == file]
    return parse_rules(yaml.safe_dump(shipped | yaml.safe_load(example.yaml), sort_keys=False))


def owner(rules: Rules, **company: Any) -> str:
    """The rep of a lead of this company."""
    found, _ = route(replace(LEAD, company=Company(**company)), rules)
    return found.owner.partition("@")[0] if found else ""


def test_every_example_is_sound() -> None:
    for example in EXAMPLES:
        assert loaded(example.file).effects == "live", example.title


def test_five_reps_have_a_territory_each() -> None:
    rules = loaded("territories.yaml")
    assert owner(rules, country="US", state="Oregon") == "ana"
    assert owner(rules, country="US", state="Texas") == "ben"
    assert [owner(rules, country=c) for c in ("IE", "CH", "JP", "")] == [
        "cleo",
        "dario",
        "eve",
        "eve",
    ]


def test_a_vertical_has_its_rep() -> None:
    rules = loaded("verticals.yaml")
    assert owner(rules, industry="Banking", employees=5000) == "ana"
    assert owner(rules, industry="Banking", employees=500) == "ben"
    assert owner(rules, industry="medical devices") == "cleo"
    assert owner(rules, industry="mining") == "dario"


def test_named_accounts_come_before_routes() -> None:
    rules = loaded("named-accounts.yaml")
    assert rules.account_owner is not None
    assert rules.account_owner.teams == ("Named accounts", "Enterprise sales")
    assert [owner(rules, country=c) for c in ("CA", "DE")] == ["ana", "ben"]


def test_two_languages_have_titles_reps_and_sequences() -> None:
    rules = loaded("languages.yaml")
    titles = ("Geschäftsführerin", "Bereichsleiterin", "Head of Sales", "Vertriebsleiterin")
    assert [rules.read_title(t).seniority for t in titles] == ["c_suite", "vp", "head", "head"]
    entered = {}
    for country in ("AT", "FR"):
        lead = replace(LEAD, company=Company(country=country))
        found = sequence(lead, rules, "nurture")
        entered[country] = (owner(rules, country=country), found.name if found else "")
    assert entered == {"AT": ("dario", "german-nurture"), "FR": ("cleo", "english-nurture")}


def test_the_catalogue_holds_every_kind_that_the_source_decides_and_no_other() -> None:
    outside = kinds_outside()
    known = {(stage, kind.name) for kind in AUDIT_KINDS for stage in kind.stages}
    gates = known | NO_EVENT.keys()
    found = kinds_of_gates()
    assert found <= gates
    silent = {kind for _, kind in NO_EVENT}
    assert outside <= {kind.name for kind in AUDIT_KINDS} | silent
    unfound = {(stage, kind) for stage, kind in gates - found - FORMER if kind not in outside}
    assert not unfound
    assert len({kind.name for kind in AUDIT_KINDS}) == len(AUDIT_KINDS)


def test_events_are_as_the_catalogue_says() -> None:
    be_quiet()
    seen = set()
    for seed in range(4):
        log = simulate(make_plan(seed)).site.log
        for record in log.all(topics.AUDIT.full):
            event = json.loads(record.value or b"{}")
            kind = of(event["kind"])
            seen.add(kind.name)
            assert event["stage"] in kind.stages, event
            assert event["place"] in (kind.places or ("",)), event
            assert (event["outcome"] or {}).keys() <= set(kind.outcome.__struct_fields__), event
    assert len(seen) > len(LEAD_STAGES)


def of(name: str) -> AuditKind:
    """The catalogue's word of a kind."""
    [kind] = [kind for kind in AUDIT_KINDS if fnmatch(name, kind.name)]
    return kind

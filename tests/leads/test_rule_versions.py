"""Which records of the rules' topic are believed."""

import gzip
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import topics
from leads.rule_versions import RuleVersions
from leads.rules import Rules
from leads.signatures import Headers, Signatures

SITE, TOPIC = Signatures("s3cret"), topics.RULES.full
STATES = sorted((Path(__file__).parents[1] / "compatibility" / "states").glob("*.json.gz"))


def versions(*records: tuple[bytes, bytes, Headers]) -> RuleVersions:
    """What a topic with these records holds."""
    found = RuleVersions()
    for record in records:
        found.take(SITE, *record)
    return found


def published(rules: Rules, number: int, site: Signatures = SITE) -> tuple[bytes, bytes, Headers]:
    """A version as it is published."""
    key, value = rules.hash.encode(), rules.model_dump_json().encode()
    return key, value, site.headers(TOPIC, key, value, number)


def newer(rules: Rules, version: int = 7) -> Rules:
    """Other rules."""
    return Rules.model_validate(rules.model_dump() | {"version": version})


def test_the_version_with_the_highest_number_is_in_force_and_a_copy_changes_nothing(
    rules: Rules,
) -> None:
    first, second = published(rules, 1), published(newer(rules), 2)
    found = versions(first, second, first)
    assert (found.in_force, found.number) == (newer(rules).hash, 2)
    assert found.known.keys() == {rules.hash, newer(rules).hash}
    again = versions(first, second, published(rules, 3))
    assert (again.in_force, again.refused) == (rules.hash, {})


def test_an_unsigned_version_serves_the_leads_that_carry_it_and_never_comes_into_force(
    rules: Rules,
) -> None:
    key, value, _ = published(newer(rules), 9)
    for headers in ((), Signatures("other").headers(TOPIC, key, value, 9)):
        found = versions(published(rules, 1), (key, value, headers))
        assert (found.in_force, found.number) == (rules.hash, 1)
        assert found.known[newer(rules).hash].version == 7
        assert versions((key, value, headers)).in_force == ""


def test_content_under_a_foreign_hash_is_refused_signed_or_not_and_hides_nothing(
    rules: Rules,
) -> None:
    key, value = rules.hash.encode(), newer(rules).model_dump_json().encode()
    for headers in ((), SITE.headers(TOPIC, key, value, 9)):
        found = versions(published(rules, 1), (key, value, headers))
        assert found.known[rules.hash] == rules
        assert found.in_force == rules.hash
        assert f"the hash of its content, which is {newer(rules).hash}" in found.refused[rules.hash]


@pytest.mark.parametrize(
    "value", [b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"version": 1}']
)
def test_what_is_no_rules_is_refused_with_the_reason(rules: Rules, value: bytes) -> None:
    found = versions(published(rules, 1), (b"abc", value, ()))
    assert found.known.keys() == {rules.hash}
    assert found.refused["abc"]


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_no_bytes_end_the_reader_or_become_rules(key: bytes, value: bytes) -> None:
    assert versions((key, value, ())).known == {}


@pytest.mark.parametrize("path", STATES, ids=lambda path: path.name)
def test_rules_that_an_earlier_release_has_published_keep_their_hash(path: Path) -> None:
    """With a new field they have another hash as this release's rules; their content has theirs."""
    state = msgspec.json.decode(gzip.decompress(path.read_bytes()))
    found = versions((state["rules_hash"].encode(), state["rules"].encode(), ()))
    assert found.known.keys() == {state["rules_hash"]}

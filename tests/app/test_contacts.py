"""One contact that can't be used keeps no other out: it is set aside with its reason, and the pass
goes on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.apollo.api import PAGE
from connectors.memory.apollo import stamp
from leads.rules import Rules
from tests.app.polled_contacts import SINCE, Site, everybody_of


@pytest.fixture
def free(rules: Rules) -> Rules:
    """Rules that capture everybody."""
    return everybody_of(rules)


def nested(levels: int) -> dict[str, Any]:
    """An object in an object, and so on."""
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"x": inner}
    return inner


NOW = stamp(1_800_000_000.0)
ODD: list[tuple[Any, str]] = [
    (None, "Expected `object`, got `null`"),
    ([], "got `array`"),
    ("contact", "got `str`"),
    ({"id": "x", "updated_at": None}, "got `null` - at `$.updated_at`"),
    ({"id": "x"}, "missing required field `updated_at`"),
    ({"id": "x", "updated_at": 5}, "got `int` - at `$.updated_at`"),
    ({"id": "x", "updated_at": "yesterday"}, "Invalid isoformat string"),
    ({"id": None, "updated_at": NOW}, "at `$.id`"),
    ({"id": "", "updated_at": NOW}, "at `$.id`"),
    ({"id": "x", "updated_at": NOW, "label_ids": {"a": 1}}, "at `$.label_ids`"),
    ({"id": "x", "updated_at": NOW, "account": [1]}, "at `$.account`"),
    ({"id": "x", "updated_at": NOW, "name": "half \ud83d"}, "can't be written"),
    ({"id": "x", "updated_at": NOW, "name": "x" * 300_000}, "bytes, more than"),
    ({"id": "x", "updated_at": NOW, "extra": nested(70)}, "deep, more than 64"),
]


@pytest.mark.parametrize(("odd", "why"), ODD)
def test_an_odd_contact_is_set_aside_and_the_others_are_captured(
    free: Rules, odd: Any, why: str
) -> None:
    site = Site(free, [odd])
    site.apollo.add_contact("a1", "p1@firm.com")
    site.apollo.add_contact("a2", "p2@firm.com")
    done = site.read()
    assert {c.source_id for c in site.producer.captured("contact")} == {"a1", "a2"}
    [reject] = site.producer.captured("reject")
    assert why in reject.raw["why"]
    assert (done.captured, done.newest, site.aside.count) == (2, site.clock.at, 1), (
        "the cursor moves, and it is counted"
    )
    site.read(done.newest)
    assert len(site.producer.captured("reject")) == 1, "the next poll doesn't repeat it"


def test_a_change_from_the_future_does_not_close_the_ears(free: Rules) -> None:
    site = Site(free, [{"id": "x", "updated_at": "2999-01-01T00:00:00Z"}])
    site.apollo.add_contact("a1", "p1@firm.com")
    assert site.read().newest == site.clock.at
    assert {c.source_id for c in site.producer.captured("contact")} == {"a1", "x"}


def test_a_pass_reads_back_to_the_last_one_and_no_further(free: Rules) -> None:
    site = Site(free, [])
    for n in range(2 * PAGE + 5):
        site.clock.at = SINCE + n
        site.apollo.add_contact(f"a{n}", f"p{n}@firm.com")
    since = SINCE + PAGE + 300.0
    done = site.read(since)
    assert done.captured == PAGE + 4
    assert [search.page for search in site.apollo.searches] == [1, 2]
    assert site.read(done.newest).captured == 0, "what was sent is known"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "id",
    "updated_at",
    "label_ids",
    "account",
    "typed_custom_fields",
    "source",
    "owner_id",
    "name",
)
STRANGE = JSON | st.fixed_dictionaries({}, optional={name: JSON | st.just(NOW) for name in FIELDS})


@given(odd=st.lists(STRANGE, max_size=4))
def test_whatever_stands_among_them_the_good_ones_are_captured(
    rules: Rules, odd: list[Any]
) -> None:
    site = Site(everybody_of(rules), odd)
    site.apollo.add_contact("good", "p1@firm.com")
    assert site.read().newest == site.clock.at
    assert "good" in {c.source_id for c in site.producer.captured("contact")}
    assert site.aside.count == len(site.producer.captured("reject"))

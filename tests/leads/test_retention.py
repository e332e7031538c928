"""What retention may delete: never what is unread, young, or the only sign of a lost lead; whatever
happens in between, what was deleted on purpose is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from leads import topics
from leads.decision import Parked
from leads.retention import DAY, Deletion, PartitionLog, next_deletion, oldest_kept
from leads.rule_models import Retention
from leads.table_rows import Deferred, SlaClock
from leads.topics import Topic

OFFSETS = st.integers(0, 50)


@given(OFFSETS, st.integers(-1, 50), OFFSETS, st.none() | OFFSETS)
def test_only_what_is_read_old_and_decided_is_deleted(
    begin: int, committed: int, young: int, undecided: int | None
) -> None:
    log = PartitionLog(begin=begin, committed=committed, young=young, undecided=undecided)
    for offset in range(begin, log.deletable):
        assert offset < committed
        assert offset < young
        assert undecided is None or offset < undecided
    assert log.deletable >= begin
    if begin < min(committed, young) and undecided is None:
        assert log.deletable == min(committed, young), "nothing else is kept"


class Partition(RuleBasedStateMachine):
    """A partition under two workers that delete from it, die between storing and deleting, and a
    group that is set back; and somebody else who deletes what was read."""

    @initialize()
    def begin(self) -> None:
        self.times: list[float] = []
        self.now, self.start, self.committed = 1000.0, 0, -1
        self.read: set[int] = set()
        self.stored: Deletion | None = None
        self.by_leadgate, self.by_others = 0, 0
        self.seen = False

    @rule(seconds=st.floats(0, 50), skew=st.floats(-5, 5))
    def append(self, seconds: float, skew: float) -> None:
        """A producer whose clock is a bit wrong."""
        self.now += seconds
        self.times.append(self.now + skew)

    @rule(count=st.integers(1, 5))
    def commit(self, count: int) -> None:
        self.committed = min(len(self.times), max(self.committed, self.start) + count)
        self.read |= set(range(self.committed))

    @rule(share=st.floats(0, 1))
    def replay(self, share: float) -> None:
        """The group is set back to an offset that is there."""
        if self.committed > self.start:
            self.committed = self.start + int(share * (self.committed - self.start))

    @rule(kept=st.floats(0, 60), dies=st.booleans())
    def retain(self, kept: float, dies: bool) -> None:
        older_than = self.now - kept
        log = self.log(older_than)
        self.stored = next_deletion("t", 0, self.stored, log, older_than)
        self.seen = True
        if not dies:
            for offset in range(self.start, log.deletable):
                assert offset in self.read
                assert offset < self.committed, "a replay has yet to read it again"
                assert self.times[offset] < older_than
            self.by_leadgate += log.deletable - self.start
            self.start = log.deletable

    @rule(count=st.integers(1, 5))
    def delete_otherwise(self, count: int) -> None:
        """By the broker's retention.ms, or by hand."""
        before = min(max(self.committed, self.start), self.start + count)
        if self.seen:
            self.by_others += before - self.start
        self.start = before

    def log(self, older_than: float) -> PartitionLog:
        """As the broker tells it: the first offset from a time on."""
        young = next(
            (n for n in range(self.start, len(self.times)) if self.times[n] >= older_than),
            len(self.times),
        )
        return PartitionLog(begin=self.start, committed=self.committed, young=young)

    @invariant()
    def what_was_deleted_on_purpose_is_known(self) -> None:
        if not self.seen:
            return
        assert self.stored is not None
        if not self.by_others:
            assert self.start <= self.stored.before
            assert self.stored.otherwise == 0
            assert self.stored.records >= self.by_leadgate
        assert self.stored.otherwise <= self.by_others


TestPartition = Partition.TestCase


def test_what_the_log_lacks_at_first_was_deleted_before_anybody_counted() -> None:
    log = PartitionLog(begin=7, committed=9, young=8)
    stored = next_deletion("t", 3, None, log, 50.0)
    assert (stored.first, stored.before, stored.records, stored.otherwise) == (7, 8, 1, 0)
    assert stored.key == b"deleted t/3"
    assert next_deletion("t", 3, stored, replace(log, begin=8), 60.0) == stored


def test_records_that_others_have_deleted_are_counted_apart() -> None:
    stored = Deletion(topic="t", partition=0, first=0, before=5)
    later = next_deletion("t", 0, stored, PartitionLog(begin=8, committed=20, young=10), 50.0)
    assert (later.before, later.otherwise, later.records) == (10, 3, 7)


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.name)
def test_each_topic_is_kept_for_as_long_as_the_rules_say(topic: Topic) -> None:
    """What stages read is deleted by a worker, never by the broker, which doesn't know what is
    read."""
    rules = Retention(stages=3, replay=5, captured=30, fallback=2)
    config, days = topic.config(rules.days_of(topic)), rules.days_of(topic)
    if topic.cleanup == "compact":
        assert days == math.inf
        assert "retention.ms" not in config
    elif topic.read_by_stages:
        assert config["retention.ms"] == "-1"
        assert days >= 5, "`replay` works for all of them"
        assert oldest_kept(topic, rules, 100 * DAY) == (100 - days) * DAY
    else:
        assert config["retention.ms"] == str(round(days * DAY * 1000))
    assert rules.days_of(topics.CAPTURED) == 30
    assert rules.days_of(topics.FALLBACK) == 2


def test_what_waits_holds_its_record_and_no_place_in_the_log() -> None:
    """A row that named a record by its offset would need it in the log."""
    for row in (Parked, Deferred, SlaClock):
        assert not {"at", "offset", "where"} & set(row.__struct_fields__), row

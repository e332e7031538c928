"""Which records of a topic may be deleted: the decision, without the log.

Nothing in the state refers to a record by its place: a row that waits (`Parked`, `Deferred`,
`SlaClock`) holds the record itself, and a review item what people are shown. `Attempt.at` is only
compared with the place of a record that is read. So a parked lead needs no record of the log.
"""

from leads.records import Record
from leads.rule_models import Retention
from leads.topics import Topic

DAY = 86_400.0


class PartitionLog(Record, frozen=True, kw_only=True):
    """One partition of a topic that stages read.

    `begin` is its first offset. `committed` is the offset before which every stage that reads it is
    through, -1 while the workers' group has none. `young` is the first offset whose record is not
    old enough, the end of the log if all are. `undecided` is the first offset whose record is
    committed though nothing was decided about it, None for none: only that record shows the loss.
    """

    begin: int
    committed: int
    young: int
    undecided: int | None = None

    @property
    def deletable(self) -> int:
        """The offset before which all records may be deleted; `begin` if none may."""
        offsets = [self.committed, self.young]
        if self.undecided is not None:
            offsets.append(self.undecided)
        return max(self.begin, min(offsets))


class Deletion(Record, frozen=True, kw_only=True):
    """How far Leadgate has deleted a partition on purpose: topic `cursors`, under `key`.

    It is stored before the records are deleted, so that the log never begins behind `before`,
    unless somebody else has deleted from it.

    `first` is where the log began when Leadgate first looked; `before` is the offset before which
    all is deleted; `older_than` the time before which all of that was written, in seconds since
    1970. `otherwise` counts the records that were not deleted by Leadgate.
    """

    topic: str
    partition: int
    first: int
    before: int
    older_than: float = 0.0
    otherwise: int = 0

    @property
    def records(self) -> int:
        """How many records Leadgate has deleted, or is about to."""
        return self.before - self.first - self.otherwise

    @property
    def key(self) -> bytes:
        """Its key in topic `cursors`."""
        return f"{DELETION_KEYS}{self.topic}/{self.partition}".encode()


DELETION_KEYS = "deleted "


def oldest_kept(topic: Topic, retention: Retention, now: float) -> float:
    """The time from which on a topic's records are kept, in seconds since 1970."""
    return now - retention.days_of(topic) * DAY


def next_deletion(
    topic: str, partition: int, known: Deletion | None, log: PartitionLog, older_than: float
) -> Deletion:
    """What is to be stored of a partition before its deletable records are deleted.

    Without a `known` one the log is taken as it is: what it lacks was deleted before Leadgate
    counted.
    """
    if known is None:
        known = Deletion(topic=topic, partition=partition, first=log.begin, before=log.begin)
    otherwise = known.otherwise + max(0, log.begin - known.before)
    before = max(known.before, log.deletable)
    if before == known.before and otherwise == known.otherwise:
        return known
    return Deletion(
        topic=topic,
        partition=partition,
        first=known.first,
        before=before,
        older_than=max(known.older_than, older_than),
        otherwise=otherwise,
    )

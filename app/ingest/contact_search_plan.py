"""Which pages of Apollo's contacts are asked for, so that a pass reaches more contacts than one
listing shows.

Apollo shows the first 500 pages of a search. What it changed least recently is reached by sorting
the other way, and what lies between by searching each stage, then each list, by itself. Pure: a
plan yields searches and receives what the answers say.

No contact is missed while others change. A changed contact comes first in the newest-first order,
so the others move on, to pages that are still to be read. They move back only if a contact leaves
the search; the total falls then, and the plan goes back by as much. Oldest first, pages are read
from the last to the first, for there contacts only ever move towards the first.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from connectors.apollo.api import LAST_PAGE, PAGE
from connectors.apollo.contact_search import EVERYBODY, ContactFilter, ContactSearch

T = TypeVar("T")


class Listing(NamedTuple):
    """How many contacts a page has, and how many pages of a search Apollo shows."""

    page: int = PAGE
    last_page: int = LAST_PAGE

    @property
    def entries(self) -> int:
        """How many contacts one search shows."""
        return self.page * self.last_page


#: Apollo's own (docs/design/vendors.md Apollo 1.2).
LISTING = Listing()


class Answer(NamedTuple):
    """What a page says: how many contacts the search has, and whether one on the page was last
    changed before the time back to which the plan reads."""

    total: int
    reached_end: bool


Plan = Generator[ContactSearch, Answer, T]


@dataclass(frozen=True, slots=True)
class Unread:
    """Contacts that no plan reaches: so many of a filter, because the filter lets too many through,
    or because they are in no stage or on no list by which it could be split."""

    among: ContactFilter
    count: int
    too_many: bool


class PlanRun(Generic[T]):
    """A plan, and the search that it waits for: None when it is done.

    A search that failed stays, so that the plan can be followed further at any time. Raises
    IndexError from `result` of an unfinished plan.
    """

    def __init__(self, plan: Plan[T]) -> None:
        self._plan, self._results = plan, list[T]()
        self.search: ContactSearch | None = None
        self._advance(None)

    def answer(self, answer: Answer) -> None:
        """Go on with the answer to `search`."""
        self._advance(answer)

    @property
    def result(self) -> T:
        """What the finished plan says."""
        return self._results[0]

    def _advance(self, answer: Answer | None) -> None:
        try:
            # a generator takes no value before its first yield
            self.search = next(self._plan) if answer is None else self._plan.send(answer)
        except StopIteration as finished:
            self.search = None
            self._results.append(finished.value)


def read_whole(among: ContactFilter, listing: Listing) -> Plan[int]:
    """Read a filter's contacts, newest first; where that shows no more, from the other end.

    Returns 0, or how many there are if both ends don't meet: then only the newest were read.
    """
    total = yield from _newest_first(among, listing)
    if total > 2 * listing.entries:
        return total
    rest = max(0, total - listing.entries)
    for page in range(_pages(rest, listing), 0, -1):
        answer = yield ContactSearch(among, page, listing.page, oldest_first=True)
        if answer.reached_end:
            break
    return 0


def _newest_first(among: ContactFilter, listing: Listing) -> Plan[int]:
    """Returns 0 at the end, or how many there are if Apollo shows no more before it."""
    page, total = 1, 0
    while page <= listing.last_page:
        answer = yield ContactSearch(among, page, listing.page)
        left = max(0, total - answer.total)
        total = answer.total
        if left:
            page = max(1, page - _pages(left, listing))
            continue
        if answer.reached_end or page * listing.page >= total:
            return 0
        page += 1
    return total


def _pages(count: int, listing: Listing) -> int:
    return -(-count // listing.page)


class SplitPlan:
    """Reads contacts by stage and list. What was read to its end is not read again by the next plan
    of the same split."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._read: set[ContactFilter] = set()
        self._too_large: set[ContactFilter] = set()

    @property
    def parts_read(self) -> int:
        """How many parts were read to their end."""
        return len(self._read)

    def read(
        self, scope: ContactFilter, stages: Sequence[str], labels: Sequence[str]
    ) -> Plan[tuple[Unread, ...]]:
        """Read the contacts of a scope, with the account's stages and lists, by ids. Returns what
        could not be read."""
        if scope != EVERYBODY and not (yield from self._read_part(scope)):
            return ()
        unread: list[Unread] = []
        for stage in scope.stages or stages:
            one = ContactFilter((stage,), scope.labels)
            unread += yield from self._read_stage(one, scope.labels or labels)
        if not scope.stages:
            unread += yield from self._read_stageless(scope, stages, labels)
        return tuple(unread)

    def _read_part(self, part: ContactFilter) -> Plan[int]:
        """See `read_whole`. What was too large is only counted until it is small enough."""
        if part in self._read:
            return 0
        if part in self._too_large:
            total = yield from self._count(part)
            if total > 2 * self._listing.entries:
                return total
        total = yield from read_whole(part, self._listing)
        (self._too_large if total else self._read).add(part)
        return total

    def _read_stage(self, stage: ContactFilter, labels: Sequence[str]) -> Plan[list[Unread]]:
        total = yield from self._read_part(stage)
        if not total:
            return []
        unread: list[Unread] = []
        for label in labels:
            one = ContactFilter(stage.stages, (label,))
            if count := (yield from self._read_part(one)):
                unread.append(Unread(one, count, too_many=True))
        if not stage.labels:
            outside = yield from _twice(partial(self._count_listless, stage, labels))
            if outside:
                unread.append(Unread(stage, outside, too_many=False))
        return unread

    def _read_stageless(
        self, scope: ContactFilter, stages: Sequence[str], labels: Sequence[str]
    ) -> Plan[list[Unread]]:
        """Read what is in no stage, as far as it is on a list: there is no filter for "none", so by
        the totals of all and of those in any stage."""
        if not (yield from _twice(partial(self._count_stageless, scope.labels, stages))):
            return []
        unread: list[Unread] = []
        for label in scope.labels or labels:
            count = yield from _twice(partial(self._count_stageless, (label,), stages))
            if count and (yield from self._read_part(ContactFilter((), (label,)))):
                unread.append(Unread(ContactFilter((), (label,)), count, too_many=True))
        if not scope.labels:
            outside = yield from _twice(partial(self._count_placeless, stages, labels))
            if outside:
                unread.append(Unread(EVERYBODY, outside, too_many=False))
        return unread

    def _count_placeless(self, stages: Sequence[str], labels: Sequence[str]) -> Plan[int]:
        """How many are in no stage and on no list."""
        outside = yield from self._count_stageless((), stages)
        if labels:
            outside -= yield from self._count_stageless(tuple(labels), stages)
        return outside

    def _count_stageless(self, labels: tuple[str, ...], stages: Sequence[str]) -> Plan[int]:
        """How many are in no stage, of all or of those on any of these lists."""
        total = yield from self._count(ContactFilter((), labels))
        if stages:
            total -= yield from self._count(ContactFilter(tuple(stages), labels))
        return total

    def _count_listless(self, stage: ContactFilter, labels: Sequence[str]) -> Plan[int]:
        """How many of a stage are on no list."""
        total = yield from self._count(stage)
        if labels:
            total -= yield from self._count(ContactFilter(stage.stages, tuple(labels)))
        return total

    def _count(self, among: ContactFilter) -> Plan[int]:
        answer = yield ContactSearch(among, 1, 1)
        return answer.total


def _twice(count: Callable[[], Plan[int]]) -> Plan[int]:
    """The larger of two counts, at least 0: totals that are subtracted are answered one after the
    other, and a contact that moves in between would hide another."""
    first = yield from count()
    second = yield from count()
    return max(0, first, second)

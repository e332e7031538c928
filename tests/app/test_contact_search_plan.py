"""Whatever the sizes of stages and lists, a pass reads every contact that has changed, or names
where one is that it can't read."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.contact_search_plan import Answer, Listing, PlanRun, SplitPlan, Unread, read_whole
from connectors.apollo.contact_search import EVERYBODY, ContactFilter, ContactSearch

STAGES, LABELS = ("new", "open", "won"), ("fair", "web")
END = 50


@dataclass(frozen=True)
class Person:
    """A contact, and when it was last changed."""

    ident: int
    changed: int
    stage: str = ""
    labels: tuple[str, ...] = ()

    def is_among(self, among: ContactFilter) -> bool:
        """Whether a filter lets it through."""
        on_list = not among.labels or not set(among.labels).isdisjoint(self.labels)
        return on_list and (not among.stages or self.stage in among.stages)


@dataclass
class Account:
    """Apollo's side: contacts, of which one search shows the first pages."""

    people: dict[int, Person]
    listing: Listing
    seen: set[int] = field(default_factory=set)
    asked: list[ContactSearch] = field(default_factory=list)

    def serve(self, search: ContactSearch) -> Answer:
        """One page; every contact on it is captured."""
        assert 1 <= search.page <= self.listing.last_page, "Apollo refuses such a page"
        assert search.size <= self.listing.page
        found = [one for one in self.people.values() if one.is_among(search.among)]
        found.sort(key=lambda one: (one.changed, one.ident), reverse=not search.oldest_first)
        page = found[(search.page - 1) * search.size : search.page * search.size]
        self.asked.append(search)
        self.seen |= {one.ident for one in page}
        return Answer(len(found), any(one.changed <= END for one in page))

    def missing(self) -> list[Person]:
        """Who has changed since the last pass and was on no page."""
        changed = (one for one in self.people.values() if one.changed > END)
        return [one for one in changed if one.ident not in self.seen]


def read_all(account: Account, run: PlanRun[int]) -> tuple[Unread, ...]:
    """Newest first over all, then by parts, as the poller does it."""
    follow(account, run)
    if not run.result:
        return ()
    split = PlanRun(SplitPlan(account.listing).read(EVERYBODY, STAGES, LABELS))
    follow(account, split)
    return split.result


def follow(account: Account, run: PlanRun[int] | PlanRun[tuple[Unread, ...]]) -> None:
    """Answer until the plan is done."""
    while run.search is not None:
        run.answer(account.serve(run.search))


PLACES = st.tuples(
    st.integers(40, 99),
    st.sampled_from(("", *STAGES)),
    st.lists(st.sampled_from(LABELS), max_size=2),
)
ACCOUNTS = st.builds(
    lambda places, page, last: Account(
        {n: Person(n, at, stage, tuple(on)) for n, (at, stage, on) in enumerate(places)},
        Listing(page, last),
    ),
    st.lists(PLACES, max_size=60),
    st.integers(1, 4),
    st.integers(1, 3),
)


@given(ACCOUNTS)
def test_every_changed_contact_is_read_or_its_place_is_named(account: Account) -> None:
    unread = read_all(account, PlanRun(read_whole(EVERYBODY, account.listing)))
    for one in account.missing():
        assert any(_names(part, one) for part in unread), (one, unread)
    assert all(part.count > 0 for part in unread)


def _names(part: Unread, one: Person) -> bool:
    if part.too_many:
        return one.is_among(part.among)
    return one.is_among(part.among) and not one.labels and bool(part.among.stages or not one.stage)


@given(ACCOUNTS.filter(lambda account: account.listing.page > 1), st.data())
def test_no_contact_is_missed_while_others_change_move_and_leave(
    account: Account, data: st.DataObject
) -> None:
    """What changes meanwhile is for the next pass.

    Nothing changes between two totals here: they are taken twice, a second apart.
    """
    touched: set[int] = set()
    run = PlanRun(read_whole(EVERYBODY, account.listing))
    split: PlanRun[tuple[Unread, ...]] | None = None
    clock = iter(range(100, 10**9))
    while (current := split or run).search is not None:
        pages = current.search.size > 1
        current.answer(account.serve(current.search))
        if pages:
            touched |= set(_disturb(account, data, clock))
        if split is None and run.search is None and run.result:
            split = PlanRun(SplitPlan(account.listing).read(EVERYBODY, STAGES, LABELS))
    if split is None or not split.result:
        assert {one.ident for one in account.missing()} <= touched


def _disturb(account: Account, data: st.DataObject, clock: Iterator[int]) -> Iterator[int]:
    if not account.people or not data.draw(st.booleans()):
        return
    one = account.people[data.draw(st.sampled_from(sorted(account.people)))]
    yield one.ident
    if data.draw(st.booleans()):
        del account.people[one.ident]
        return
    stage = data.draw(st.sampled_from(("", *STAGES)))
    account.people[one.ident] = replace(one, changed=next(clock), stage=stage)


def test_a_plan_goes_back_for_what_moves_onto_a_page_that_was_read() -> None:
    account = Account(people((8, "new", ())), Listing(2, 10))
    run = PlanRun(read_whole(EVERYBODY, account.listing))
    for _ in range(3):
        assert run.search is not None
        run.answer(account.serve(run.search))
    for ident in (7, 6, 5):
        del account.people[ident]
    follow(account, run)
    assert account.missing() == []
    assert [search.page for search in account.asked] == [1, 2, 3, 4, 2, 3]


def test_a_contact_that_moves_between_two_totals_hides_no_other() -> None:
    account = Account(people((8, "new", ()), (1, "", ())), SMALL)
    run = PlanRun(SplitPlan(SMALL).read(EVERYBODY, STAGES, LABELS))
    totals = 0
    while run.search is not None:
        answer = account.serve(run.search)
        if run.search.size == 1 and not totals:
            account.people[99] = Person(99, 1, "new")
            totals += 1
        run.answer(answer)
    assert run.result == (Unread(EVERYBODY, 1, too_many=False),)


def people(*groups: tuple[int, str, tuple[str, ...]]) -> dict[int, Person]:
    """So many changed contacts of each stage and lists."""
    found: dict[int, Person] = {}
    for count, stage, on in groups:
        for n in range(len(found), len(found) + count):
            found[n] = Person(n, END + 1 + n, stage, on)
    return found


SMALL = Listing(2, 2)  # a search shows four, from both ends eight


@pytest.mark.parametrize(
    ("groups", "unread"),
    [
        ([(8, "", ())], []),
        ([(8, "new", ()), (8, "open", ())], []),
        ([(8, "new", ()), (3, "", ("web",))], []),
        ([(6, "new", ("fair",)), (6, "new", ("web",))], []),
        ([(8, "new", ()), (3, "", ())], [Unread(EVERYBODY, 3, too_many=False)]),
        (
            [(7, "new", ("web",)), (2, "new", ())],
            [Unread(ContactFilter(("new",)), 2, too_many=False)],
        ),
        (
            [(9, "new", ("web",))],
            [Unread(ContactFilter(("new",), ("web",)), 9, too_many=True)],
        ),
        ([(9, "", ("web",))], [Unread(ContactFilter((), ("web",)), 9, too_many=True)]),
    ],
)
def test_what_can_not_be_read_is_counted(
    groups: list[tuple[int, str, tuple[str, ...]]], unread: list[Unread]
) -> None:
    account = Account(people(*groups), SMALL)
    assert list(read_all(account, PlanRun(read_whole(EVERYBODY, SMALL)))) == unread
    if not unread:
        assert account.missing() == []


def test_a_part_that_was_read_is_not_read_again() -> None:
    account = Account(people((8, "new", ()), (8, "open", ()), (1, "", ())), SMALL)
    split = SplitPlan(SMALL)
    for _ in range(2):
        account.asked.clear()
        run = PlanRun(split.read(EVERYBODY, STAGES, LABELS))
        follow(account, run)
        assert run.result == (Unread(EVERYBODY, 1, too_many=False),)
    assert {search.size for search in account.asked} == {1}, "the second time it only counts"


def test_a_scope_is_read_alone() -> None:
    account = Account(people((8, "new", ()), (9, "open", ()), (9, "", ())), SMALL)
    run = PlanRun(SplitPlan(SMALL).read(ContactFilter(("new",)), STAGES, LABELS))
    follow(account, run)
    assert run.result == ()
    assert {search.among for search in account.asked} == {ContactFilter(("new",))}

"""Apollo's contacts into `captured`.

Contacts are read newest first by `contact_updated_at`. A pass ends at the newest change of the last
pass minus the overlap, and only then does the cursor move (docs/design/interleavings.md 24): after
a crash the pass is repeated, and intake drops the repeats by their version.

Where more has changed than a search shows, the pass stays open and is read by stages and lists
(contact_search_plan.py). It may take many tries, as of a small plan's days. Each try first captures
what is newer than the last try's newest, and then goes on where that one ended. The next pass
begins where this one began to read, so it reads again whatever changed meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog
from aiokafka import AIOKafkaProducer

from app.base.settings import Settings
from app.ingest.captured_contacts import ContactCapture, Pass
from app.ingest.contact_search_plan import (
    LISTING,
    Answer,
    Listing,
    PlanRun,
    SplitPlan,
    T,
    Unread,
    read_whole,
)
from app.ingest.search_scope import SearchParts, load_parts, too_many
from app.ingest.set_aside import Aside
from connectors.apollo.client import ApolloClient
from connectors.apollo.contact_search import EVERYBODY
from connectors.apollo.pace import RESERVE, SEARCH
from connectors.core.errors import EndpointSpent
from leads.rules import Rules
from leads.sealing import Sealing
from leads.times import format_duration
from streams.ports import Clock

log = structlog.get_logger(__name__)
#: Of a day's calls of the search, kept for what is newest and for other calls while a pass is open.
_KEPT = 0.5
#: Seconds until what no search reached is counted again, since a person must have changed it; and
#: until the next pass, for the changes of its overlap may again be more than a search shows.
_AGAIN = 3600.0


@dataclass(slots=True)
class _OpenPass:
    """A pass back to `until` that one search did not end.

    Its cursor is `newest`, the newest change when it began; `head` is the newest captured since.
    """

    until: float
    newest: float
    head: float
    split: SplitPlan
    done: Pass
    run: PlanRun[tuple[Unread, ...]] | None = None
    names: SearchParts = field(default_factory=SearchParts)
    unread: tuple[Unread, ...] = ()
    counted_at: float = 0.0
    ended_at: float | None = None

    def goes_on(self, since: float, until: float, now: float) -> bool:
        """Whether a pass from a cursor, back to a time, is this one; once ended it is so for an
        hour, in which only what is new is captured and the cursor stays."""
        if self.ended_at is None:
            return until == self.until
        return since == self.newest and now < self.ended_at + _AGAIN


class Contacts:
    """The passes of one poller.

    `crash` is called at a named point, for the crash tests; `received` with each number of contacts
    captured. `listing` is what Apollo shows of one search.
    """

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        apollo: ApolloClient,
        producer: AIOKafkaProducer,
        clock: Clock,
        aside: Aside,
        sealing: Sealing,
        crash: Callable[[str], None],
        received: Callable[[int], None],
        listing: Listing = LISTING,
    ) -> None:
        self._overlap, self._rules, self._apollo = settings.overlap_seconds, rules, apollo
        self._clock, self._crash, self._listing = clock, crash, listing
        self._capture = ContactCapture(rules, apollo, producer, aside, received, sealing)
        self._open: _OpenPass | None = None

    async def read(self, since: float) -> Pass:
        """One pass over what changed after `since`.

        Durable when it returns. Raises what Apollo raises, and AccountLimited when contacts are
        left that no search reaches; what was read stays read for the next try.
        """
        until, now = since - self._overlap, self._clock.now()
        if self._open is not None and self._open.goes_on(since, until, now):
            return await self._go_on(self._open, since)
        top = Pass(since)
        more = await self._follow(PlanRun(read_whole(EVERYBODY, self._listing)), until, top)
        if not more:
            self._open = None
            return top
        split = SplitPlan(self._listing)
        self._open = _OpenPass(until, top.newest, top.newest, split, top)
        return await self._end(self._open)

    async def _go_on(self, open_pass: _OpenPass, since: float) -> Pass:
        self._check_calls(RESERVE)
        top = Pass(open_pass.head)
        await self._follow(PlanRun(read_whole(EVERYBODY, self._listing)), open_pass.head, top)
        open_pass.head = top.newest
        if open_pass.ended_at is not None:
            return replace(top, newest=since)
        open_pass.done.count(top)
        return await self._end(open_pass)

    async def _end(self, open_pass: _OpenPass) -> Pass:
        await self._read_parts(open_pass)
        open_pass.ended_at = self._clock.now()
        return replace(open_pass.done, newest=open_pass.newest)

    async def _read_parts(self, open_pass: _OpenPass) -> None:
        """Read by stages and lists what the search over all did not reach. Raises AccountLimited
        for what they don't reach either."""
        now = self._clock.now()
        if not open_pass.unread or now >= open_pass.counted_at + _AGAIN:
            open_pass.unread = await self._follow_split(open_pass)
            open_pass.counted_at = now
        if open_pass.unread:
            raise too_many(open_pass.unread, open_pass.names, self._listing)

    async def _follow_split(self, open_pass: _OpenPass) -> tuple[Unread, ...]:
        if open_pass.run is None:
            names = open_pass.names = await load_parts(self._apollo, self._rules.capture)
            if names.scope is None:
                return ()
            plan = open_pass.split.read(names.scope, list(names.stages), list(names.labels))
            open_pass.run = PlanRun(plan)
            log.info(
                "more of Apollo's contacts changed than one search shows: read by stages and lists",
                stages=len(names.stages),
                lists=len(names.labels),
                read=open_pass.split.parts_read,
            )
        unread = await self._follow(open_pass.run, open_pass.until, open_pass.done, _KEPT)
        open_pass.run = None
        return unread

    async def _follow(self, run: PlanRun[T], until: float, done: Pass, kept: float = 0.0) -> T:
        """Follow a plan to its end, and capture what its pages show. A search that fails stays the
        plan's next. `kept`: see DayPace.until_refilled."""
        while run.search is not None:
            if kept:
                self._check_calls(kept)
            read_at = self._clock.now()
            page = await self._apollo.contacts_page(run.search)
            older = await self._capture.capture_page(page.contacts, until, read_at, done)
            run.answer(Answer(page.total, older))
            self._crash("after page")
        return run.result

    def _check_calls(self, kept: float) -> None:
        """Raises EndpointSpent if the calls that are left of the day are kept for others."""
        if wait := self._apollo.pace(SEARCH).until_refilled(kept):
            raise EndpointSpent(
                f"Apollo's calls of {SEARCH} are nearly spent: {kept:.0%} of the day's are kept for"
                f" other calls, and the rest is read in {format_duration(wait)}",
                wait,
                not_sent=True,
            )

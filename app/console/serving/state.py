"""What the console's requests share."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from fastapi import Request
from sqlalchemy import Connection

from app.base.settings import Settings
from app.console.access.scopes import Scope
from app.console.access.sessions import SessionStore
from app.console.access.sign_in import SignIn
from app.console.access.tokens import TokenStore
from app.console.access.users import UserStore
from app.console.api.idempotency import IdempotencyStore
from app.console.database import open_database
from app.console.queue_rows import Waiting
from app.console.serving.answer_cache import AnswerCache
from app.console.serving.change_number import ChangeNumber
from app.console.serving.password_queue import PasswordQueue
from app.console.store import Lag, ReadModel, open_read_model
from leads.records import Record
from leads.sealing import Sealing
from streams.ports import Clock

_DAY = 86_400  # seconds
P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """The site as the console sees it."""

    settings: Settings
    model: ReadModel
    tokens: TokenStore
    users: UserStore
    sessions: SessionStore
    sign_in: SignIn
    responses: IdempotencyStore
    changes: ChangeNumber
    cache: AnswerCache
    hashing: PasswordQueue
    sealing: Sealing
    clock: Clock

    async def ask(
        self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **more: P.kwargs
    ) -> T:
        """The read model's answer to a question of app.console."""

        def answer() -> T:
            with self.model.reading() as connection:
                return question(connection, *args, **more)

        return await asyncio.to_thread(answer)

    def today(self) -> int:
        """The day, counted from 1970, UTC."""
        return int(self.clock.now() // _DAY)

    async def lag(self) -> Lag:
        """See ReadModel.lag."""
        return await asyncio.to_thread(self.model.lag)

    async def opened(self, scopes: Collection[Scope], records: Sequence[R]) -> list[R]:
        """The records with what is personal of them, for whoever may see that."""
        if Scope.PEOPLE not in scopes:
            return list(records)
        return await self.sealing.open_all(records)

    async def opened_items(
        self, scopes: Collection[Scope], rows: Sequence[Waiting]
    ) -> list[Waiting]:
        """As `opened`, for rows of the queue."""
        items = [row.item for row in rows if row.item is not None]
        opened = {item.lead_id: item for item in await self.opened(scopes, items)}
        return [row._replace(item=opened.get(row.lead)) for row in rows]


def make_state(settings: Settings, sealing: Sealing, clock: Clock) -> ConsoleState:
    """The state of a process. No database is asked yet."""
    model, database = open_read_model(settings), open_database(settings)
    return ConsoleState(
        settings=settings,
        model=model,
        tokens=TokenStore(database),
        users=UserStore(database),
        sessions=SessionStore(database),
        sign_in=SignIn(database),
        responses=IdempotencyStore(database),
        changes=ChangeNumber(model),
        cache=AnswerCache(model),
        hashing=PasswordQueue(),
        sealing=sealing,
        clock=clock,
    )


def state_of(request: Request) -> ConsoleState:
    """The state of the app that has taken a request."""
    state: Any = request.app.state.console
    assert isinstance(state, ConsoleState)
    return state

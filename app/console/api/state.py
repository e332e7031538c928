"""What the API's requests share."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from fastapi import Request
from sqlalchemy import Connection

from app.base.settings import Settings
from app.console.api.idempotency import IdempotencyStore
from app.console.api.scopes import Scope
from app.console.api.tokens import Token, TokenStore
from app.console.figures import Waiting
from app.console.store import Lag, ReadModel
from leads.records import Record
from leads.sealing import Sealing
from streams.ports import Clock

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class ApiState:
    """The site as the API sees it."""

    settings: Settings
    model: ReadModel
    tokens: TokenStore
    responses: IdempotencyStore
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

    async def lag(self) -> Lag:
        """See ReadModel.lag."""
        return await asyncio.to_thread(self.model.lag)

    async def opened(self, caller: Token, records: Sequence[R]) -> list[R]:
        """The records with what is personal of them, for a caller who may see that."""
        if Scope.PEOPLE not in caller.scopes:
            return list(records)
        return await self.sealing.open_all(records)

    async def opened_items(self, caller: Token, rows: Sequence[Waiting]) -> list[Waiting]:
        """As `opened`, for rows of the queue."""
        items = [row.item for row in rows if row.item is not None]
        opened = {item.lead_id: item for item in await self.opened(caller, items)}
        return [row._replace(item=opened.get(row.lead)) for row in rows]


def state_of(request: Request) -> ApiState:
    """The state of the app that has taken a request."""
    state: Any = request.app.state.api
    assert isinstance(state, ApiState)
    return state

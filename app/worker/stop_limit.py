"""A limit to how long a worker takes to stop after a signal."""

import asyncio
import io
from collections.abc import Callable

import structlog

from streams.ports import Fatal

log = structlog.get_logger(__name__)
#: Seconds that stopping may take. Work in progress ends sooner: a call to a vendor, with the time
#: that it waits for an answer, and the last commit.
STOP_LIMIT = 120.0


def limit_stopping(
    end: Callable[[BaseException], None], seconds: float = STOP_LIMIT
) -> asyncio.TimerHandle:
    """Call `end` with Fatal if the event loop still runs in so many seconds, and log what each of
    its tasks waits for. What was not committed is processed again, as after a kill.

    Called once stopping has begun; cancel the handle to take it back.
    """

    def give_up() -> None:
        for task in asyncio.all_tasks():
            log.error("still running", task=task.get_name(), stack=_stack_of(task))
        end(
            Fatal(
                f"the worker did not stop within {seconds:.0f} s, and ends without a commit; report"
                " the lines above: they say what it waits for"
            )
        )

    return asyncio.get_running_loop().call_later(seconds, give_up)


def _stack_of(task: "asyncio.Task[object]") -> str:
    text = io.StringIO()
    task.print_stack(file=text)
    return text.getvalue()

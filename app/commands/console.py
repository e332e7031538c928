"""What the commands do that are about the console. How they are called and printed is in
app/cli."""

import asyncio
import signal

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.commands.progress import counting
from app.console import rebuild as rebuilding
from app.console.projector import Projector
from app.console.store import open_read_model
from app.monitoring.broker_watch import BrokerOutage

_CLOCK = SystemClock()


async def project(settings: Settings) -> None:
    """Keep the read model up to the log until SIGTERM. Raises as Projector.follow."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with BrokerOutage(settings).watched():
        await Projector(settings, open_read_model(settings), _CLOCK).follow(stop)


async def rebuild(settings: Settings) -> rebuilding.RebuildReport:
    """Make the read model again, with progress on stderr. Raises as app.console.rebuild."""
    with counting("records read:") as show:
        return await rebuilding.rebuild(settings, _CLOCK, show)

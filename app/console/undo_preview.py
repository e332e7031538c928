"""What taking an import back would do, as `leadgate undo --dry-run` says it.

The undo itself is a command: it sets contacts back one by one within the CRM's limits, which takes
longer than a server may take to answer.
"""

import asyncio

import structlog
from aiokafka.errors import KafkaError

from app.base.errors import UsageError
from app.base.settings import Settings, SettingsError
from app.operations.undo import undo_import
from connectors.core.errors import VendorError
from streams.ports import Clock

log = structlog.get_logger(__name__)
#: Seconds that it may take; the server cuts answers off that take 60 s.
PREVIEW_SECONDS = 45


class NoPreviewError(Exception):
    """The text says why, for a person."""


async def preview_undo(settings: Settings, imported: str, actor: str, clock: Clock) -> list[str]:
    """The command's report, line by line. Changes nothing. Raises NoPreviewError."""
    try:
        async with asyncio.timeout(PREVIEW_SECONDS):
            report = await undo_import(settings, imported, actor, clock, dry_run=True)
            return report.text().splitlines()
    except TimeoutError:
        why = f"This takes longer than the {PREVIEW_SECONDS} seconds that a page may take."
    except KafkaError:
        why = "The broker does not answer."
    except SettingsError as error:
        log.info("no preview of an undo", why=str(error))
        why = "This console has no access to the CRM: its process lacks the CRM's settings."
    except VendorError as error:
        log.warning("no preview of an undo", why=str(error))
        why = "The CRM did not say what its contacts hold now."
    except UsageError as error:
        why = f"{str(error)[:1].upper()}{str(error)[1:]}."
    raise NoPreviewError(why)
